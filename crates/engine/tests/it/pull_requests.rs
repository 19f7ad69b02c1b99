//! The pull requests that Outwork keeps itself.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use outwork_domain::{AgentId, PullRequestNumber, PullRequestState};
use outwork_engine::CommandError;
use outwork_store::{NewPullRequest, pull_requests};

use crate::support::{World, git_script};

/// Commits that text of the file to a new branch and opens a pull request for it.
async fn open(world: &World, agent_id: AgentId, branch: &str, text: &str) -> PullRequestNumber {
    let path = world.folder.path().join("repos/r.git");
    let script = format!(
        "cd \"$1\"; tree=$(printf '{text}' | git hash-object -w --stdin | \
         xargs -I{{}} printf '100644 blob {{}}\\tfile\\n' | git mktree); \
         git update-ref refs/heads/{branch} $(git commit-tree -p main -m '{branch}' $tree); \
         git rev-parse main {branch}"
    );
    let commits = git_script(&script, &path);
    let (base_commit, head_commit) = commits.split_once('\n').unwrap();
    let new = NewPullRequest {
        agent_id,
        repository: world.repository(),
        title: branch.to_owned(),
        body: String::new(),
        base: "main".parse().unwrap(),
        head: branch.parse().unwrap(),
        base_commit: base_commit.parse().unwrap(),
        head_commit: head_commit.parse().unwrap(),
        readiness: outwork_domain::Readiness::Ready,
        now: world.engine.now(),
    };
    let opened = world
        .engine
        .store()
        .write(move |tx| Box::pin(async move { pull_requests::open(tx, &new).await }))
        .await;
    opened.unwrap().number
}

#[tokio::test]
async fn merging_brings_the_work_into_the_base_once() {
    let world = World::new().await;
    let id = world.create().await;
    let number = open(&world, id, "work", "one\\nTWO\\nthree\\n").await;
    let diff = world
        .engine
        .diff_of_pull_request(world.account, number)
        .await
        .unwrap();
    assert!(diff.contains("-two\n+TWO\n"), "{diff}");
    let patch = world
        .engine
        .patch_of_pull_request(world.account, number)
        .await
        .unwrap();
    assert!(
        patch.starts_with("From ") && patch.contains("Subject: [PATCH] work"),
        "{patch}"
    );
    let merged = world
        .engine
        .merge_pull_request(world.account, number, None)
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(merged.state, PullRequestState::Merged);
    let path = world.folder.path().join("repos/r.git");
    let tip = git_script("git --git-dir \"$1\" rev-parse main", &path);
    assert_eq!(merged.merge_commit.unwrap().as_str(), tip);
    assert_eq!(
        git_script("git --git-dir \"$1\" show main:file", &path),
        "one\nTWO\nthree"
    );
    let again = world
        .engine
        .merge_pull_request(world.account, number, None)
        .await
        .unwrap_err();
    assert!(matches!(again, CommandError::PullRequestNotOpen), "{again}");
}

#[tokio::test]
async fn a_conflict_is_named_and_changes_nothing() {
    let world = World::new().await;
    let id = world.create().await;
    let first = open(&world, id, "first", "ONE\\ntwo\\nthree\\n").await;
    let second = open(&world, id, "second", "eins\\ntwo\\nthree\\n").await;
    world
        .engine
        .merge_pull_request(world.account, first, None)
        .await
        .unwrap();
    let path = world.folder.path().join("repos/r.git");
    let before = git_script("git --git-dir \"$1\" for-each-ref", &path);
    let error = world
        .engine
        .merge_pull_request(world.account, second, None)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, CommandError::MergeConflict { paths } if paths == &["file"]),
        "{error}"
    );
    assert_eq!(
        git_script("git --git-dir \"$1\" for-each-ref", &path),
        before
    );
    let closed = world
        .engine
        .close_pull_request(world.account, second, None)
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(closed.state, PullRequestState::Closed);
}

#[tokio::test]
async fn an_open_one_can_be_gone_on_from() {
    let world = World::new().await;
    let id = world.create().await;
    let number = open(&world, id, "work", "one\\n").await;
    let url = world.engine.pull_request_url(number);
    let found = world
        .engine
        .source_of_pull_request(world.account, &url)
        .await
        .unwrap();
    let (source, head) = found.on_its_branch().unwrap();
    assert_eq!(
        (&source.repository, head.as_str()),
        (&world.repository(), "work")
    );
    assert_eq!(source.pull_request_url.as_deref(), Some(url.as_str()));
    assert_eq!(found.beside().unwrap(), source);
    world
        .engine
        .close_pull_request(world.account, number, None)
        .await
        .unwrap();
    for bad in [
        url.as_str(),
        "http://127.0.0.1:1/pulls/99",
        "https://elsewhere/pulls/1",
        "x",
    ] {
        let error = world
            .engine
            .source_of_pull_request(world.account, bad)
            .await
            .unwrap_err();
        assert!(
            matches!(error, CommandError::PullRequestUnresolved(_)),
            "{bad}: {error}"
        );
    }
}

#[tokio::test]
async fn closing_twice_is_refused() {
    let world = World::new().await;
    let id = world.create().await;
    let number = open(&world, id, "work", "one\\n").await;
    let close = || world.engine.close_pull_request(world.account, number, None);
    let closed = close().await.unwrap().done().unwrap();
    assert_eq!(closed.state, PullRequestState::Closed);
    let again = close().await.unwrap_err();
    assert!(matches!(again, CommandError::PullRequestNotOpen), "{again}");
}

/// The push is held up in the repository, which is where the merge has its effect.
#[tokio::test]
async fn what_was_merged_shows_as_merged_though_it_was_closed_meanwhile() {
    let world = World::new().await;
    let id = world.create().await;
    let number = open(&world, id, "work", "one\\n").await;
    let path = world.folder.path().join("repos/r.git");
    let hold = "#!/bin/sh\necho here > reached\nread -r word < go\n";
    std::fs::create_dir_all(path.join("hooks")).unwrap();
    let hook = path.join("hooks/pre-receive");
    std::fs::write(&hook, hold).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    git_script("cd \"$1\"; mkfifo reached go", &path);

    let merge = world.engine.merge_pull_request(world.account, number, None);
    let close = async {
        tokio::fs::read(path.join("reached")).await.unwrap();
        let closed = world
            .engine
            .close_pull_request(world.account, number, None)
            .await;
        tokio::fs::write(path.join("go"), "go\n").await.unwrap();
        closed.unwrap().done().unwrap().state
    };
    let both = Box::pin(async { tokio::join!(merge, close) });
    let both = tokio::time::timeout(Duration::from_secs(60), both).await;
    let (merged, closed) = both.expect("the merge hangs");
    assert_eq!(closed, PullRequestState::Closed);
    let merged = merged.unwrap().done().unwrap();
    assert_eq!(merged.state, PullRequestState::Merged);
    let tip = git_script("git --git-dir \"$1\" rev-parse main", &path);
    assert_eq!(merged.merge_commit.unwrap().as_str(), tip);
}
