//! Workspaces: folders and user ids.

use std::ops::Range;

use outwork_domain::AgentId;
use outwork_store::{Error, WorkspaceLease, workspaces};

use crate::support::{World, at, on_both};

async fn lease(
    world: &World,
    id: AgentId,
    uids: Option<Range<u32>>,
    millis: i64,
) -> Result<WorkspaceLease, Error> {
    world
        .write(move |tx| Box::pin(async move { workspaces::lease(tx, id, uids, at(millis)).await }))
        .await
}

async fn remove(world: &World, id: AgentId) -> bool {
    let removed = world.write(move |tx| Box::pin(async move { workspaces::remove(tx, id).await }));
    removed.await.unwrap()
}

on_both! {
    async fn the_lowest_free_user_id_is_taken(world: &World) {
        let range = || Some(100..103);
        let mut ids = Vec::new();
        for expected in 100..103 {
            let id = world.agent().await;
            ids.push(id);
            let leased = lease(world, id, range(), 1).await.unwrap();
            assert_eq!(leased, WorkspaceLease { agent_id: id, uid: Some(expected) });
        }
        let late = world.agent().await;
        assert!(matches!(lease(world, late, range(), 1).await, Err(Error::NoneFree(_))));
        assert_eq!(lease(world, ids[1], range(), 1).await.unwrap().uid, Some(101));

        assert!(remove(world, ids[1]).await);
        assert!(!remove(world, ids[1]).await);
        assert_eq!(lease(world, late, range(), 1).await.unwrap().uid, Some(101));
        let without = lease(world, ids[1], None, 1).await.unwrap();
        assert_eq!(without.uid, None);
        let listed = workspaces::list(&mut world.read().await).await.unwrap();
        assert_eq!(listed.len(), 4);
    }

    async fn idle_ones_are_those_without_work(world: &World) {
        let busy = world.claimed().await;
        lease(world, busy.agent.id, None, 1).await.unwrap();
        let done = world.claimed().await;
        lease(world, done.agent.id, None, 2).await.unwrap();
        world.succeed(&done.fence, "").await;

        let idle = async |millis| {
            workspaces::list_idle(&mut world.read().await, at(millis), 10).await.unwrap()
        };
        assert_eq!(idle(2).await, []);
        assert_eq!(idle(3).await, [done.agent.id]);
        let id = done.agent.id;
        world
            .write(move |tx| Box::pin(async move { workspaces::touch(tx, id, at(50)).await }))
            .await
            .unwrap();
        assert_eq!(idle(50).await, []);
        world.follow_up(id, 60).await;
        assert_eq!(idle(90).await, []);
    }

    async fn the_row_outlives_its_agent(world: &World) {
        let (kept, gone) = (world.agent().await, world.agent().await);
        for id in [kept, gone] {
            lease(world, id, Some(10..20), 1).await.unwrap();
        }
        assert!(world.delete(gone).await);
        let reader = &mut world.read().await;
        assert_eq!(workspaces::list_without_agent(reader).await.unwrap(), [gone]);
        assert_eq!(workspaces::find(reader, gone).await.unwrap().unwrap().uid, Some(11));
        assert!(remove(world, gone).await);
        assert_eq!(workspaces::find(reader, gone).await.unwrap(), None);
    }

    async fn two_never_get_the_same_user_id(world: &World) {
        let mut ids = Vec::new();
        for _ in 0..20 {
            ids.push(world.agent().await);
        }
        let leases = ids.iter().map(|id| lease(world, *id, Some(1_000..1_020), 1));
        let leased = futures::future::join_all(leases).await;
        let mut uids: Vec<_> = leased.into_iter().map(|lease| lease.unwrap().uid.unwrap()).collect();
        uids.sort_unstable();
        assert_eq!(uids, Vec::from_iter(1_000..1_020));
    }
}
