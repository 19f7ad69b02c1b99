//! What is published of a work tree, whatever the agent did with git.

use outwork_tools::{Committed, Error, History};

use crate::repository::{Work, git};
use crate::support::within;

#[tokio::test]
async fn nothing_changed_is_found_by_comparing_trees() {
    let edits = [
        "true",
        "echo more >> README; git checkout -q README",
        "echo x > build.log",
        "git commit -q --allow-empty -m nothing",
        "echo more >> README; git commit -q -a -m more; git revert --no-edit HEAD >/dev/null",
        "mkdir empty; touch README",
        "touch .outwork-tmp-99-0",
    ];
    for edit in edits {
        let mut work = Work::start().await;
        work.run.done(edit).await;
        assert_eq!(work.commit().await, Committed::Unchanged, "{edit}");
        work.run.end().await;
    }
}

#[tokio::test]
async fn uncommitted_work_becomes_one_commit_with_the_given_author_and_date() {
    let mut work = Work::start().await;
    work.run
        .done("echo more >> README; mkdir new; echo a > new/a; rm src/main.c; chmod +x README; echo x > build.log; ln -s README link")
        .await;
    let published = work.published().await;
    assert_eq!(published.files, [".gitignore", "README", "link", "new/a"]);
    assert_eq!(
        (published.tip.history, published.tip.skipped),
        (History::Kept, None)
    );
    let raw = git(
        &work.mirror.path,
        &["cat-file", "commit", published.tip.commit.as_str()],
    );
    let (_, about) = raw.split_once('\n').unwrap();
    let base = &work.mirror.base;
    assert_eq!(
        about,
        format!(
            "parent {base}\nauthor Outwork <outwork@example.org> 1768473000 +0000\ncommitter Outwork <outwork@example.org> 1768473000 +0000\n\nDo the work\n\nIn full."
        )
    );
    work.run.end().await;
}

#[tokio::test]
async fn a_repeat_gives_the_same_commit_also_in_a_new_sandbox() {
    let mut work = Work::start().await;
    work.run.done("echo more >> README").await;
    let first = work.tip().await.commit;
    assert_eq!(work.tip().await.commit, first);
    let mut work = work.again().await;
    work.checkout().await;
    assert_eq!(work.tip().await.commit, first);
    work.run.end().await;
}

#[tokio::test]
async fn a_full_temporary_folder_keeps_no_work_back() {
    let mut work = Work::start_with(|limits| limits.tmp_bytes = 4 << 20).await;
    let fill = "head -c 300K /dev/urandom > new; head -c 100M /dev/zero > /tmp/full 2> /dev/null; stat -f -c %a /tmp";
    let left = work.run.done(fill).await;
    assert_eq!(left.lines().last(), Some("0"), "it is not full: {left}");
    let published = work.published().await;
    assert_eq!(
        published.files,
        [".gitignore", "README", "new", "src/main.c"]
    );
    work.run.end().await;
}

#[tokio::test]
async fn what_head_holds_is_published() {
    // Commands, the files and the subjects that must come out, and what became of own commits.
    let cases: [(&str, &[&str], &[&str], History); 6] = [
        (
            "git add -A; git commit -q -m own",
            &["new"],
            &["own"],
            History::Kept,
        ),
        (
            "git add -A; git commit -q -m own; echo > later",
            &["later", "new"],
            &["Do the work", "own"],
            History::Kept,
        ),
        (
            "git add -A; git commit -q -m own; git commit -q --amend -m amended",
            &["new"],
            &["amended"],
            History::Kept,
        ),
        (
            "git checkout -q -b elsewhere; git add -A; git commit -q -m own",
            &["new"],
            &["own"],
            History::Kept,
        ),
        (
            "git checkout -q --detach; git add -A; git commit -q -m own",
            &["new"],
            &["own"],
            History::Kept,
        ),
        (
            "git add -A; git commit -q -m one; echo > two; git add -A; git commit -q -m two; git reset -q --soft HEAD~2; git commit -q -m squashed",
            &["new", "two"],
            &["squashed"],
            History::Kept,
        ),
    ];
    for (commands, files, subjects, history) in cases {
        let mut work = Work::start().await;
        work.run
            .done(&format!("set -e; echo > new; {commands}"))
            .await;
        let published = work.published().await;
        let mut expected = vec![".gitignore", "README", "src/main.c"];
        expected.extend(files);
        expected.sort_unstable();
        assert_eq!(published.files, expected, "{commands}");
        assert_eq!(published.subjects, subjects, "{commands}");
        assert_eq!(published.tip.history, history, "{commands}");
        work.run.end().await;
    }
}

