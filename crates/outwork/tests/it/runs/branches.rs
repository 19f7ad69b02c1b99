//! Work on branches that are there.

use outwork_domain::{BranchWish, PullRequestCreation};
use outwork_engine::CommandError;
use outwork_store::change_sets;

use super::world::{World, on, then};

const PROMPT: &str = "Greet\n\n```sh\necho hello > GREETING.md\n```\n";

#[tokio::test]
async fn work_goes_to_the_branch_that_it_starts_from() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    repository.git(&["branch", "feature", "main"]);
    repository.commit_file("feature", "by-hand.txt", "theirs");
    repository.commit_file("main", "later.txt", "main went on");
    let theirs = repository.git(&["rev-parse", "feature"]);
    let at_work = world.work();
    let mut new = on(&[&repository], PROMPT);
    let branch = "feature";
    new.repositories[0].source.base_ref = Some(branch.parse().unwrap());
    new.repositories[0].branch_wish = BranchWish::Existing(branch.parse().unwrap());
    let id = world.create(new).await;
    world.succeeded(id).await;
    assert_eq!(repository.branches(), ["feature", "main"]);
    assert_eq!(repository.file("feature", "GREETING.md"), "hello\n");
    assert_eq!(repository.git(&["rev-parse", "feature^"]), theirs);
    let pulls = world.pull_requests().await;
    assert_eq!(pulls.len(), 1);
    assert_eq!(
        (pulls[0].head.as_str(), pulls[0].base.as_str()),
        ("feature", "main")
    );
    // All of the branch is shown, and nothing that only the default branch has.
    let diff = world
        .engine
        .diff_of_pull_request(world.account, pulls[0].number)
        .await
        .unwrap();
    assert!(
        diff.contains("by-hand.txt") && diff.contains("GREETING.md"),
        "{diff}"
    );
    assert!(!diff.contains("later.txt"), "{diff}");

    world
        .follow_up(id, then("More\n\n```sh\necho more >> GREETING.md\n```\n"))
        .await;
    world.succeeded(id).await;
    assert_eq!(repository.file("feature", "GREETING.md"), "hello\nmore\n");
    assert_eq!(world.pull_requests().await.len(), 1);

    world
        .follow_up(id, then("Look\n\n```sh\ntrue\n```\n"))
        .await;
    let summary = world.succeeded(id).await.summary.unwrap();
    let told = "\n\nThis run changed no file; the pull request is as it was.";
    assert!(summary.ends_with(told), "{summary}");
    drop(at_work);
}

#[tokio::test]
async fn each_run_leaves_what_was_changed_since_the_first() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let base = repository.git(&["rev-parse", "main"]);
    let at_work = world.work();
    let id = world.create(on(&[&repository], PROMPT)).await;
    let first = world.succeeded(id).await;
    world
        .follow_up(id, then("More\n\n```sh\necho more >> GREETING.md\n```\n"))
        .await;
    let second = world.succeeded(id).await;
    world
        .follow_up(id, then("Nothing\n\n```sh\ntrue\n```\n"))
        .await;
    let third = world.succeeded(id).await;
    drop(at_work);
    let mut reader = world.engine.store().read().await.unwrap();
    let mut all = Vec::new();
    for run in [first, second, third] {
        all.push(change_sets::of_run(&mut reader, run.id).await.unwrap());
    }
    let [[one], [two], []] = [&all[0][..], &all[1][..], &all[2][..]] else {
        panic!("{all:?}");
    };
    for (change, added) in [(one, "+hello\n"), (two, "+hello\n+more\n")] {
        assert_eq!(change.base.as_str(), base.trim_end());
        let patch = change.patch.as_deref().unwrap();
        assert!(patch.ends_with(added), "{patch}");
    }
    let head = world.agent(id).await.repositories[0].head.clone();
    assert_eq!(Some(&two.head), head.as_ref());
    assert_eq!(
        two.subject,
        repository
            .git(&["log", "-1", "--format=%s", two.head.as_str()])
            .trim_end()
    );
    assert_eq!(
        change_sets::latest(&mut reader, id).await.unwrap(),
        std::slice::from_ref(two)
    );
}

#[tokio::test]
async fn without_a_wish_for_one_no_pull_request_is_opened() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    repository.git(&["branch", "feature", "main"]);
    let at_work = world.work();
    let mut new = on(&[&repository], PROMPT);
    new.pull_request.creation = PullRequestCreation::Manual;
    new.repositories[0].branch_wish = BranchWish::Existing("feature".parse().unwrap());
    let id = world.create(new).await;
    world.succeeded(id).await;
    assert_eq!(repository.commits_of("feature").len(), 1);
    assert_eq!(world.pull_requests().await, []);
    drop(at_work);
}

#[tokio::test]
async fn the_default_branch_is_never_written() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let mut new = on(&[&repository], PROMPT);
    new.repositories[0].branch_wish = BranchWish::Existing("main".parse().unwrap());
    let refused = world.engine.create_agent(world.account, new, None).await;
    assert!(matches!(refused, Err(CommandError::InvalidBranchName(_))));

    // What was not known when the agent was accepted ends its run.
    repository.git(&["branch", "feature", "main"]);
    let mut new = on(&[&repository], PROMPT);
    new.repositories[0].branch_wish = BranchWish::Existing("feature".parse().unwrap());
    let id = world.create(new).await;
    repository.git(&["symbolic-ref", "HEAD", "refs/heads/feature"]);
    let at_work = world.work();
    let (cause, _) = world.ended(id).await.failure.unwrap();
    assert_eq!(cause.code(), "push_denied");
    assert_eq!(
        repository.git(&["rev-parse", "feature"]),
        repository.git(&["rev-parse", "main"])
    );
    drop(at_work);
}
