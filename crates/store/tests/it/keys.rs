//! API keys.

use outwork_domain::{AccountId, ApiKey, KeyId};
use outwork_store::{Error, KeySecret, keys};
use uuid::Uuid;

use crate::support::{World, at, on_both};

async fn insert(world: &World, account_id: AccountId, token: &str) -> Result<ApiKey, Error> {
    let key = ApiKey {
        id: KeyId::new(Uuid::new_v4()),
        account_id,
        email: "owner@example.com".into(),
        name: "laptop".into(),
        created_at: at(1),
        revoked_at: None,
    };
    let (secret, stored) = (KeySecret::from_token(token), key.clone());
    world
        .write(move |tx| Box::pin(async move { keys::insert(tx, &stored, &secret).await }))
        .await
        .map(|()| key)
}

async fn find(world: &World, token: &str) -> Option<ApiKey> {
    let secret = KeySecret::from_token(token);
    keys::find_by_secret(&mut world.read().await, &secret)
        .await
        .unwrap()
}

on_both! {
    async fn a_key_is_found_by_its_secret_alone(world: &World) {
        let (token, _) = KeySecret::generate([0xab; 32]);
        assert_eq!(token, format!("key_{}", "ab".repeat(32)));
        let key = insert(world, world.account, &token).await.unwrap();
        let other = insert(world, world.account, "imported-without-prefix").await.unwrap();

        assert_eq!(find(world, &token).await.as_ref(), Some(&key));
        let renamed = token.replace("key_", "crsr_");
        assert_eq!(find(world, &renamed).await.as_ref(), Some(&key));
        assert_eq!(find(world, "imported-without-prefix").await.as_ref(), Some(&other));
        assert_eq!(find(world, "key_").await, None);
        assert_eq!(find(world, "").await, None);
        assert_eq!(find(world, &format!("{token}0")).await, None);
        assert_eq!(find(world, &token.to_uppercase()).await, None);
        assert_eq!(keys::list(&mut world.read().await).await.unwrap().len(), 2);
    }

    async fn a_fingerprint_alone_opens_nothing(world: &World) {
        let one = insert(world, world.account, "key_one").await.unwrap();
        // As if another secret's hash began with the same digits.
        let fingerprint = hex_start("two");
        let sql = format!("UPDATE api_keys SET fingerprint = '{fingerprint}'");
        world.tamper(Box::leak(sql.into_boxed_str())).await;
        assert_eq!(find(world, "key_two").await, None);
        let two = insert(world, world.account, "key_two").await.unwrap();
        assert_eq!(find(world, "key_two").await, Some(two));

        let fingerprint = hex_start("one");
        let sql = format!("UPDATE api_keys SET fingerprint = '{fingerprint}'");
        world.tamper(Box::leak(sql.into_boxed_str())).await;
        assert_eq!(find(world, "key_one").await, Some(one));
    }

    async fn a_revoked_key_is_nobodys(world: &World) {
        let key = insert(world, world.account, "key_a").await.unwrap();
        let revoke = async || {
            let id = key.id;
            let revoked =
                world.write(move |tx| Box::pin(async move { keys::revoke(tx, id, at(9)).await }));
            revoked.await.unwrap()
        };
        assert!(revoke().await);
        assert!(!revoke().await);
        assert_eq!(find(world, "key_a").await, None);
        let listed = keys::list(&mut world.read().await).await.unwrap();
        assert_eq!(listed, [ApiKey { revoked_at: Some(at(9)), ..key }]);
    }

    async fn the_same_secret_twice_is_refused(world: &World) {
        insert(world, world.account, "key_a").await.unwrap();
        let other = world.account("other@example.com").await;
        assert!(matches!(insert(world, other, "x_a").await, Err(Error::Taken(_))));
    }
}

fn hex_start(secret: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(secret))[..16].to_owned()
}
