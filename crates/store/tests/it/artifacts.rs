//! Artifacts.

use outwork_domain::{AgentId, Artifact};
use outwork_store::{Error, artifacts};
use uuid::Uuid;

use crate::support::{World, at, on_both};

fn artifact(path: &str, size_bytes: u64, millis: i64) -> Artifact {
    Artifact {
        path: path.parse().unwrap(),
        size_bytes,
        updated_at: at(millis),
    }
}

async fn upsert(
    world: &World,
    id: AgentId,
    artifact: Artifact,
    file: &'static str,
) -> Result<(), Error> {
    world
        .write(move |tx| Box::pin(async move { artifacts::upsert(tx, id, &artifact, file).await }))
        .await
}

on_both! {
    async fn the_latest_of_each_path_is_kept(world: &World) {
        let (id, other) = (world.agent().await, world.agent().await);
        upsert(world, id, artifact("a/b.png", 1, 1), "one").await.unwrap();
        upsert(world, id, artifact("c.txt", 2, 2), "two").await.unwrap();
        upsert(world, id, artifact("a/b.png", u64::from(u32::MAX) + 1, 3), "three").await.unwrap();
        upsert(world, other, artifact("c.txt", 4, 4), "four").await.unwrap();

        let newest = artifact("a/b.png", u64::from(u32::MAX) + 1, 3);
        let reader = &mut world.read().await;
        let listed = artifacts::list(reader, id, 100).await.unwrap();
        assert_eq!(listed, [newest.clone(), artifact("c.txt", 2, 2)]);
        assert_eq!(artifacts::list(reader, id, 1).await.unwrap(), std::slice::from_ref(&newest));
        let found = artifacts::find(reader, id, &newest.path).await.unwrap();
        assert_eq!(found, Some((newest, "three".to_owned())));
        let absent = "absent".parse().unwrap();
        assert_eq!(artifacts::find(reader, id, &absent).await.unwrap(), None);
    }

    async fn nobody_has_none(world: &World) {
        let stranger = AgentId::new(Uuid::new_v4());
        let refused = upsert(world, stranger, artifact("a", 1, 1), "one").await;
        assert!(matches!(refused, Err(Error::NotFound)));
    }
}
