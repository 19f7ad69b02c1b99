//! What the reconcilers mend.

use std::time::Duration;

use outwork_domain::limits::STALLED_ATTEMPTS_MAX;
use outwork_domain::{AgentId, EventBody, StopReason, TokenUsage, ToolResult};
use outwork_engine::Ledger as _;
use outwork_store::events;

use crate::support::{DAY, World};

#[tokio::test]
async fn a_lapsed_lease_gives_the_run_back_until_it_stalls_too_often() {
    let world = World::new().await;
    let id = world.create().await;
    let reconciler = world.reconciler("other");
    for attempt in 1..=STALLED_ATTEMPTS_MAX {
        let claims = world.ledger("w", Duration::ZERO).claim(1).await.unwrap();
        assert_eq!(claims[0].fence.attempt.0, attempt);
        reconciler.tick().await.unwrap();
    }
    let run = world.view(id).await.unwrap().deciding;
    let (cause, message) = run.failure.unwrap();
    assert_eq!(cause.code(), "attempts_exhausted");
    assert!(message.contains("5 attempts"), "{message}");
}

/// What an attempt writes that asks the model and calls a tool.
fn asked(result: ToolResult) -> Vec<EventBody> {
    let answer = EventBody::AnswerEnded {
        turn: 1,
        stop: StopReason::ToolUse,
        usage: TokenUsage::default(),
    };
    let finished = EventBody::ToolFinished {
        call_id: "call_1".to_owned(),
        result,
        took: Duration::ZERO,
    };
    vec![answer, finished]
}

#[tokio::test]
async fn progress_starts_the_count_anew() {
    let world = World::new().await;
    let id = world.create().await;
    let reconciler = world.reconciler("other");
    for _ in 0..2 * STALLED_ATTEMPTS_MAX {
        let ledger = world.ledger("w", Duration::ZERO);
        let fence = ledger.claim(1).await.unwrap()[0].fence;
        let done = asked(ToolResult::error("exit status 1"));
        ledger.append(&fence, done).await.unwrap();
        reconciler.tick().await.unwrap();
    }
    assert_eq!(world.states(id).await, ["queued"]);
}

#[tokio::test]
async fn answers_whose_calls_are_never_carried_out_are_no_progress() {
    let world = World::new().await;
    let id = world.create().await;
    let reconciler = world.reconciler("other");
    for _ in 0..STALLED_ATTEMPTS_MAX {
        assert_eq!(world.states(id).await, ["queued"]);
        let ledger = world.ledger("w", Duration::ZERO);
        let fence = ledger.claim(1).await.unwrap()[0].fence;
        let lost = asked(ToolResult::interrupted());
        ledger.append(&fence, lost).await.unwrap();
        reconciler.tick().await.unwrap();
    }
    let run = world.view(id).await.unwrap().deciding;
    assert_eq!(run.failure.unwrap().0.code(), "attempts_exhausted");
}

#[tokio::test]
async fn a_start_takes_back_what_the_dead_process_of_this_folder_held() {
    let world = World::new().await;
    let ours = world.create().await;
    world.clock.move_on(Duration::from_millis(1));
    let theirs = world.create().await;
    world.ledger("ours", DAY).claim(1).await.unwrap();
    world.ledger("theirs", DAY).claim(1).await.unwrap();
    world.reconciler("ours").recover().await.unwrap();
    assert_eq!(world.states(ours).await, ["queued"]);
    assert_eq!(
        world.states(theirs).await,
        ["preparing"],
        "its lease still holds"
    );
}

#[tokio::test]
async fn a_run_that_waited_too_long_expires() {
    let world = World::new().await;
    let id = world.create().await;
    let reconciler = world.reconciler("w");
    world.clock.move_on(DAY);
    reconciler.tick().await.unwrap();
    assert_eq!(
        world.states(id).await,
        ["queued"],
        "at the limit it still waits"
    );
    world.clock.move_on(Duration::from_millis(1));
    reconciler.tick().await.unwrap();
    assert_eq!(world.states(id).await, ["expired"]);
}

