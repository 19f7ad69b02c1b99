//! API keys.

use outwork_domain::{AccountId, ApiKey, KeyId, KeyKind, KeyRules, KeyScope, Timestamp};
use outwork_store::{Error, KeySecret, keys};
use uuid::Uuid;

use crate::support::{World, at, on_both};

fn key(account_id: AccountId, kind: KeyKind) -> ApiKey {
    ApiKey {
        id: KeyId::new(Uuid::new_v4()),
        account_id,
        email: "owner@example.com".into(),
        name: "laptop".into(),
        kind,
        rules: KeyRules::default(),
        created_at: at(1),
        revoked_at: None,
    }
}

async fn insert_as(world: &World, token: &str, kind: KeyKind) -> ApiKey {
    store(world, key(world.account, kind), token).await.unwrap()
}

async fn insert_until(world: &World, token: &str, service: &ApiKey, until: Timestamp) -> ApiKey {
    let kind = KeyKind::Delegated { by: service.id };
    let rules = KeyRules {
        expires_at: Some(until),
        ..KeyRules::default()
    };
    let key = ApiKey {
        rules,
        ..key(world.account, kind)
    };
    store(world, key, token).await.unwrap()
}

async fn insert(world: &World, account_id: AccountId, token: &str) -> Result<ApiKey, Error> {
    store(world, key(account_id, KeyKind::User), token).await
}

async fn store(world: &World, key: ApiKey, token: &str) -> Result<ApiKey, Error> {
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

async fn find_by_id(world: &World, id: KeyId) -> Option<ApiKey> {
    let mut reader = world.read().await;
    keys::find_by_id(&mut reader, id).await.unwrap()
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

    async fn a_sub_token_ends_with_the_key_that_made_it(world: &World) {
        let service = insert_as(world, "key_service", KeyKind::Service).await;
        let token = insert_until(world, "key_token", &service, at(100)).await;
        let found = find(world, "key_token").await.unwrap();
        assert_eq!(found, token);
        assert_eq!(find_by_id(world, token.id).await.as_ref(), Some(&token));
        assert!(found.is_valid_at(at(99)) && !found.is_valid_at(at(100)));
        assert_eq!(keys::list(&mut world.read().await).await.unwrap(), std::slice::from_ref(&service));

        let id = service.id;
        world.write(move |tx| Box::pin(async move { keys::revoke(tx, id, at(9)).await })).await.unwrap();
        assert_eq!(find(world, "key_token").await, None);
        assert_eq!(find(world, "key_service").await, None);
        assert_eq!(find_by_id(world, token.id).await, None);
        assert_eq!(find_by_id(world, service.id).await, None);
    }

    async fn expired_tokens_are_forgotten(world: &World) {
        let service = insert_as(world, "key_service", KeyKind::Service).await;
        for (token, until) in [("key_old", 5), ("key_new", 6)] {
            insert_until(world, token, &service, at(until)).await;
        }
        world.write(|tx| Box::pin(async move { keys::delete_expired(tx, at(6)).await })).await.unwrap();
        assert_eq!(find(world, "key_old").await, None);
        assert!(find(world, "key_new").await.is_some() && find(world, "key_service").await.is_some());

        // One that was made to last is seen after its end.
        let rules = KeyRules { expires_at: Some(at(3)), ..KeyRules::default() };
        let lasting = ApiKey { rules, ..key(world.account, KeyKind::User) };
        let lasting = store(world, lasting, "key_lasting").await.unwrap();
        world.write(|tx| Box::pin(async move { keys::delete_expired(tx, at(6)).await })).await.unwrap();
        assert!(keys::list(&mut world.read().await).await.unwrap().contains(&lasting));
    }

    async fn rules_read_back(world: &World) {
        let rules = KeyRules {
            scope: KeyScope::Read,
            projects: vec!["docs".parse().unwrap(), "a.b".parse().unwrap()],
            networks: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            expires_at: Some(at(7)),
        };
        let limited = ApiKey { rules, ..key(world.account, KeyKind::User) };
        let limited = store(world, limited, "key_limited").await.unwrap();
        assert_eq!(find(world, "key_limited").await, Some(limited));
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

    async fn an_account_sees_its_keys(world: &World) {
        let service = insert_as(world, "key_a", KeyKind::Service).await;
        insert_until(world, "key_b", &service, at(100)).await;
        let newest = ApiKey { created_at: at(5), ..key(world.account, KeyKind::User) };
        let newest = store(world, newest, "key_c").await.unwrap();
        let other = world.account("other@example.com").await;
        let theirs = insert(world, other, "key_d").await.unwrap();
        let id = service.id;
        world.write(move |tx| Box::pin(async move { keys::revoke(tx, id, at(9)).await })).await.unwrap();
        let list = async |since| {
            let mut reader = world.read().await;
            let all = keys::list_of_account(&mut reader, world.account, at(since)).await.unwrap();
            all.iter().map(|key| key.id).collect::<Vec<_>>()
        };
        assert_eq!(list(9).await, [newest.id, service.id]);
        assert_eq!(list(10).await, [newest.id]);
        let count = async |account, now| {
            world
                .write(move |tx| Box::pin(async move { keys::count_working(tx, account, at(now)).await }))
                .await
                .unwrap()
        };
        let ends = KeyRules { expires_at: Some(at(50)), ..KeyRules::default() };
        let ends = ApiKey { rules: ends, ..key(world.account, KeyKind::User) };
        store(world, ends, "key_e").await.unwrap();
        assert_eq!((count(world.account, 49).await, count(world.account, 50).await), (2, 1));
        assert_eq!(count(other, 50).await, 1);
        let mut reader = world.read().await;
        for (id, account) in [
            (service.id, Some(world.account)),
            (theirs.id, Some(other)),
            (KeyId::new(Uuid::nil()), None),
        ] {
            assert_eq!(keys::find_account(&mut reader, id).await.unwrap(), account);
        }
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
