//! Accounts and server-made secrets.

use outwork_domain::{AccountId, ApiKey, KeyId, KeyKind, KeyRules, UserNumber};
use outwork_store::accounts::{self, UserReference};
use outwork_store::{Error, KeySecret, keys, secrets};
use uuid::Uuid;

use crate::support::{World, at, on_both};

impl World {
    async fn key(&self, account_id: AccountId, kind: KeyKind) -> KeyId {
        let id = KeyId::new(Uuid::new_v4());
        let secret = KeySecret::from_token(&id.to_string());
        let key = ApiKey {
            id,
            account_id,
            email: String::new(),
            name: "k".to_owned(),
            kind,
            rules: KeyRules::default(),
            created_at: at(1),
            revoked_at: None,
        };
        self.write(move |tx| Box::pin(async move { keys::insert(tx, &key, &secret).await }))
            .await
            .unwrap();
        id
    }
}

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

    async fn users_have_numbers_that_stay(world: &World) {
        let number = async |id| accounts::get_number(&mut world.read().await, id).await;
        let ann = world.account("ann@example.com").await;
        let bob = world.account("bob@example.com").await;
        let of_ann = number(ann).await.unwrap();
        assert!(of_ann.0 >= 1 && of_ann < number(bob).await.unwrap());
        world.account("ann@example.com").await;
        assert_eq!(number(ann).await.unwrap(), of_ann);
        let stranger = AccountId::new(Uuid::new_v4());
        assert!(matches!(number(stranger).await, Err(Error::NotFound)));
    }

    async fn a_user_is_active_with_a_key_of_his_own(world: &World) {
        let ann = world.account("ann@example.com").await;
        let number = accounts::get_number(&mut world.read().await, ann).await.unwrap();
        let found = async |user: UserReference| {
            let found = accounts::find_active_user(&mut world.read().await, &user, at(50)).await.unwrap();
            found.map(|(account, number)| (account.id, number))
        };
        let by_email = || UserReference::Email(" Ann@Example.com".to_owned());
        assert_eq!(found(by_email()).await, None);
        world.key(ann, KeyKind::Service).await;
        assert_eq!(found(by_email()).await, None);
        let key = world.key(ann, KeyKind::User).await;
        assert_eq!(found(by_email()).await, Some((ann, number)));
        assert_eq!(found(UserReference::Number(number)).await, Some((ann, number)));
        assert_eq!(found(UserReference::Number(UserNumber(number.0 + 99))).await, None);
        world.write(move |tx| Box::pin(async move { keys::revoke(tx, key, at(9)).await })).await.unwrap();
        assert_eq!(found(by_email()).await, None);
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

on_both! {
    async fn the_account_of_a_service_has_no_user(world: &World) {
        let email = async |id| {
            accounts::find_email_of_user(&mut world.read().await, id).await.unwrap()
        };
        let ann = world.account("ann@example.com").await;
        assert_eq!(email(ann).await.as_deref(), Some("ann@example.com"));
        let service = world.account("service@example.com").await;
        let by = world.key(service, KeyKind::Service).await;
        assert_eq!(email(service).await, None);
        world.key(ann, KeyKind::Delegated { by }).await;
        assert_eq!(email(ann).await.as_deref(), Some("ann@example.com"));
        world.key(service, KeyKind::User).await;
        assert_eq!(email(service).await.as_deref(), Some("service@example.com"));
        assert_eq!(email(AccountId::new(Uuid::new_v4())).await, None);
    }
}
