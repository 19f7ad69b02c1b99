//! Browsers that are signed in.

use outwork_domain::limits::SESSIONS_OF_KEY_MAX;
use outwork_domain::{AccountId, ApiKey, KeyId, KeyKind, KeyRules};
use outwork_store::{KeySecret, Session, SessionSecret, keys, sessions};
use uuid::Uuid;

use crate::support::{World, at, on_both};

async fn key(world: &World, account_id: AccountId, kind: KeyKind) -> ApiKey {
    let key = ApiKey {
        id: KeyId::new(Uuid::new_v4()),
        account_id,
        email: "owner@example.com".into(),
        name: "laptop".into(),
        kind,
        rules: KeyRules::default(),
        created_at: at(1),
        revoked_at: None,
    };
    let (stored, secret) = (key.clone(), KeySecret::from_token(&key.id.to_string()));
    let inserted = world
        .write(move |tx| Box::pin(async move { keys::insert(tx, &stored, &secret).await }))
        .await;
    inserted.unwrap();
    key
}

async fn begin(world: &World, key: &ApiKey, cookie: &str, times: (i64, i64)) -> Session {
    let session = Session {
        key: key.clone(),
        created_at: at(times.0),
        expires_at: at(times.1),
    };
    let (stored, secret) = (session.clone(), SessionSecret::from_cookie(cookie));
    let inserted = world
        .write(move |tx| Box::pin(async move { sessions::insert(tx, &stored, &secret).await }))
        .await;
    inserted.unwrap();
    session
}

async fn find(world: &World, cookie: &str) -> Option<Session> {
    let secret = SessionSecret::from_cookie(cookie);
    let mut reader = world.read().await;
    sessions::find(&mut reader, &secret).await.unwrap()
}

on_both! {
    async fn a_session_is_found_by_its_cookie_alone(world: &World) {
        let (cookie, secret) = SessionSecret::generate([0xab; 32]);
        assert_eq!(cookie, "ab".repeat(32));
        assert_eq!(secret, SessionSecret::from_cookie(&cookie));
        assert!(!format!("{secret:?}").contains("ab"));
        let key = key(world, world.account, KeyKind::User).await;
        let session = begin(world, &key, &cookie, (5, 10)).await;
        assert_eq!(find(world, &cookie).await.as_ref(), Some(&session));
        assert!(session.is_valid_at(at(9)) && !session.is_valid_at(at(10)));
        for other in ["", &cookie[1..], &cookie.to_uppercase(), &key.id.to_string()] {
            assert_eq!(find(world, other).await, None, "{other}");
        }
        // What opens a session is no key.
        let mut reader = world.read().await;
        let as_key = keys::find_by_secret(&mut reader, &KeySecret::from_token(&cookie)).await;
        assert_eq!(as_key.unwrap(), None);
    }

    async fn a_session_ends_by_itself_with_its_key_and_with_all(world: &World) {
        let one = key(world, world.account, KeyKind::User).await;
        let other = key(world, world.account, KeyKind::User).await;
        let stranger = world.account("other@example.com").await;
        let theirs = key(world, stranger, KeyKind::User).await;
        for (key, cookie) in [(&one, "a"), (&one, "b"), (&other, "c"), (&theirs, "d")] {
            begin(world, key, cookie, (5, 10)).await;
        }
        let there = async || {
            let mut there = String::new();
            for cookie in ["a", "b", "c", "d"] {
                there += find(world, cookie).await.map_or("", |_| cookie);
            }
            there
        };
        let delete = async |cookie: &'static str| {
            let secret = SessionSecret::from_cookie(cookie);
            let deleted = world
                .write(move |tx| Box::pin(async move { sessions::delete(tx, &secret).await }));
            deleted.await.unwrap()
        };
        assert!(delete("a").await);
        assert!(!delete("a").await);
        assert_eq!(there().await, "bcd");
        let id = one.id;
        world.write(move |tx| Box::pin(async move { sessions::delete_of_key(tx, id).await })).await.unwrap();
        assert_eq!(there().await, "cd");
        let account = world.account;
        begin(world, &one, "a", (5, 10)).await;
        world.write(move |tx| Box::pin(async move { sessions::delete_of_account(tx, account).await })).await.unwrap();
        assert_eq!(there().await, "d");
        let id = theirs.id;
        world.write(move |tx| Box::pin(async move { keys::revoke(tx, id, at(7)).await })).await.unwrap();
        assert_eq!(there().await, "");
    }

    async fn the_session_of_a_sub_token_ends_with_its_services_key(world: &World) {
        let service = key(world, world.account, KeyKind::Service).await;
        let token = key(world, world.account, KeyKind::Delegated { by: service.id }).await;
        begin(world, &token, "a", (5, 10)).await;
        let id = service.id;
        // As if the one that ends it were a step ahead of the one that ends its sessions.
        world.tamper("UPDATE api_keys SET revoked_at = 6 WHERE kind = 'service'").await;
        assert_eq!(find(world, "a").await, None);
        world.tamper("UPDATE api_keys SET revoked_at = NULL").await;
        assert!(find(world, "a").await.is_some());
        world.write(move |tx| Box::pin(async move { keys::revoke(tx, id, at(7)).await })).await.unwrap();
        world.tamper("UPDATE api_keys SET revoked_at = NULL").await;
        assert_eq!(find(world, "a").await, None);
    }

    async fn old_ones_make_room(world: &World) {
        let key = key(world, world.account, KeyKind::User).await;
        let most = i64::from(SESSIONS_OF_KEY_MAX);
        for number in 0..=most {
            begin(world, &key, &number.to_string(), (number, 1_000 + number)).await;
        }
        assert_eq!(find(world, "0").await, None);
        assert!(find(world, "1").await.is_some());
        assert!(find(world, &most.to_string()).await.is_some());
        world.write(move |tx| Box::pin(async move { sessions::delete_expired(tx, at(1_002)).await })).await.unwrap();
        assert_eq!(find(world, "2").await, None);
        assert!(find(world, "3").await.is_some());
    }
}