#[tokio::test]
async fn a_base_that_is_no_ancestor_gives_one_commit_on_the_base() {
    let mut work = Work::start().await;
    let unrelated = work.mirror.other_branch();
    work.run
        .done(&format!(
            "set -e; git reset -q --soft {unrelated}; echo > new; git add -A; git commit -q -m own"
        ))
        .await;
    let published = work.published().await;
    assert_eq!(published.subjects, ["Do the work"]);
    assert_eq!(published.tip.history, History::Flattened);
    assert!(published.files.contains(&"new".to_owned()));
    work.run.end().await;
}

#[tokio::test]
async fn a_follow_up_builds_on_what_was_published() {
    let mut work = Work::start().await;
    work.run.done("echo one > one").await;
    let first = work.published().await.tip.commit;
    let mut work = work.again().await;
    work.checkout_of(&first).await;
    assert_eq!(work.commit_on(&first).await, Committed::Unchanged);
    work.run.done("echo two > two").await;
    let second = work.tip_on(&first).await.commit;
    work.publish(&first, &second).await;
    let parents = git(
        &work.mirror.path,
        &[
            "log",
            "--format=%H",
            &format!("{}..{second}", work.mirror.base),
        ],
    );
    assert_eq!(parents, format!("{second}\n{first}"));
    work.run.end().await;
}

#[tokio::test]
async fn nothing_in_the_agents_git_can_block_or_bend_a_commit() {
    let poison = [
        "printf '#!/bin/sh\\nexit 1\\n' | tee .git/hooks/pre-commit .git/hooks/commit-msg .git/hooks/reference-transaction >/dev/null; chmod +x .git/hooks/*",
        "touch .git/index.lock .git/HEAD.lock .git/config.lock",
        "printf '[filter \"x\"]\\nclean = false\\nrequired = true\\n[core]\\nfsmonitor = false\\nhooksPath = /nope\\nworktree = /tmp\\n' >> .git/config; echo '* filter=x' > .git/info/attributes",
        "git update-index --assume-unchanged README",
        "git config commit.gpgsign true; git config user.useConfigOnly true",
        "echo garbage > .git/index",
        "git config core.bare true",
        "git replace HEAD $(git commit-tree -m other HEAD^{tree})",
    ];
    for poison in poison {
        let mut work = Work::start().await;
        work.run
            .done(&format!(
                "mkdir -p .git/hooks .git/info; {poison}; echo more >> README"
            ))
            .await;
        let published = work.published().await;
        let base = work.mirror.base.to_string();
        let tip = published.tip.commit.to_string();
        let changed = git(&work.mirror.path, &["diff", "--name-only", &base, &tip]);
        assert_eq!(changed, "README", "{poison}");
        work.run.end().await;
    }
}

#[tokio::test]
async fn what_cannot_be_committed_is_left_out_and_told() {
    let mut work = Work::start().await;
    work.run
        .done(
            "echo secret > unreadable; chmod 0 unreadable; mkfifo fifo; echo fine > fine
             git init -q inside; echo > inside/a; git -C inside add a; git -C inside commit -q -m m
             mkdir .GIT; echo > .GIT/config",
        )
        .await;
    let published = work.published().await;
    assert_eq!(
        published.files,
        [".gitignore", "README", "fine", "src/main.c"]
    );
    let told = published.tip.skipped.unwrap();
    assert!(
        told.contains("unreadable") && told.contains("left out: inside"),
        "{told}"
    );
    work.run.end().await;
}

#[tokio::test]
async fn an_encoding_that_cannot_be_keeps_no_file_back() {
    for attributes in [
        "README working-tree-encoding=nonsense",
        "README working-tree-encoding=UTF-16",
        "*.txt working-tree-encoding=UTF-32",
    ] {
        let mut work = Work::start().await;
        let edit = format!(
            "echo '{attributes}' > .gitattributes; echo more >> README; echo a > a.txt; git init -q sub"
        );
        work.run.done(&edit).await;
        let published = work.published().await;
        let all = [
            ".gitattributes",
            ".gitignore",
            "README",
            "a.txt",
            "src/main.c",
        ];
        assert_eq!(published.files, all, "{attributes}");
        let skipped = published.tip.skipped.unwrap();
        assert!(
            skipped.contains("as they are") && skipped.contains("sub"),
            "{attributes}: {skipped}"
        );
        work.run.end().await;
    }
}

#[tokio::test]
async fn a_repository_without_a_commit_inside_is_left_out() {
    let mut work = Work::start().await;
    work.run
        .done("git init -q 'in [side]'; echo > 'in [side]/a'; echo fine > fine; echo gone > 'in s'")
        .await;
    let published = work.published().await;
    assert_eq!(
        published.files,
        [".gitignore", "README", "fine", "in s", "src/main.c"]
    );
    assert!(published.tip.skipped.unwrap().contains("in [side]"));
    work.run.end().await;
}

