//! What users can ask for, and what is refused.

use std::time::Duration;

use outwork_domain::limits::QUEUED_FOLLOW_UPS_MAX;
use outwork_domain::run_state::RunEvent;
use outwork_domain::{AccountId, BranchWish, EventBody, ModelChoice, RunId, RunMode};
use outwork_engine::{CommandError, FollowUp, Ledger as _, Step, WhenBusy};
use outwork_store::{Error, Transition};
use uuid::Uuid;

use crate::support::{DAY, World, follow_up, new_repository};

#[tokio::test]
async fn what_is_known_to_be_wrong_is_refused_at_once() {
    let world = World::new().await;
    let create = async |change: fn(&mut outwork_engine::NewAgent)| {
        let mut new = world.new_agent();
        change(&mut new);
        world
            .engine
            .create_agent(world.account, new, None)
            .await
            .unwrap_err()
    };
    let error = create(|new| new.model = Some(ModelChoice::of("gpt-0".parse().unwrap()))).await;
    assert_eq!(
        error.to_string(),
        "Model 'gpt-0' is not available or invalid"
    );
    let error = create(|new| {
        new.repositories[0].branch_wish = BranchWish::Named("main".parse().unwrap());
    })
    .await;
    assert!(
        matches!(error, CommandError::InvalidBranchName(_)),
        "{error}"
    );
    let error = create(|new| {
        new.repositories[0].source.base_ref = Some("nowhere".parse().unwrap());
    })
    .await;
    assert!(matches!(error, CommandError::BaseNotFound(_)), "{error}");
    for elsewhere in ["/etc", "/nowhere.git"] {
        let mut new = world.new_agent();
        new.repositories[0].source.repository = elsewhere.parse().unwrap();
        let error = world
            .engine
            .create_agent(world.account, new, None)
            .await
            .unwrap_err();
        assert!(
            matches!(error, CommandError::RepositoryAccess(_)),
            "{elsewhere}: {error}"
        );
    }
}

#[tokio::test]
async fn follow_ups_wait_in_order_and_are_limited() {
    let world = World::new().await;
    let id = world.create().await;
    for _ in 0..2 {
        world.follow_up(id).await.unwrap();
    }
    assert_eq!(world.states(id).await, ["queued", "queued", "queued"]);
    let ledger = world.ledger("w", DAY);
    let claims = ledger.claim(10).await.unwrap();
    assert_eq!(claims.len(), 1, "one active run per agent");
    assert_eq!(claims[0].run.number, 1);
    for _ in 2..QUEUED_FOLLOW_UPS_MAX {
        world.follow_up(id).await.unwrap();
    }
    let error = world.follow_up(id).await.unwrap_err();
    assert!(matches!(error, CommandError::TooManyQueued(_)), "{error}");
}

#[tokio::test]
async fn stop_follows_the_state_of_the_run() {
    let world = World::new().await;
    let ledger = world.ledger("w", DAY);
    let stop = async |id| world.engine.stop_agent(world.account, id, None).await;

    let waiting = world.create().await;
    world.follow_up(waiting).await.unwrap();
    stop(waiting).await.unwrap();
    assert_eq!(world.states(waiting).await, ["cancelled", "cancelled"]);
    stop(waiting).await.expect("twice is as once");

    let working = world.create().await;
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    world.follow_up(working).await.unwrap();
    stop(working).await.unwrap();
    assert_eq!(world.states(working).await, ["cancelling", "cancelled"]);
    stop(working).await.expect("twice is as once");
    ledger
        .apply(&fence, Step::of(Transition::of(RunEvent::Stopped)))
        .await
        .unwrap();
    assert_eq!(world.states(working).await, ["cancelled", "cancelled"]);

    let publishing = world.create().await;
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    for event in [RunEvent::WorkspacePrepared, RunEvent::LoopFinished] {
        ledger
            .apply(&fence, Step::of(Transition::of(event)))
            .await
            .unwrap();
    }
    world.follow_up(publishing).await.unwrap();
    let error = stop(publishing).await.unwrap_err();
    assert!(matches!(error, CommandError::RunNotCancellable), "{error}");
    assert_eq!(
        world.states(publishing).await,
        ["publishing", "queued"],
        "nothing changed"
    );
}

