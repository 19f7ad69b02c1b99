//! Leases: heartbeats and what lapses, by the database's clock.

use std::time::Duration;

use outwork_domain::run_state::{RunEvent, RunState, Then};
use outwork_domain::{Attempt, Fence};
use outwork_store::{Claim, Lapsed, Standing, WorkerId, runs};

use crate::support::{LEASE, World, on_both};

async fn beat(
    world: &World,
    worker: &'static str,
    fences: Vec<Fence>,
    lease: Duration,
) -> Vec<Standing> {
    let expected = fences.clone();
    let standings = world.write(move |tx| {
        Box::pin(async move { runs::heartbeat(tx, &WorkerId(worker.into()), &fences, lease).await })
    });
    let standings = standings.await.unwrap();
    let fences: Vec<Fence> = standings.iter().map(|(fence, _)| *fence).collect();
    assert_eq!(fences, expected);
    standings
        .into_iter()
        .map(|(_, standing)| standing)
        .collect()
}

async fn lapsed(world: &World) -> Vec<Lapsed> {
    let found = runs::leases_lapsed(&mut world.read().await, 1_000).await;
    found.unwrap().into_iter().map(Result::unwrap).collect()
}

fn as_lapsed(claim: &Claim, worker: &str) -> Lapsed {
    Lapsed {
        fence: claim.fence,
        state: RunState::Preparing,
        stalled_attempts: 0,
        worker: WorkerId(worker.into()),
    }
}

on_both! {
    async fn a_lease_lapses_unless_it_is_renewed(world: &World) {
        world.agent().await;
        world.agent().await;
        // A lease of no length has lapsed when it begins, so the test need not wait.
        let claims = world.claim_for("worker", 2, Duration::ZERO).await;
        let (renewed, left) = (&claims[0], &claims[1]);
        assert_eq!(lapsed(world).await.len(), 2);
        assert_eq!(beat(world, "worker", vec![renewed.fence], LEASE).await, [Standing::Held]);
        assert_eq!(lapsed(world).await, [as_lapsed(left, "worker")]);
        let limited = runs::leases_lapsed(&mut world.read().await, 0).await.unwrap();
        assert!(limited.is_empty());
        assert_eq!(beat(world, "worker", vec![left.fence], LEASE).await, [Standing::Held]);
        assert_eq!(lapsed(world).await, []);
    }

    async fn a_heartbeat_tells_what_became_of_each(world: &World) {
        let held = world.claimed().await;
        let cancelled = world.claimed().await;
        world.step(&cancelled.fence, RunEvent::CancelRequested).await.unwrap();
        let returned = world.claimed().await;
        world.step(&returned.fence, RunEvent::HandedBack).await.unwrap();
        let deleted = world.claimed().await;
        world.delete(deleted.agent.id).await;
        let fences = vec![
            held.fence,
            cancelled.fence,
            returned.fence,
            deleted.fence,
            Fence { attempt: Attempt(2), ..held.fence },
        ];
        let expected = [
            Standing::Held,
            Standing::CancelRequested,
            Standing::Lost,
            Standing::Lost,
            Standing::Lost,
        ];
        assert_eq!(beat(world, "worker", fences, LEASE).await, expected);
        assert_eq!(beat(world, "another", vec![held.fence], LEASE).await, [Standing::Lost]);
        assert_eq!(beat(world, "worker", vec![], LEASE).await, []);
    }

    async fn an_old_attempt_renews_nothing(world: &World) {
        let old = world.claimed().await;
        world.step(&old.fence, RunEvent::LeaseExpired(Then::Retry)).await.unwrap();
        let new = world.claim_for("worker", 1, Duration::ZERO).await.remove(0);
        assert_eq!(beat(world, "worker", vec![old.fence], LEASE).await, [Standing::Lost]);
        assert_eq!(lapsed(world).await.len(), 1);
        // Both of them in one heartbeat.
        let both = beat(world, "worker", vec![old.fence, new.fence], LEASE).await;
        assert_eq!(both, [Standing::Lost, Standing::Held]);
        assert_eq!(lapsed(world).await, []);
    }

    async fn many_are_renewed_at_once(world: &World) {
        for millis in 0..150 {
            world.agent_at(millis).await;
        }
        let claims = world.claim_for("worker", 150, Duration::ZERO).await;
        assert_eq!((claims.len(), lapsed(world).await.len()), (150, 150));
        let fences = claims.iter().map(|claim| claim.fence).collect();
        assert_eq!(beat(world, "worker", fences, LEASE).await, vec![Standing::Held; 150]);
        assert_eq!(lapsed(world).await, []);
    }

    async fn a_restart_finds_what_its_predecessor_held(world: &World) {
        world.agent_at(1).await;
        world.agent_at(2).await;
        let mine = world.claim_for("mine", 1, LEASE).await.remove(0);
        let theirs = world.claim_for("theirs", 1, LEASE).await.remove(0);
        let held = async |worker: &str| {
            let worker = WorkerId(worker.into());
            let held = runs::leases_of(&mut world.read().await, &worker).await.unwrap();
            held.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        };
        assert_eq!(held("mine").await, [as_lapsed(&mine, "mine")]);
        assert_eq!(held("theirs").await, [as_lapsed(&theirs, "theirs")]);
        world.step(&mine.fence, RunEvent::LeaseExpired(Then::Retry)).await.unwrap();
        assert_eq!(held("mine").await, []);
        let again = world.claim_for("mine", 1, LEASE).await.remove(0);
        assert_eq!(again.fence, Fence { attempt: Attempt(2), ..mine.fence });
        let expected = Lapsed { stalled_attempts: 1, ..as_lapsed(&again, "mine") };
        assert_eq!(held("mine").await, [expected]);
    }

    async fn a_step_keeps_the_lease_and_an_end_gives_it_up(world: &World) {
        world.agent().await;
        let claim = world.claim_for("worker", 1, Duration::ZERO).await.remove(0);
        world.step(&claim.fence, RunEvent::WorkspacePrepared).await.unwrap();
        assert_eq!(lapsed(world).await[0].state, RunState::Working);
        world.step(&claim.fence, RunEvent::LoopFinished).await.unwrap();
        world.step(&claim.fence, RunEvent::Published).await.unwrap();
        assert_eq!(lapsed(world).await, []);
        assert_eq!(beat(world, "worker", vec![claim.fence], LEASE).await, [Standing::Lost]);
    }
}
