//! Agents with no repository, and with several.

use std::collections::HashSet;
use std::sync::Arc;

use outwork_domain::{Event, EventBody};
use tokio::sync::Notify;

use super::dying::DyingLedger;
use crate::support::repository::Repository;

use super::world::{PATIENCE, World, branch, on, then};

const BOTH: &str = "Greet both\n\n```sh\necho hello > one/GREETING.md\nrm two/src/dir0/file0.txt\n\
    echo beside > note.txt\necho done > \"$OUTWORK_ARTIFACTS/note.txt\"\n```\n";

#[tokio::test]
async fn each_repository_gets_its_branch_and_its_pull_request() {
    let world = World::new().await;
    let (one, two) = (world.repository("one.git"), world.repository("two.git"));
    let at_work = world.work();
    let id = world.create(on(&[&one, &two], BOTH)).await;
    world.succeeded(id).await;
    let agent = world.agent(id).await;
    let [ours, theirs] = agent.repositories.as_slice() else {
        panic!("{agent:?}")
    };
    assert_eq!(one.file(branch(ours), "GREETING.md"), "hello\n");
    let changed = |repository: &crate::support::repository::Repository, branch: &str| {
        repository.git(&["diff", "--name-status", "main", branch])
    };
    assert_eq!(changed(&one, branch(ours)), "A\tGREETING.md\n");
    assert_eq!(changed(&two, branch(theirs)), "D\tsrc/dir0/file0.txt\n");
    for (repository, known) in [(&one, ours), (&two, theirs)] {
        let tip = repository.git(&["rev-parse", branch(known)]);
        assert_eq!(known.head.as_ref().unwrap().as_str(), tip.trim());
    }
    let pulls = world.pull_requests().await;
    let shown: Vec<_> = pulls.iter().map(|one| one.repository.to_string()).collect();
    assert_eq!(shown, [one.url(), two.url()]);
    let urls: HashSet<_> = agent
        .repositories
        .iter()
        .map(|one| &one.pull_request_url)
        .collect();
    assert_eq!(urls.len(), 2);

    // A follow-up goes on in both; only what changed is pushed.
    world
        .follow_up(
            id,
            then("More\n\n```sh\ngit -C one log --format=%s | head -1\necho x >> two/new\n```\n"),
        )
        .await;
    world.succeeded(id).await;
    let later = world.agent(id).await;
    assert_eq!(later.repositories[0], agent.repositories[0]);
    assert_eq!(two.commits_of(branch(theirs)).len(), 2);
    assert_eq!(world.pull_requests().await.len(), 2);
    let diff = world.engine.diff_of_agent(world.account, id).await.unwrap();
    assert!(diff.contains("+hello") && diff.contains("b/new"), "{diff}");

    // Each run by itself is what it pushed.
    let mut reader = world.engine.store().read().await.unwrap();
    let runs = outwork_store::runs::list(&mut reader, id).await.unwrap();
    drop(reader);
    let of_run = async |at: usize| {
        let run = world.engine.diff_of_run(world.account, id, runs[at].id);
        run.await.unwrap()
    };
    let (first, second) = (of_run(0).await, of_run(1).await);
    assert!(
        first.contains("+hello") && first.contains("repository two: "),
        "{first}"
    );
    assert!(!first.contains("b/new"), "{first}");
    assert!(
        second.starts_with("repository two: ") && second.contains("b/new"),
        "{second}"
    );
    assert!(
        !second.contains("+hello") && !second.contains("dir0"),
        "{second}"
    );
    drop(at_work);
}