#[tokio::test]
async fn only_the_named_run_is_cancelled() {
    let world = World::new().await;
    let ledger = world.ledger("w", DAY);
    let id = world.create().await;
    for _ in 0..2 {
        world.follow_up(id).await.unwrap();
    }
    let runs = world.runs(id).await;
    let cancel = async |at: usize| {
        let cancelled = world
            .engine
            .cancel_run(world.account, id, runs[at].id, None);
        cancelled.await.map(|once| once.done().unwrap())
    };
    assert_eq!(cancel(1).await.unwrap(), None, "nobody has to end it");
    assert_eq!(world.states(id).await, ["queued", "cancelled", "queued"]);
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    assert_eq!(cancel(0).await.unwrap(), Some(runs[0].id));
    assert_eq!(cancel(0).await.unwrap(), None, "twice is as once");
    assert_eq!(
        world.states(id).await,
        ["cancelling", "cancelled", "queued"]
    );
    ledger
        .apply(&fence, Step::of(Transition::of(RunEvent::Stopped)))
        .await
        .unwrap();
    for at in [0, 1] {
        let error = cancel(at).await.unwrap_err();
        assert!(matches!(error, CommandError::RunNotCancellable), "{error}");
    }
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    for event in [RunEvent::WorkspacePrepared, RunEvent::LoopFinished] {
        ledger
            .apply(&fence, Step::of(Transition::of(event)))
            .await
            .unwrap();
    }
    let error = cancel(2).await.unwrap_err();
    assert!(matches!(error, CommandError::RunNotCancellable), "{error}");
    let other = world.create().await;
    let foreign = world.runs(other).await[0].id;
    let error = world
        .engine
        .cancel_run(world.account, id, foreign, None)
        .await
        .unwrap_err();
    assert!(matches!(error, CommandError::RunNotFound), "{error}");
}

#[tokio::test]
async fn an_archived_agent_has_stopped_and_takes_nothing_until_it_is_taken_back() {
    let world = World::new().await;
    let ledger = world.ledger("w", DAY);
    let id = world.create().await;
    world.follow_up(id).await.unwrap();
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    let engine = &world.engine;
    let archive = async || engine.archive_agent(world.account, id, None).await.unwrap();
    assert_eq!(archive().await.done().unwrap(), Some(fence.run_id));
    assert_eq!(world.states(id).await, ["cancelling", "cancelled"]);
    let marked = world.view(id).await.unwrap().agent.archived_at;
    assert!(marked.is_some());
    world.clock.move_on(Duration::from_secs(1));
    assert_eq!(archive().await.done().unwrap(), None, "twice is as once");
    assert_eq!(world.view(id).await.unwrap().agent.archived_at, marked);
    ledger
        .apply(&fence, Step::of(Transition::of(RunEvent::Stopped)))
        .await
        .unwrap();

    let error = world.follow_up(id).await.unwrap_err();
    assert!(matches!(error, CommandError::AgentArchived), "{error}");
    let error = engine
        .stop_agent(world.account, id, None)
        .await
        .unwrap_err();
    assert!(matches!(error, CommandError::AgentArchived), "{error}");
    let cancelled = engine.cancel_run(world.account, id, fence.run_id, None);
    let error = cancelled.await.unwrap_err();
    assert!(matches!(error, CommandError::RunNotCancellable), "{error}");

    for _ in 0..2 {
        let back = engine.unarchive_agent(world.account, id, None).await;
        back.unwrap();
        assert_eq!(world.view(id).await.unwrap().agent.archived_at, None);
    }
    world.follow_up(id).await.unwrap();
}

#[tokio::test]
async fn a_follow_up_says_what_becomes_of_it_and_what_answers() {
    let world = World::new().await;
    let mut new = world.new_agent();
    new.mode = RunMode::Plan;
    let created = world.engine.create_agent(world.account, new, None).await;
    let id = created.unwrap().done().unwrap().agent.id;
    let add = async |new: FollowUp| {
        let added = world
            .engine
            .add_follow_up(world.account, id, new, None)
            .await;
        added.map(|run| run.done().unwrap())
    };
    let refusing = FollowUp {
        when_busy: WhenBusy::Refuse,
        ..follow_up("Now")
    };
    let error = add(refusing.clone()).await.unwrap_err();
    assert!(matches!(error, CommandError::AgentBusy), "{error}");
    assert_eq!(add(follow_up("Later")).await.unwrap().mode, RunMode::Plan);
    let agent_mode = FollowUp {
        mode: Some(RunMode::Agent),
        ..follow_up("Do it")
    };
    assert_eq!(add(agent_mode).await.unwrap().mode, RunMode::Agent);
    let next = add(follow_up("Go on")).await.unwrap();
    assert_eq!((next.mode, next.number), (RunMode::Agent, 4));
    let stopped = world.engine.stop_agent(world.account, id, None).await;
    stopped.unwrap();
    assert_eq!(add(refusing).await.unwrap().state.word(), "queued");
}

