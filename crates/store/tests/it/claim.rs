//! Claiming: order, one active run per agent, no run twice.

use std::collections::HashSet;
use std::time::Duration;

use outwork_domain::run_state::{RunEvent, RunState, Then};
use outwork_domain::{Attempt, EventBody, Fence, IsolationLevel};
use outwork_store::{ClaimWish, Guard, Transition, WorkerId, runs};

use crate::support::{LEASE, World, at, on_both, plain_agent};

on_both! {
    async fn the_work_is_counted(world: &World) {
        let census = async || runs::census(&mut world.read().await).await.unwrap();
        assert_eq!(census().await, runs::Census::default());
        for millis in 1..=4 {
            world.agent_at(millis).await;
        }
        let claims = world.claim_for("b", 2, LEASE).await;
        world.claim_for("a", 1, LEASE).await;
        world.succeed(&claims[0].fence, "done").await;
        let worker = |name: &str| WorkerId(name.into());
        let workers = vec![(worker("a"), 1), (worker("b"), 1)];
        assert_eq!(census().await, runs::Census { waiting: 1, active: 2, workers });
    }

    async fn a_claim_has_all_that_a_worker_needs(world: &World) {
        let id = world.agent().await;
        let claim = world.claim(1).await.remove(0);
        let run = world.run(claim.run.id).await;
        assert_eq!(claim.fence, Fence { agent_id: id, run_id: run.id, attempt: Attempt(1) });
        assert_eq!((claim.agent.id, claim.agent.created_at), (id, at(1)));
        assert_eq!((run.state, run.started_at), (RunState::Preparing, Some(at(5_000))));
        assert_eq!(claim.run, run);
        assert_eq!(claim.prompt, "do it");
        let changed = EventBody::StateChanged { to: RunState::Preparing, cause: None, message: None };
        let expected = [EventBody::Prompt { text: "do it".into(), image_count: 0, approves: None }, changed];
        assert_eq!(world.events(id).await, expected);
    }

    async fn each_attempt_has_its_isolation(world: &World) {
        let id = world.agent().await;
        assert_eq!(world.isolation(id).await, []);
        let fence = world.claim(1).await[0].fence;
        assert_eq!(world.isolation(id).await, [(fence.run_id, IsolationLevel::Full)]);
        let back = Transition::of(RunEvent::HandedBack);
        world.apply(Guard::Fence(fence), back).await.unwrap();
        let weak = ClaimWish { isolation: IsolationLevel::Weak, ..limited(1) };
        assert_eq!(world.claim_as(weak).await.claims.len(), 1);
        assert_eq!(world.isolation(id).await, [(fence.run_id, IsolationLevel::Weak)]);
        assert!(world.isolation(world.agent().await).await.is_empty());
    }

    async fn the_oldest_come_first(world: &World) {
        let (late, early, middle) =
            (world.agent_at(30).await, world.agent_at(10).await, world.agent_at(20).await);
        let claimed: Vec<_> = world.claim(2).await.iter().map(|claim| claim.agent.id).collect();
        assert_eq!(claimed, [early, middle]);
        let claimed: Vec<_> = world.claim(2).await.iter().map(|claim| claim.agent.id).collect();
        assert_eq!(claimed, [late]);
        assert_eq!(world.claim(2).await, []);
        assert_eq!(world.claim(0).await, []);
    }

    async fn an_agent_works_on_one_run_at_a_time_in_order(world: &World) {
        let id = world.agent_at(10).await;
        // Accepted earlier than the first by the clock, and yet later in order.
        let second = world.follow_up(id, 5).await;
        let third = world.follow_up(id, 1).await;
        let first = world.claim(10).await;
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].run.number, 1);
        assert_eq!(world.claim(10).await, []);

        // A retry goes before what was asked later.
        world.step(&first[0].fence, RunEvent::AttemptFailed(Then::Retry)).await.unwrap();
        let again = world.claim(10).await.remove(0);
        assert_eq!((again.run.number, again.fence.attempt), (1, Attempt(2)));
        world.succeed(&again.fence, "").await;
        // One that is cancelled while it waits is passed over.
        let guard = Guard::Run { run_id: second.id, attempt: Attempt(0) };
        world.apply(guard, Transition::of(RunEvent::CancelRequested)).await.unwrap();
        let claimed = world.claim(10).await;
        assert_eq!(claimed.len(), 1);
        assert_eq!(claimed[0].run.id, third.id);
    }

    async fn the_prompt_is_told_once(world: &World) {
        let claim = world.claimed().await;
        world.step(&claim.fence, RunEvent::HandedBack).await.unwrap();
        world.claim(1).await;
        let prompts = world.events(claim.agent.id).await;
        let prompts = prompts.iter().filter(|body| matches!(body, EventBody::Prompt { .. }));
        assert_eq!(prompts.count(), 1);
        assert_eq!(world.run(claim.run.id).await.started_at, Some(at(5_000)));
    }

    async fn a_retry_waits_by_the_databases_clock(world: &World) {
        let claim = world.claimed().await;
        let mut later = Transition::of(RunEvent::AttemptFailed(Then::Retry));
        later.not_before = Some(Duration::from_secs(3_600));
        world.apply(Guard::Fence(claim.fence), later).await.unwrap();
        assert_eq!(world.claim(10).await, []);
        world.tamper("UPDATE runs SET not_before = not_before - 3599000").await;
        assert_eq!(world.claim(10).await, []);
        world.tamper("UPDATE runs SET not_before = not_before - 1000").await;
        assert_eq!(world.claim(10).await.len(), 1);
    }

    async fn no_run_is_claimed_twice(world: &World) {
        let mut ids = Vec::new();
        for millis in 0..40 {
            let id = world.agent_at(millis).await;
            world.follow_up(id, millis).await;
            ids.push(id);
        }
        let mut claims = Vec::new();
        for _ in 0..2 {
            let mut wave = Vec::new();
            while wave.len() < ids.len() {
                let workers = ["a", "b", "c", "d"].map(|name| {
                    world.claim_for(name, 3, Duration::from_secs(60))
                });
                wave.extend(futures::future::join_all(workers).await.into_iter().flatten());
            }
            let agents: HashSet<_> = wave.iter().map(|claim| claim.agent.id).collect();
            assert_eq!((wave.len(), agents.len()), (40, 40), "two active runs of one agent");
            for claim in &wave {
                world.succeed(&claim.fence, "").await;
            }
            claims.extend(wave);
        }
        let fences: HashSet<_> = claims.iter().map(|claim| claim.run.id).collect();
        assert_eq!(fences.len(), 80);
        assert_eq!(world.claim(100).await, []);
    }

    async fn a_claim_and_a_cancel_never_both_win(world: &World) {
        for _ in 0..25 {
            let id = world.agent().await;
            let run = runs::list(&mut world.read().await, id).await.unwrap().remove(0);
            let guard = Guard::Run { run_id: run.id, attempt: Attempt(0) };
            let cancel = Transition::of(RunEvent::CancelRequested);
            let (claims, cancelled) = tokio::join!(world.claim(10), world.apply(guard, cancel));
            let state = world.run(run.id).await.state;
            match cancelled {
                Ok(_) => {
                    assert_eq!((claims.len(), state), (0, RunState::Cancelled));
                }
                Err(error) => {
                    assert!(matches!(error, outwork_store::Error::Stale), "{error:?}");
                    assert_eq!((claims.len(), state), (1, RunState::Preparing));
                }
            }
        }
    }

    async fn accounts_take_turns(world: &World) {
        let other = world.account("other@example.com").await;
        for millis in 0..30 {
            world.agent_at(millis).await;
        }
        world.claim(2).await;
        let mut later = Vec::new();
        for millis in 100..103 {
            let agent = plain_agent(other, millis);
            later.push(agent.id);
            world.insert_agent(agent).await;
        }
        let claimed = world.claim(4).await;
        let of_other: Vec<_> = claimed.iter().map(|claim| claim.agent.account_id == other).collect();
        assert_eq!(of_other, [true, true, false, true], "until both have three");
        let claimed: Vec<_> = claimed.iter().map(|claim| claim.agent.id).collect();
        assert_eq!([claimed[0], claimed[1], claimed[3]], *later, "the oldest first");
        assert_eq!(world.claim(100).await.len(), 27, "nobody is held back for nothing");
    }

    async fn an_account_has_no_more_active_runs_than_it_may(world: &World) {
        let other = world.account("other@example.com").await;
        for millis in 0..10 {
            world.agent_at(millis).await;
        }
        let claimed = world.claim_as(limited(1)).await.claims;
        assert_eq!(claimed.len(), 1);
        let claimed = world.claim_as(limited(10)).await.claims;
        assert_eq!(claimed.len(), 2, "three in all");
        assert_eq!(world.claim_as(limited(10)).await.claims, []);
        world.insert_agent(plain_agent(other, 100)).await;
        let theirs = world.claim_as(limited(10)).await.claims;
        assert_eq!(theirs.iter().map(|claim| claim.agent.account_id).collect::<Vec<_>>(), [other]);
        // One that is being stopped is active until it has stopped.
        let guard = Guard::Fence(claimed[0].fence);
        world.apply(guard, Transition::of(RunEvent::CancelRequested)).await.unwrap();
        assert_eq!(world.claim_as(limited(10)).await.claims, []);
        world.step(&claimed[0].fence, RunEvent::Stopped).await.unwrap();
        assert_eq!(world.claim_as(limited(10)).await.claims.len(), 1);
    }

    async fn many_that_wait_are_no_burden(world: &World) {
        let id = world.agent_at(1).await;
        for _ in 0..20 {
            world.follow_up(id, 2).await;
        }
        let second = world.agent_at(3).await;
        let claimed: Vec<_> = world.claim(1).await.iter().map(|claim| claim.agent.id).collect();
        assert_eq!(claimed, [id]);
        let claimed: Vec<_> = world.claim(1).await.iter().map(|claim| claim.agent.id).collect();
        assert_eq!(claimed, [second], "follow-ups behind an active run are passed over");
    }

    async fn workers_that_claim_at_once_keep_the_limit(world: &World) {
        for millis in 0..20 {
            world.agent_at(millis).await;
        }
        for _ in 0..10 {
            let workers = (0..4).map(|_| world.claim_as(limited(2)));
            futures::future::join_all(workers).await;
        }
        assert_eq!(world.claim_as(limited(20)).await.claims, []);
        let active = runs::leases_of(&mut world.read().await, &limited(0).worker).await;
        assert_eq!(active.unwrap().len(), 3);
    }
}

/// A wish for so many, of three of one account at most.
fn limited(max: u32) -> ClaimWish {
    ClaimWish {
        worker: WorkerId("worker".into()),
        max,
        per_account_max: Some(3),
        lease: LEASE,
        isolation: IsolationLevel::Full,
    }
}