#[tokio::test]
async fn one_that_cannot_be_published_does_not_keep_the_other_back() {
    let world = World::new().await;
    let (one, two) = (world.repository("one.git"), world.repository("two.git"));
    one.refuse_pushes("not today");
    let at_work = world.work();
    let id = world.create(on(&[&one, &two], BOTH)).await;
    let run = world.ended(id).await;
    let (cause, message) = run.failure.unwrap();
    assert_eq!(cause.code(), "push_denied", "{message}");
    let agent = world.agent(id).await;
    assert_eq!(agent.repositories[0].head, None);
    assert_eq!(two.commits_of(branch(&agent.repositories[1])).len(), 1);
    assert!(agent.repositories[1].pull_request_url.is_some());
    let told = |event: &Event| matches!(&event.body, EventBody::Note { text } if text.starts_with("one: not published"));
    assert!(world.events(id).await.iter().any(told));

    // Once it can be, the next run publishes what was left.
    std::fs::remove_file(one.path.join("hooks/pre-receive")).unwrap();
    world
        .follow_up(id, then("Go on\n\n```sh\ntrue\n```\n"))
        .await;
    world.succeeded(id).await;
    let agent = world.agent(id).await;
    assert_eq!(
        one.file(branch(&agent.repositories[0]), "GREETING.md"),
        "hello\n"
    );
    assert_eq!(two.commits_of(branch(&agent.repositories[1])).len(), 1);
    assert_eq!(world.pull_requests().await.len(), 2);
    drop(at_work);
}

#[tokio::test]
async fn an_agent_without_a_repository_leaves_artifacts_and_words() {
    let world = World::new().await;
    let at_work = world.work();
    let prompt = "Compute\n\n```sh\ntest \"$(pwd)\" = /repo && test -z \"$(ls -A)\"\necho 42 > answer\n\
        cp answer \"$OUTWORK_ARTIFACTS/answer.txt\"\n```\n";
    let id = world.create(on(&[], prompt)).await;
    let run = world.succeeded(id).await;
    assert!(run.summary.unwrap().starts_with("Ran 1 block"));
    let mut reader = world.engine.store().read().await.unwrap();
    let left = outwork_store::artifacts::list(&mut reader, id, 10)
        .await
        .unwrap();
    drop(reader);
    assert_eq!(left[0].path.as_str(), "answer.txt");
    assert_eq!(world.pull_requests().await, []);
    world
        .follow_up(
            id,
            then("Look\n\n```sh\ntest \"$(cat answer)\" = 42\n```\n"),
        )
        .await;
    world.succeeded(id).await;
    assert_eq!(
        world.engine.diff_of_agent(world.account, id).await.unwrap(),
        ""
    );
    drop(at_work);
}

#[tokio::test]
async fn deleting_lets_go_of_every_repository() {
    let world = World::new().await;
    let (one, two) = (world.repository("one.git"), world.repository("two.git"));
    let at_work = world.work();
    let id = world.create(on(&[&one, &two], BOTH)).await;
    world.succeeded(id).await;
    let kept = || -> usize {
        let mirrors = std::fs::read_dir(world.ground.data_dir().join("mirrors")).unwrap();
        let keep = |mirror: std::fs::DirEntry| mirror.path().join("refs/keep").join(id.to_string());
        mirrors
            .flatten()
            .map(keep)
            .filter(|path| path.exists())
            .count()
    };
    assert_eq!(kept(), 2);
    world.engine.delete_agent(world.account, id).await.unwrap();
    // The worker may still be forgetting the run that just ended.
    let gone = async {
        while kept() > 0 {
            world.reconciler().tick().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    drop(at_work);
}

#[tokio::test]
async fn a_death_between_two_pushes_repeats_neither() {
    let world = World::new().await;
    let (one, two) = (world.repository("one.git"), world.repository("two.git"));
    let died = Arc::new(Notify::new());
    let dying = DyingLedger::after(1, world.store_ledger(), Arc::clone(&died));
    let dying = world.work_on(Arc::new(dying));
    let id = world.create(on(&[&one, &two], BOTH)).await;
    died.notified().await;
    drop(dying);
    let before = [&one, &two].map(Repository::branches);
    assert!(
        before.iter().all(|branches| branches.len() == 2),
        "{before:?}"
    );
    world.reconciler().recover().await.unwrap();
    let at_work = world.work();
    let run = world.succeeded(id).await;
    assert_eq!(run.attempt.0, 2);
    assert_eq!([&one, &two].map(Repository::branches), before);
    let agent = world.agent(id).await;
    for (repository, ours) in [&one, &two].into_iter().zip(&agent.repositories) {
        assert_eq!(repository.commits_of(branch(ours)).len(), 1);
    }
    assert_eq!(world.pull_requests().await.len(), 2);
    let events = world.events(id).await;
    let pushed = events
        .iter()
        .filter(|event| matches!(event.body, EventBody::Pushed { .. }));
    assert_eq!(pushed.count(), 2);
    drop(at_work);
}
