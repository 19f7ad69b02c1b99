//! Webhook endpoints of accounts.

use futures::future::join_all;
use outwork_domain::{AccountId, Ending, EndpointId, WebhookEndpoint, WebhookTarget};
use outwork_store::{Error, webhooks};
use uuid::Uuid;

use crate::support::{World, at, on_both};

pub fn endpoint(account_id: AccountId, url: &str, endings: Vec<Ending>) -> WebhookEndpoint {
    WebhookEndpoint {
        id: EndpointId::new(Uuid::now_v7()),
        account_id,
        target: WebhookTarget::new(url, Some("whsec_".to_owned() + &"A".repeat(32))).unwrap(),
        endings,
        created_at: at(1),
        stopped_at: None,
    }
}

impl World {
    pub async fn add_endpoint(&self, url: &str, endings: Vec<Ending>) -> WebhookEndpoint {
        let endpoint = endpoint(self.account, url, endings);
        self.insert_endpoint(&endpoint, 100).await.unwrap();
        endpoint
    }

    async fn insert_endpoint(&self, endpoint: &WebhookEndpoint, most: usize) -> Result<(), Error> {
        let endpoint = endpoint.clone();
        self.write(move |tx| Box::pin(async move { webhooks::insert(tx, &endpoint, most).await }))
            .await
    }
}

on_both! {
    async fn an_endpoint_comes_back_as_it_was_and_only_to_its_account(world: &World) {
        let url = "https://hooks.example.com/a?b=c";
        let one = world.add_endpoint(url, vec![Ending::Finished, Ending::Expired]).await;
        let two = world.add_endpoint(url, vec![]).await;
        let other = world.account("other@example.com").await;
        let reader = &mut world.read().await;
        assert_eq!(webhooks::list(reader, world.account).await.unwrap(), [one.clone(), two]);
        assert_eq!(webhooks::list(reader, other).await.unwrap(), []);
        let found = webhooks::find(reader, world.account, one.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&one));
        assert_eq!(webhooks::find(reader, other, one.id).await.unwrap(), None);
        let remove = |account| world.write(move |tx| {
            Box::pin(async move { webhooks::remove(tx, account, one.id).await })
        });
        assert!(!remove(other).await.unwrap());
        assert!(remove(world.account).await.unwrap());
        assert!(!remove(world.account).await.unwrap());
    }

    async fn an_account_has_only_so_many(world: &World) {
        let new = || endpoint(world.account, "https://hooks.example.com/", vec![]);
        world.insert_endpoint(&new(), 2).await.unwrap();
        world.insert_endpoint(&new(), 2).await.unwrap();
        let refused = world.insert_endpoint(&new(), 2).await;
        assert!(matches!(refused, Err(Error::NoneFree(_))), "{refused:?}");
    }

    async fn an_account_has_only_so_many_that_come_at_once(world: &World) {
        let new: Vec<_> = (0..16)
            .map(|_| endpoint(world.account, "https://hooks.example.com/", vec![]))
            .collect();
        let all = join_all(new.iter().map(|one| world.insert_endpoint(one, 2))).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 2, "{all:?}");
    }
}
