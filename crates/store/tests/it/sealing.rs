//! Sealing: the right keys open, others are refused before anything is written.

use outwork_domain::{
    AgentId, EndpointId, RunId, Secret, SecretHolder, SecretId, SecretKind, SecretText, Variable,
    WebhookEndpoint, WebhookTarget,
};
use outwork_store::sealing::{Resealed, list_keys, reseal};
use outwork_store::{
    Error, KeyedRequest, Reply, Sealer, SealingKey, Store, agents, receipts, secrets, user_secrets,
    variables, webhooks,
};
use uuid::Uuid;

use crate::support::{World, at, on_both, plain_agent, sealer};

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

/// One value in each column that is sealed.
struct Sealed {
    agent_id: AgentId,
    run_id: RunId,
    receipt: KeyedRequest,
}

impl Sealed {
    async fn put(world: &World) -> Self {
        let mut agent = plain_agent(world.account, 1);
        agent.webhook = Some(target());
        let agent_id = agent.id;
        let run_id = world.insert_agent(agent).await.id;
        let holder = SecretHolder::User(world.account);
        let own = Secret {
            id: SecretId::new(Uuid::now_v7()),
            holder,
            name: "TOKEN".parse().unwrap(),
            kind: SecretKind::RuntimeSecret,
            repositories: Vec::new(),
            created_at: at(0),
        };
        let endpoint = WebhookEndpoint {
            id: EndpointId::new(Uuid::now_v7()),
            account_id: world.account,
            target: target(),
            endings: Vec::new(),
            created_at: at(1),
            stopped_at: None,
        };
        let receipt = KeyedRequest {
            account_id: world.account,
            route: "POST /v0/agents".to_owned(),
            key: "once".parse().unwrap(),
            digest: [1; 32],
        };
        let request = receipt.clone();
        let written = world.write(move |tx| {
            Box::pin(async move {
                secrets::get_or_create(tx, "links", [1; 32]).await?;
                user_secrets::insert(tx, &own, &SecretText::new("of a user".to_owned())).await?;
                variables::insert_of_agent(tx, agent_id, &one()).await?;
                variables::insert_of_run(tx, run_id, &one()).await?;
                webhooks::insert(tx, &endpoint, 100).await?;
                receipts::claim(tx, &request, at(1)).await?;
                receipts::fill(tx, &request, &reply()).await
            })
        });
        written.await.unwrap();
        Self {
            agent_id,
            run_id,
            receipt,
        }
    }

    /// Everything opens in that store.
    async fn opens_in(&self, store: &Store, world: &World) {
        assert_eq!(secret(store, 2).await.unwrap(), [1; 32]);
        let reader = &mut store.read().await.unwrap();
        let found = agents::find(reader, world.account, self.agent_id).await;
        assert_eq!(found.unwrap().unwrap().agent.webhook, Some(target()));
        let own = variables::of_agent(reader, self.agent_id).await.unwrap();
        assert_eq!(own, one());
        let own = variables::of_run(reader, self.run_id).await.unwrap();
        assert_eq!(own, one());
        let holder = SecretHolder::User(world.account);
        let opened = user_secrets::open_all(reader, holder).await.unwrap();
        assert_eq!(opened[0].1.expose(), "of a user");
        let endpoints = webhooks::list(reader, world.account).await.unwrap();
        assert_eq!(endpoints[0].target, target());
        let receipt = self.receipt.clone();
        let found = store
            .write(move |tx| Box::pin(async move { receipts::claim(tx, &receipt, at(1)).await }));
        let found: Result<_, Error> = found.await;
        assert_eq!(found.unwrap(), receipts::Found::Answered(reply()));
    }
}

fn target() -> WebhookTarget {
    WebhookTarget::new("https://h.example/", Some("s".repeat(32))).unwrap()
}

fn one() -> Vec<Variable> {
    let pairs = [("MODE".to_owned(), "of a variable".to_owned())];
    Variable::all(pairs).unwrap()
}

fn reply() -> Reply {
    Reply {
        status: 201,
        body: b"an answer".to_vec(),
    }
}

/// Seals again until nothing is left; gives how many values there were.
async fn reseal_all(store: &Store) -> Result<u32, Error> {
    let mut count = 0;
    loop {
        let done = store.write(move |tx| Box::pin(async move { reseal(tx, 2).await }));
        let done: Result<_, Error> = done.await;
        match done? {
            Resealed::Some(some) => count += some,
            Resealed::All => return Ok(count),
        }
    }
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

    async fn everything_is_sealed_again_and_the_older_key_can_go(world: &World) {
        let sealed = Sealed::put(world).await;
        let both = Sealer::new(key(8), vec![key(7)]);
        assert_eq!(both.key_ids(), [key(8).id(), key(7).id()]);
        let store = Store::open(&world.database, both).await.unwrap();
        let known = async |store: &Store| {
            let mut known = list_keys(&mut store.read().await.unwrap()).await.unwrap();
            known.sort_by_key(ToString::to_string);
            known
        };
        let mut two = vec![key(7).id(), key(8).id()];
        two.sort_by_key(ToString::to_string);
        assert_eq!(known(&store).await, two);
        assert_eq!(reseal_all(&store).await.unwrap(), 7);
        assert_eq!(known(&store).await, [key(8).id()]);
        sealed.opens_in(&store, world).await;
        assert_eq!(reseal_all(&store).await.unwrap(), 0, "there is nothing left to do");
        store.close().await;
        let newest = Store::open(&world.database, Sealer::new(key(8), Vec::new())).await.unwrap();
        sealed.opens_in(&newest, world).await;
        newest.close().await;
        let refused = Store::open(&world.database, sealer()).await.map(drop);
        assert!(matches!(refused, Err(Error::UnknownSealingKey { .. })), "{refused:?}");
    }

    async fn what_cannot_be_opened_is_not_sealed_again(world: &World) {
        secret(&world.store, 1).await.unwrap();
        let both = Sealer::new(key(8), vec![key(7)]);
        let store = Store::open(&world.database, both).await.unwrap();
        world.tamper("UPDATE secrets SET name = 'others'").await;
        let refused = reseal_all(&store).await;
        assert!(matches!(refused, Err(Error::Corrupt { column: "value", .. })), "{refused:?}");
        assert_eq!(list_keys(&mut store.read().await.unwrap()).await.unwrap().len(), 2);
        store.close().await;
        let absent = Store::open(&world.database, Sealer::absent()).await.unwrap();
        let refused = reseal_all(&absent).await;
        assert!(matches!(refused, Err(Error::NoSealingKey)), "{refused:?}");
        absent.close().await;
    }
}

/// A column that is sealed and forgotten here would be lost with the older key.
#[test]
fn every_sealed_column_is_sealed_again() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut places = 0;
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let is_home = ["sealer.rs", "sealing.rs", "sealing_keys.rs"]
                .iter()
                .any(|home| path.ends_with(home));
            // Variables have one place for two tables.
            let both = usize::from(path.ends_with("variables.rs"));
            if !is_home && text.contains(".seal(") {
                places += 1 + both;
            }
        }
    }
    assert_eq!(
        places, 7,
        "a new place is sealed: name it in sealing.rs, and in the test above"
    );
}
