//! Work on branches that are there.

use outwork_domain::{BranchWish, PullRequestCreation};
use outwork_engine::CommandError;

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
    drop(at_work);
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