#[tokio::test]
async fn odd_names_travel_byte_by_byte() {
    let mut work = Work::start().await;
    work.run
        .done("touch -- '-rf' 'a b ' $'new\\nline' $'\\xff\\xfe' 'ünï' 'Twin' 'twin' \"$(printf 'x%.0s' $(seq 255))\"")
        .await;
    let tip = work.tip().await.commit;
    let base = work.mirror.base.clone();
    work.publish(&base, &tip).await;
    let count = git(
        &work.mirror.path,
        &["diff", "--name-only", base.as_str(), tip.as_str()],
    );
    assert_eq!(count.lines().count(), 8, "{count}");
    work.run.end().await;
}

#[tokio::test]
async fn a_bundle_needs_a_commit_and_keeps_its_limit() {
    let mut work = Work::start().await;
    let base = work.mirror.base.clone();
    let mut bytes = Vec::new();
    let early = within("it", work.run.host.bundle(&base, &base, &mut bytes, 1000)).await;
    assert!(matches!(early, Err(Error::Protocol(_))), "{early:?}");
    work.run.done("head -c 300000 /dev/urandom > noise").await;
    let tip = work.tip().await.commit;
    let large = within("it", work.run.host.bundle(&base, &tip, &mut bytes, 100_000)).await;
    assert!(
        matches!(large, Err(Error::TooLarge { max: 100_000, .. })),
        "{large:?}"
    );
    assert!(bytes.len() <= 100_000);
    work.publish(&base, &tip).await;
    work.run.end().await;
}

#[tokio::test]
async fn files_that_nobody_touched_stay_as_they_are() {
    // Blobs that a commit would change if it read them again: line endings, filters, submodules.
    let mut work = Work::start().await;
    let untouched = "*.txt text\n*.bin filter=lfs diff=lfs merge=lfs -text\n";
    let mirror = &work.mirror;
    let blob = |text: &str| {
        let file = mirror.path.join("blob");
        std::fs::write(&file, text).unwrap();
        git(&mirror.path, &["hash-object", "-w", "--no-filters", "blob"])
    };
    let entries = [
        format!("100644,{},.gitattributes", blob(untouched)),
        format!("100644,{},crlf.txt", blob("a\r\nb\r\n")),
        format!(
            "100644,{},pointer.bin",
            blob("version https://git-lfs.github.com/spec/v1\n")
        ),
        format!("160000,{},module", mirror.base),
    ];
    git(&mirror.path, &["read-tree", mirror.base.as_str()]);
    for entry in entries {
        git(
            &mirror.path,
            &["update-index", "--add", "--cacheinfo", &entry],
        );
    }
    let tree = git(&mirror.path, &["write-tree"]);
    let base = git(&mirror.path, &["commit-tree", &tree, "-m", "odd"]);
    git(&mirror.path, &["update-ref", "refs/heads/odd", &base]);
    work.mirror.base = base.parse().unwrap();
    work.run.done("rm -rf .git * .gitignore").await;
    assert_eq!(work.checkout().await, outwork_tools::CheckedOut::Fresh);
    assert_eq!(work.commit().await, Committed::Unchanged);
    work.run.done("echo more >> README").await;
    let published = work.published().await;
    let tip = published.tip.commit.to_string();
    let changed = git(&work.mirror.path, &["diff", "--name-only", &base, &tip]);
    assert_eq!(changed, "README");
    // The control: git by itself makes another blob of it.
    let renormalised = work
        .run
        .done("git add --renormalize . && git diff --cached --name-only")
        .await;
    assert_eq!(renormalised, "README\ncrlf.txt\n");
    work.run.end().await;
}

#[tokio::test]
async fn a_new_mode_of_an_untouched_file_counts() {
    let mut work = Work::start().await;
    work.run.done("chmod +x README").await;
    let published = work.published().await;
    let shown = git(
        &work.mirror.path,
        &["ls-tree", published.tip.commit.as_str(), "README"],
    );
    assert!(shown.starts_with("100755"), "{shown}");
    work.run.end().await;
}

#[tokio::test]
async fn a_change_in_the_second_of_the_checkout_is_seen() {
    // Same size, same second: only reading the file shows it.
    for _ in 0..5 {
        let mut work = Work::start().await;
        work.run.done("printf 'HELLO\\n' > README").await;
        let tip = work.tip().await.commit;
        let base = work.mirror.base.clone();
        work.publish(&base, &tip).await;
        let shown = git(&work.mirror.path, &["show", &format!("{tip}:README")]);
        assert_eq!(shown, "HELLO");
        work.run.end().await;
    }
}
