//! Bells ring after the commit, and only for what was committed.

use std::time::Duration;

use outwork_domain::Seq;
use outwork_domain::run_state::{RunEvent, Then};
use outwork_store::{Error, events};
use tokio::time::timeout;

use crate::support::{World, at, note, on_both};

const SOON: Duration = Duration::from_secs(20);

on_both! {
    async fn the_agents_bell_tells_the_latest_event(world: &World) {
        let claim = world.claimed().await;
        let mut bell = world.store.agent_bell(claim.agent.id);
        assert_eq!(*bell.borrow_and_update(), Seq(0));
        let last = world.append(&claim.fence, vec![note("a"), note("b")]).await.unwrap();
        timeout(SOON, bell.changed()).await.unwrap().unwrap();
        assert_eq!(*bell.borrow_and_update(), Seq(last));
        assert!(!bell.has_changed().unwrap());

        let mut second = world.store.agent_bell(claim.agent.id);
        assert_eq!(*second.borrow_and_update(), Seq(last));
        world.step(&claim.fence, RunEvent::WorkspacePrepared).await.unwrap();
        timeout(SOON, bell.changed()).await.unwrap().unwrap();
        timeout(SOON, second.changed()).await.unwrap().unwrap();
        world.delete(claim.agent.id).await;
        timeout(SOON, bell.changed()).await.unwrap().unwrap();
    }

    async fn what_was_undone_rings_nothing(world: &World) {
        let claim = world.claimed().await;
        let bell = world.store.agent_bell(claim.agent.id);
        let fence = claim.fence;
        let failed = world.write(move |tx| {
            Box::pin(async move {
                events::append(tx, &fence, &[note("a")], at(1)).await?;
                Err::<(), _>(Error::NotFound)
            })
        });
        assert!(failed.await.is_err());
        // Another write in between, so that a ring that comes late is seen.
        world.agent().await;
        assert!(!bell.has_changed().unwrap());
        let other = world.claimed().await;
        world.append(&other.fence, vec![note("not mine")]).await.unwrap();
        assert!(!bell.has_changed().unwrap());
    }

    async fn the_queues_bell_rings_when_a_run_can_be_claimed(world: &World) {
        let bell = world.store.queue_bell();
        let rung = async || timeout(SOON, bell.notified()).await.unwrap();
        world.agent().await;
        rung().await;
        let claim = world.claim(1).await.remove(0);
        world.step(&claim.fence, RunEvent::AttemptFailed(Then::Retry)).await.unwrap();
        rung().await;
        let claim = world.claim(1).await.remove(0);
        world.follow_up(claim.agent.id, 1).await;
        rung().await;
        world.succeed(&claim.fence, "").await;
        rung().await;
    }
}
