//! What users can ask for, and what is refused.

use outwork_domain::limits::QUEUED_FOLLOW_UPS_MAX;
use outwork_domain::run_state::RunEvent;
use outwork_domain::{AccountId, BranchWish, EventBody, ModelChoice};
use outwork_engine::{CommandError, Ledger as _, Step};
use outwork_store::{Error, Transition};
use uuid::Uuid;

use crate::support::{DAY, World};

#[tokio::test]
async fn what_is_known_to_be_wrong_is_refused_at_once() {
    let world = World::new().await;
    let create = async |change: fn(&mut outwork_engine::NewAgent)| {
        let mut new = world.new_agent();
        change(&mut new);
        world
            .engine
            .create_agent(world.account, new)
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
            .create_agent(world.account, new)
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
    let stop = async |id| world.engine.stop_agent(world.account, id).await;

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
        engine.stop_agent(other, id).await.unwrap_err(),
        engine.add_follow_up(other, id, more).await.unwrap_err(),
        engine.diff_of_agent(other, id).await.unwrap_err(),
        engine.delete_agent(other, id).await.unwrap_err(),
    ] {
        assert!(matches!(error, CommandError::AgentNotFound), "{error}");
    }
    assert_eq!(world.states(id).await, ["queued"]);
}
