//! What runs have pushed, as it is kept for whoever asks later.

use outwork_domain::Fence;
use outwork_store::{ChangeSet, Error, change_sets};

use crate::support::{World, commit, on_both, plain_agent, plain_repository, repository};

fn change(name: &str, head: char, patch: Option<&str>) -> ChangeSet {
    ChangeSet {
        repository: repository(name),
        base: commit('a'),
        head: commit(head),
        subject: format!("As of {head}"),
        patch: patch.map(str::to_owned),
    }
}

impl World {
    async fn put(&self, fence: &Fence, change: ChangeSet) -> Result<(), Error> {
        let fence = *fence;
        self.write(move |tx| Box::pin(async move { change_sets::put(tx, &fence, &change).await }))
            .await
    }
}

on_both! {
    async fn a_run_keeps_what_it_pushed_last_to_each_repository(world: &World) {
        let mut agent = plain_agent(world.account, 1);
        let id = agent.id;
        agent.repositories = ["one", "two"].map(plain_repository).to_vec();
        world.insert_agent(agent).await;
        let claim = world.claim(1).await.remove(0);
        assert_eq!(change_sets::latest(&mut world.read().await, id).await.unwrap(), []);
        let (two, one) = (change("two", 'b', None), change("one", 'd', Some("+it\n")));
        world.put(&claim.fence, change("one", 'c', Some(""))).await.unwrap();
        world.put(&claim.fence, two.clone()).await.unwrap();
        world.put(&claim.fence, one.clone()).await.unwrap();
        let missing = world.put(&claim.fence, change("three", 'b', None)).await;
        assert!(matches!(missing, Err(Error::NotFound)), "{missing:?}");
        let first = [one.clone(), two.clone()];
        let reader = &mut world.read().await;
        assert_eq!(change_sets::of_run(reader, claim.run.id).await.unwrap(), first);
        assert_eq!(change_sets::latest(reader, id).await.unwrap(), first);
        world.succeed(&claim.fence, "Done.").await;

        // A later run pushes to one of them.
        world.follow_up(id, 2).await;
        let next = world.claim(1).await.remove(0);
        let later = change("two", 'e', Some("+more\n"));
        world.put(&next.fence, later.clone()).await.unwrap();
        let reader = &mut world.read().await;
        assert_eq!(change_sets::of_run(reader, claim.run.id).await.unwrap(), first);
        assert_eq!(change_sets::of_run(reader, next.run.id).await.unwrap(), std::slice::from_ref(&later));
        assert_eq!(change_sets::latest(reader, id).await.unwrap(), [one, later]);
        assert!(world.delete(id).await);
        assert_eq!(change_sets::of_run(&mut world.read().await, next.run.id).await.unwrap(), []);
    }
}