fn make_workspace(world: &World, id: AgentId) -> std::path::PathBuf {
    let folder = world.data_dir().join("workspaces").join(id.to_string());
    std::fs::create_dir_all(folder.join("repo")).unwrap();
    folder
}

#[tokio::test]
async fn the_folders_of_a_deleted_agent_go_before_their_row() {
    let world = World::new().await;
    let id = world.create().await;
    let uid = world
        .ledger("w", DAY)
        .lease_workspace(id, Some(7..8))
        .await
        .unwrap();
    assert_eq!(uid, Some(7));
    let folder = make_workspace(&world, id);
    let artifacts = world.data_dir().join("artifacts").join(id.to_string());
    std::fs::create_dir_all(&artifacts).unwrap();
    let reconciler = world.reconciler("w");
    reconciler.tick().await.unwrap();
    assert!(folder.exists(), "somebody owns it");
    world.engine.delete_agent(world.account, id).await.unwrap();
    reconciler.tick().await.unwrap();
    assert!(!folder.exists() && !artifacts.exists());
    let next = world.create().await;
    let uid = world
        .ledger("w", DAY)
        .lease_workspace(next, Some(7..8))
        .await
        .unwrap();
    assert_eq!(uid, Some(7), "the user id is free again");
}

#[tokio::test]
async fn old_workspaces_go_and_active_ones_stay() {
    let world = World::new().await;
    let (old, active) = (world.create().await, world.create().await);
    world
        .engine
        .stop_agent(world.account, old, None)
        .await
        .unwrap();
    let ledger = world.ledger("w", 30 * DAY);
    ledger.claim(1).await.unwrap();
    for id in [old, active] {
        ledger.lease_workspace(id, None).await.unwrap();
    }
    let (old, active) = (make_workspace(&world, old), make_workspace(&world, active));
    world.clock.move_on(7 * DAY + Duration::from_millis(1));
    world.reconciler("w").tick().await.unwrap();
    assert!(!old.exists() && active.exists());
}

#[tokio::test]
async fn too_many_workspaces_lose_the_longest_idle() {
    let world = World::new().await;
    let ledger = world.ledger("w", DAY);
    let mut folders = Vec::new();
    for _ in 0..5 {
        let id = world.create().await;
        world
            .engine
            .stop_agent(world.account, id, None)
            .await
            .unwrap();
        ledger.lease_workspace(id, None).await.unwrap();
        folders.push(make_workspace(&world, id));
        world.clock.move_on(Duration::from_secs(1));
    }
    world.reconciler("w").tick().await.unwrap();
    let left: Vec<bool> = folders.iter().map(|folder| folder.exists()).collect();
    assert_eq!(left, [false, false, true, true, true]);
}

#[tokio::test]
async fn a_start_removes_workspaces_that_nobody_owns() {
    let world = World::new().await;
    let id = world.create().await;
    world
        .ledger("w", DAY)
        .lease_workspace(id, None)
        .await
        .unwrap();
    let owned = make_workspace(&world, id);
    let stray = make_workspace(&world, AgentId::new(uuid::Uuid::new_v4()));
    world.reconciler("w").recover().await.unwrap();
    assert!(owned.exists() && !stray.exists());
}

#[tokio::test]
async fn every_change_of_state_is_in_the_transcript() {
    let world = World::new().await;
    let id = world.create().await;
    world.ledger("w", Duration::ZERO).claim(1).await.unwrap();
    world.reconciler("w").tick().await.unwrap();
    world
        .engine
        .stop_agent(world.account, id, None)
        .await
        .unwrap();
    let mut reader = world.engine.store().read().await.unwrap();
    let all = events::list(&mut reader, id, outwork_domain::Seq(0), 100)
        .await
        .unwrap();
    let states: Vec<&str> = all
        .iter()
        .filter_map(|event| {
            if let EventBody::StateChanged { to, .. } = &event.body {
                return Some(to.word());
            }
            None
        })
        .collect();
    assert_eq!(states, ["preparing", "queued", "cancelled"]);
}
