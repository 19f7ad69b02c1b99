//! Accounts and server-made secrets.

use outwork_domain::AccountId;
use outwork_store::{accounts, secrets};
use uuid::Uuid;

use crate::support::{World, at, on_both};

on_both! {
    async fn an_address_has_one_account_however_it_is_spelled(world: &World) {
        let first = world.account("Ann@Example.com").await;
        assert_eq!(world.account(" ann@example.COM ").await, first);
        assert_ne!(world.account("bob@example.com").await, first);

        let found = accounts::find(&mut world.read().await, first).await.unwrap().unwrap();
        assert_eq!((found.id, found.email.as_str(), found.created_at), (first, "ann@example.com", at(0)));
        let stranger = AccountId::new(Uuid::new_v4());
        assert_eq!(accounts::find(&mut world.read().await, stranger).await.unwrap(), None);
    }

    async fn a_secret_is_made_once(world: &World) {
        let secret = async |name: &'static str, random: u8| {
            let made = world.write(move |tx| {
                Box::pin(async move { secrets::get_or_create(tx, name, [random; 32]).await })
            });
            made.await.unwrap()
        };
        assert_eq!(secret("links", 1).await, [1; 32]);
        assert_eq!(secret("links", 2).await, [1; 32]);
        assert_eq!(secret("other", 3).await, [3; 32]);
    }
}
