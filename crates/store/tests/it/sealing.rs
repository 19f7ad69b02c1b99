//! Sealing: the right keys open, others are refused before anything is written.

use outwork_domain::WebhookTarget;
use outwork_store::{Error, Sealer, SealingKey, Store, agents, secrets};

use crate::support::{World, on_both, plain_agent, sealer};

fn key(byte: u8) -> SealingKey {
    SealingKey::new([byte; 32])
}

async fn secret(store: &Store, random: u8) -> Result<[u8; 32], Error> {
    store
        .write(move |tx| {
            Box::pin(async move { secrets::get_or_create(tx, "links", [random; 32]).await })
        })
        .await
}

on_both! {
    async fn a_secret_opens_with_the_key_it_was_sealed_with(world: &World) {
        assert_eq!(secret(&world.store, 1).await.unwrap(), [1; 32]);
        let again = Store::open(&world.database, sealer()).await.unwrap();
        assert_eq!(secret(&again, 2).await.unwrap(), [1; 32]);
        assert!(again.has_sealing_key().await.unwrap());
        again.close().await;
    }

    async fn another_key_is_refused_at_opening(world: &World) {
        let other = Sealer::new(key(8), Vec::new());
        let refused = Store::open(&world.database, other).await.map(drop);
        let known = key(7).id();
        assert!(
            matches!(refused, Err(Error::UnknownSealingKey { id }) if id == known),
            "{refused:?}"
        );
    }

    async fn a_newer_key_seals_and_the_older_still_opens(world: &World) {
        secret(&world.store, 1).await.unwrap();
        let both = Sealer::new(key(8), vec![key(7)]);
        let store = Store::open(&world.database, both).await.unwrap();
        assert_eq!(secret(&store, 2).await.unwrap(), [1; 32]);
        store.close().await;
        // From now on both are needed.
        let refused = Store::open(&world.database, sealer()).await.map(drop);
        let missed = key(8).id();
        assert!(
            matches!(refused, Err(Error::UnknownSealingKey { id }) if id == missed),
            "{refused:?}"
        );
    }

    async fn without_a_key_only_what_is_sealed_is_closed(world: &World) {
        let store = Store::open(&world.database, Sealer::absent()).await.unwrap();
        store.probe().await.unwrap();
        let refused = secret(&store, 1).await;
        assert!(matches!(refused, Err(Error::NoSealingKey)), "{refused:?}");
        store.close().await;
    }

    async fn a_value_that_was_moved_is_damage(world: &World) {
        secret(&world.store, 1).await.unwrap();
        world.tamper("UPDATE secrets SET name = 'others'").await;
        let moved = world.write(|tx| {
            Box::pin(async move { secrets::get_or_create(tx, "others", [2; 32]).await })
        });
        assert!(matches!(moved.await, Err(Error::Corrupt { column: "value", .. })));
    }

    async fn the_secret_of_an_agents_webhook_opens_in_its_own_row_only(world: &World) {
        let mut agent = plain_agent(world.account, 1);
        let secret = "s".repeat(32);
        agent.webhook = Some(WebhookTarget::new("https://h.example/", Some(secret)).unwrap());
        let other = plain_agent(world.account, 2);
        let (id, other_id) = (agent.id, other.id);
        world.insert_agent(agent.clone()).await;
        world.insert_agent(other).await;
        let find = async |id| agents::find(&mut world.read().await, world.account, id).await;
        assert_eq!(find(id).await.unwrap().unwrap().agent.webhook, agent.webhook);
        world.tamper("UPDATE agents SET webhook_url = 'https://h.example/', webhook_secret = \
                      (SELECT o.webhook_secret FROM agents o WHERE o.webhook_secret IS NOT NULL)").await;
        let refused = find(other_id).await;
        assert!(
            matches!(refused, Err(Error::Corrupt { column: "webhook_secret", .. })),
            "{refused:?}"
        );
    }
}
