//! Fresh work trees, interrupted ones, and kept ones.

use outwork_tools::{CheckedOut, Checkout, CommitRequest, Committed, Error, History};

use crate::repository::{Mirror, Work, git, lay};
use crate::support::{Folders, Run, within};

#[tokio::test]
async fn a_fresh_folder_gets_the_files_and_a_clean_status() {
    let mut work = Work::start().await;
    let shown = work
        .run
        .done("cat README; git status --short --branch; git log --format=%s; git rev-parse HEAD")
        .await;
    let expected = format!("hello\n## outwork/work\nbase\n{}\n", work.mirror.base);
    assert_eq!(shown, expected);
    work.run.end().await;
}

#[tokio::test]
async fn an_empty_folder_gets_a_git_folder_too() {
    let folders = Folders::new();
    let mirror = Mirror::new(&folders);
    let run = Run::start_in(folders, &[mirror.objects()]).await;
    let mut work = Work { run, mirror };
    assert_eq!(work.checkout().await, CheckedOut::Fresh);
    assert_eq!(
        work.run.done("git status --short; cat README").await,
        "hello\n"
    );
    work.run.end().await;
}

#[tokio::test]
async fn a_kept_work_tree_stays_as_it_is() {
    let mut work = Work::start().await;
    work.run
        .done("echo more >> README; echo new > new; rm src/main.c")
        .await;
    let mut work = work.again().await;
    assert_eq!(work.checkout().await, CheckedOut::Kept);
    let status = work.run.done("git status --short").await;
    assert_eq!(status, " M README\n D src/main.c\n?? new\n");
    work.run.end().await;
}

#[tokio::test]
async fn files_are_kept_even_if_git_was_destroyed() {
    for destroy in ["rm -rf .git", "rm .git/index", "rm -rf .git; echo x > .git"] {
        let mut work = Work::start().await;
        work.run.done(&format!("echo new > new; {destroy}")).await;
        let mut work = work.again().await;
        assert_eq!(work.checkout().await, CheckedOut::Kept, "{destroy}");
        assert_eq!(work.run.done("cat new").await, "new\n", "{destroy}");
        work.run.end().await;
    }
}

#[tokio::test]
async fn an_interrupted_checkout_starts_over() {
    let folders = Folders::new();
    let mirror = Mirror::new(&folders);
    lay(&folders, &mirror);
    std::fs::write(folders.repo.join("README"), "hel").unwrap();
    // Git holds this lock from before the first file until the index is there.
    let lock = folders.repo.join(".git/index.lock");
    std::fs::write(&lock, "").unwrap();
    for file in [folders.repo.join("README"), lock] {
        crate::support::own(&file, folders.uid);
    }
    let run = Run::start_in(folders, &[mirror.objects()]).await;
    let mut work = Work { run, mirror };
    assert_eq!(work.checkout().await, CheckedOut::Fresh);
    assert_eq!(
        work.run.done("cat README; git status --short").await,
        "hello\n"
    );
    work.run.end().await;
}

#[tokio::test]
async fn a_repository_of_the_agents_own_is_kept() {
    let mut work = Work::start().await;
    work.run
        .done("rm -rf .git && git init -q . && echo more >> README")
        .await;
    let mut work = work.again().await;
    assert_eq!(work.checkout().await, CheckedOut::Kept);
    assert_eq!(work.run.done("cat README").await, "hello\nmore\n");
    work.run.end().await;
}

#[tokio::test]
async fn after_a_publication_the_agent_sees_a_clean_tree_on_it() {
    let mut work = Work::start().await;
    work.run.done("echo more >> README").await;
    let first = work.published().await.tip.commit;
    let mut work = work.again().await;
    assert_eq!(work.checkout_of(&first).await, CheckedOut::Kept);
    let shown = work
        .run
        .done("git status --short; git log --format=%s")
        .await;
    assert_eq!(shown, "Do the work\nbase\n");
    work.run
        .done("git commit -q --allow-empty -m own; echo again >> README")
        .await;
    // Its own commits are not taken from it by a second checkout.
    let mut work = work.again().await;
    assert_eq!(work.checkout_of(&first).await, CheckedOut::Kept);
    let shown = work
        .run
        .done("git log --format=%s; git status --short")
        .await;
    assert_eq!(shown, "own\nDo the work\nbase\n M README\n");
    work.run.end().await;
}