#[tokio::test]
async fn an_agent_has_as_many_repositories_as_are_named() {
    let world = World::new().await;
    let create = async |repositories| {
        let mut new = world.new_agent();
        new.repositories = repositories;
        let created = world.engine.create_agent(world.account, new, None).await;
        created.map(|view| view.done().unwrap())
    };
    let one = || new_repository(world.repository());
    let two = || new_repository(world.another_repository("s.git"));
    let none = create(vec![]).await.unwrap().agent;
    assert_eq!(none.repositories, []);
    let both = create(vec![one(), two()]).await.unwrap().agent;
    let folders: Vec<_> = both.repositories.iter().map(|one| &one.folder).collect();
    assert_eq!(folders, [&Some("r".to_owned()), &Some("s".to_owned())]);
    for wrong in [vec![one(), two(), one()], vec![one(); 21]] {
        let error = create(wrong).await.unwrap_err();
        assert!(
            matches!(error, CommandError::InvalidRepositories(_)),
            "{error}"
        );
    }
    let mut on_default = one();
    on_default.branch_wish = BranchWish::Existing("main".parse().unwrap());
    let error = create(vec![two(), on_default]).await.unwrap_err();
    assert!(
        matches!(error, CommandError::InvalidBranchName(_)),
        "{error}"
    );
}

#[tokio::test]
async fn an_id_is_taken_for_ever() {
    let world = World::new().await;
    let id = world.create().await;
    let again = async || {
        let mut new = world.new_agent();
        new.id = Some(id);
        let created = world.engine.create_agent(world.account, new, None).await;
        assert!(matches!(created, Err(CommandError::AgentIdTaken)));
    };
    again().await;
    world.engine.delete_agent(world.account, id).await.unwrap();
    again().await;
    let chosen = outwork_domain::AgentId::new(Uuid::new_v4());
    let mut new = world.new_agent();
    (new.id, new.name) = (Some(chosen), Some("Mine".to_owned()));
    let created = world.engine.create_agent(world.account, new, None).await;
    let created = created.unwrap().done().unwrap();
    assert_eq!(
        (created.agent.id, created.agent.name.as_str()),
        (chosen, "Mine")
    );
}

#[tokio::test]
async fn a_deleted_agent_is_gone_and_its_worker_writes_nothing() {
    let world = World::new().await;
    let id = world.create().await;
    let ledger = world.ledger("w", DAY);
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    world.engine.delete_agent(world.account, id).await.unwrap();
    assert!(world.view(id).await.is_none());
    let note = vec![EventBody::Note {
        text: "late".to_owned(),
    }];
    assert!(matches!(
        ledger.append(&fence, note).await,
        Err(Error::Stale)
    ));
    let step = Step::of(Transition::of(RunEvent::WorkspacePrepared));
    assert!(matches!(
        ledger.apply(&fence, step).await,
        Err(Error::Stale)
    ));
    let again = world
        .engine
        .delete_agent(world.account, id)
        .await
        .unwrap_err();
    assert!(matches!(again, CommandError::AgentNotFound));
}

#[tokio::test]
async fn another_account_finds_nothing() {
    let world = World::new().await;
    let id = world.create().await;
    let other = AccountId::new(Uuid::new_v4());
    let engine = &world.engine;
    let more = crate::support::follow_up("More");
    for error in [
        engine.stop_agent(other, id, None).await.unwrap_err(),
        engine
            .add_follow_up(other, id, more, None)
            .await
            .unwrap_err(),
        engine.diff_of_agent(other, id).await.unwrap_err(),
        engine
            .diff_of_run(other, id, RunId::new(Uuid::nil()))
            .await
            .unwrap_err(),
        engine.delete_agent(other, id).await.unwrap_err(),
    ] {
        assert!(matches!(error, CommandError::AgentNotFound), "{error}");
    }
    assert_eq!(world.states(id).await, ["queued"]);
}
