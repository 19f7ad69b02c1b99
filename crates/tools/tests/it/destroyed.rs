//! The agent destroyed or replaced its `.git`.

use outwork_tools::History;

use crate::repository::Work;

#[tokio::test]
async fn the_tree_is_committed_against_the_recorded_base() {
    let destructions = [
        "rm -rf .git",
        "rm -rf .git; echo nonsense > .git",
        "rm -rf .git; git init -q /tmp/other; ln -s /tmp/other/.git .git",
        "rm -rf .git; git init -q /tmp/other; echo 'gitdir: /tmp/other/.git' > .git",
        "rm -rf .git/objects .git/refs",
        "echo nonsense > .git/HEAD",
        "chmod 0 .git",
        "rm -rf .git; mkdir .git",
        "rm -rf .git; mkfifo .git",
    ];
    for destruction in destructions {
        let mut work = Work::start().await;
        work.run
            .done(&format!(
                "echo one > one; git add -A; git commit -q -m own; echo two > two; {destruction}"
            ))
            .await;
        let published = work.published().await;
        let expected = [".gitignore", "README", "one", "src/main.c", "two"];
        assert_eq!(published.files, expected, "{destruction}");
        assert_eq!(published.subjects, ["Do the work"], "{destruction}");
        assert_eq!(published.tip.history, History::Lost, "{destruction}");
        // The test's own clean-up cannot enter it.
        work.run.done("chmod 700 .git || true").await;
        work.run.end().await;
    }
}

#[tokio::test]
async fn damaged_objects_of_own_commits_are_found_before_the_bundle() {
    let mut work = Work::start().await;
    work.run
        .done(
            "echo first > one; git add -A; git commit -q -m own; blob=$(git rev-parse HEAD:one)
             echo second > one; git commit -q -a -m own; rm -f .git/objects/${blob:0:2}/${blob:2}",
        )
        .await;
    let published = work.published().await;
    assert_eq!(published.tip.history, History::Lost);
    assert!(published.files.contains(&"one".to_owned()));
    work.run.end().await;
}

#[tokio::test]
async fn a_new_repository_in_its_place_is_not_the_history_of_ours() {
    let mut work = Work::start().await;
    work.run
        .done("rm -rf .git; git init -q; git add -A; git commit -q -m mine; echo > new; git add -A; git commit -q -m new")
        .await;
    let published = work.published().await;
    assert_eq!(published.subjects, ["Do the work"]);
    assert_eq!(published.tip.history, History::Flattened);
    work.run.end().await;
}

#[tokio::test]
async fn what_would_make_git_wait_for_ever_is_given_up() {
    let traps = [
        "rm -f .git/info/exclude .git/outwork-tip; mkdir -p .git/info; mkfifo .git/info/exclude .git/outwork-tip",
        "git add -A; git commit -q -m own; git repack -q -a -d; rm .git/objects/pack/*.idx; mkfifo .git/objects/pack/pack-x.idx",
        "rm .git/objects/info/alternates; mkfifo .git/objects/info/alternates",
    ];
    for trap in traps {
        let mut work = Work::start().await;
        work.run.done(&format!("echo one > one; {trap}")).await;
        let published = work.published().await;
        assert!(published.files.contains(&"one".to_owned()), "{trap}");
        work.run.end().await;
    }
}