#[tokio::test]
async fn what_was_signed_on_its_way_out_is_what_the_agent_goes_on_from() {
    let mut work = Work::start().await;
    work.run
        .done("echo own > own; git add own; git commit -q -m own; echo more >> README")
        .await;
    let plain = work.published().await.tip.commit;
    // The same commits under other ids, as a signature gives them.
    let anew = |commit: &str, parent: &str, subject: &str| {
        let tree = git(
            &work.mirror.path,
            &["rev-parse", &format!("{commit}^{{tree}}")],
        );
        let arguments = ["commit-tree", &tree, "-p", parent, "-m", subject];
        git(&work.mirror.path, &arguments)
    };
    let own = anew(
        &format!("{plain}^"),
        work.mirror.base.as_str(),
        "own, signed",
    );
    let signed = anew(plain.as_str(), &own, "signed").parse().unwrap();
    let mut work = work.again().await;
    assert_eq!(work.checkout_of(&signed).await, CheckedOut::Kept);
    let shown = work
        .run
        .done("git status --short; git log --format=%s")
        .await;
    assert_eq!(shown, "signed\nown, signed\nbase\n");
    work.run.done("echo again >> README").await;
    let tip = work.tip_on(&signed).await;
    assert_eq!(tip.history, History::Kept);
    // Other files than those that were published from here are never passed off as published.
    let other = work.mirror.other_branch();
    let mut work = work.again().await;
    assert_eq!(work.checkout_of(&other).await, CheckedOut::Kept);
    let shown = work.run.done("git log -1 --format=%s").await;
    assert_eq!(shown, "signed\n");
    work.run.end().await;
}

#[tokio::test]
async fn several_checkouts_lie_side_by_side() {
    let folders = Folders::new();
    let mirror = Mirror::new(&folders);
    let run = Run::start_in(folders, &[mirror.objects()]).await;
    let mut work = Work { run, mirror };
    for folder in ["one", "two"] {
        let checkout = Checkout {
            folder: Some(folder.to_owned()),
            commit: work.mirror.base.clone(),
            branch: "outwork/work".parse().unwrap(),
            mirror_objects: work.mirror.objects(),
        };
        let made = within("the checkout", work.run.host.checkout(&checkout)).await;
        assert_eq!(made.unwrap(), CheckedOut::Fresh);
    }
    work.run
        .done("echo 1 >> one/README; git -C one commit -qam own; echo 2 > two/new; echo 3 > beside")
        .await;
    let base = work.mirror.base.clone();
    for (folder, files) in [
        ("one", ".gitignore README src/main.c"),
        ("two", ".gitignore README new src/main.c"),
    ] {
        let request = CommitRequest {
            folder: Some(folder.to_owned()),
            ..work.request(&base)
        };
        let committed = within("the commit", work.run.host.commit(&request)).await;
        let Committed::Tip { commit, .. } = committed.unwrap() else {
            panic!("nothing to publish in {folder}");
        };
        work.publish(&base, &commit).await;
        let list = ["ls-tree", "-r", "--name-only", commit.as_str()];
        assert_eq!(git(&work.mirror.path, &list).replace('\n', " "), files);
    }
    for outside in ["..", ".", "", "a/b", "/repo"] {
        let request = CommitRequest {
            folder: Some(outside.to_owned()),
            ..work.request(&base)
        };
        let refused = within("the commit", work.run.host.commit(&request)).await;
        assert!(refused.is_err(), "{outside:?}");
    }
    work.run.end().await;
}

#[tokio::test]
async fn a_checkout_that_was_replaced_counts_as_emptied() {
    for replace in ["rm -rf one", "rm -rf one; ln -s /repo/other one"] {
        let folders = Folders::new();
        let mirror = Mirror::new(&folders);
        let run = Run::start_in(folders, &[mirror.objects()]).await;
        let mut work = Work { run, mirror };
        let base = work.mirror.base.clone();
        let checkout = Checkout {
            folder: Some("one".to_owned()),
            commit: base.clone(),
            branch: "outwork/work".parse().unwrap(),
            mirror_objects: work.mirror.objects(),
        };
        within("the checkout", work.run.host.checkout(&checkout))
            .await
            .unwrap();
        work.run
            .done(&format!("mkdir other; echo x > other/x; {replace}"))
            .await;
        let request = CommitRequest {
            folder: Some("one".to_owned()),
            ..work.request(&base)
        };
        let committed = within("the commit", work.run.host.commit(&request)).await;
        let Committed::Tip { commit, .. } = committed.unwrap() else {
            panic!("nothing to publish after {replace}");
        };
        work.publish(&base, &commit).await;
        let list = ["ls-tree", "-r", "--name-only", commit.as_str()];
        assert_eq!(git(&work.mirror.path, &list), "", "{replace}");
        work.run.end().await;
    }
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_an_error_in_gits_words() {
    let folders = Folders::new();
    let mirror = Mirror::new(&folders);
    lay(&folders, &mirror);
    let mut run = Run::start_in(folders, &[mirror.objects()]).await;
    let checkout = Checkout {
        folder: None,
        commit: "0123456789012345678901234567890123456789".parse().unwrap(),
        branch: "outwork/work".parse().unwrap(),
        mirror_objects: mirror.objects(),
    };
    let error = within("the checkout", run.host.checkout(&checkout))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Git { words } if words.contains("0123456789")),
        "{error}"
    );
    assert_eq!(run.done("echo on").await, "on\n");
    run.end().await;
}
