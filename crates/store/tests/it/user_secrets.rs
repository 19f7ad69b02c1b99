//! Secrets of users, environments and the team: who sees them, and that their values are sealed.

use outwork_domain::{Secret, SecretHolder, SecretId, SecretKind, SecretText};
use outwork_store::{Error, SecretFilter, SecretScope, user_secrets};
use uuid::Uuid;

use crate::environments::{environment, insert as insert_environment};
use crate::support::{World, at, on_both};

fn secret(holder: SecretHolder, name: &str) -> Secret {
    Secret {
        id: SecretId::new(Uuid::now_v7()),
        holder,
        name: name.parse().unwrap(),
        kind: SecretKind::RuntimeSecret,
        repositories: Vec::new(),
        created_at: at(0),
    }
}

async fn put(world: &World, secret: &Secret, value: &str) -> Result<(), Error> {
    let (secret, value) = (secret.clone(), SecretText::new(value.to_owned()));
    let put = world
        .write(move |tx| Box::pin(async move { user_secrets::insert(tx, &secret, &value).await }));
    put.await
}

async fn names(world: &World, filter: SecretFilter) -> Vec<String> {
    let reader = &mut world.read().await;
    let all = user_secrets::list(reader, world.account, &filter, None, 100).await;
    all.unwrap()
        .into_iter()
        .map(|secret| secret.name.to_string())
        .collect()
}

/// One secret of every holder that the world's account can see, and of two that it cannot.
async fn filled(world: &World) -> SecretHolder {
    let other = world.account("other@example.com").await;
    let (mine, theirs) = (
        environment(world.account, "mine"),
        environment(other, "theirs"),
    );
    for environment in [&mine, &theirs] {
        assert!(insert_environment(world, environment).await);
    }
    let own = SecretHolder::Environment(mine.id);
    for (holder, name) in [
        (SecretHolder::Team, "T"),
        (SecretHolder::User(world.account), "U"),
        (SecretHolder::User(other), "U_OTHER"),
        (own, "E"),
        (SecretHolder::Environment(theirs.id), "E_OTHER"),
    ] {
        put(world, &secret(holder, name), "hunter2hunter2")
            .await
            .unwrap();
    }
    own
}

on_both! {
    async fn an_account_sees_its_own_and_the_teams(world: &World) {
        let own = filled(world).await;
        assert_eq!(names(world, SecretFilter::default()).await, ["E", "T", "U"]);
        for (scope, name) in [
            (SecretScope::Team, "T"),
            (SecretScope::User, "U"),
            (SecretScope::Environment, "E"),
        ] {
            let filter = SecretFilter { scope: Some(scope), ..SecretFilter::default() };
            assert_eq!(names(world, filter).await, [name]);
        }
        let SecretHolder::Environment(id) = own else { panic!() };
        let filter = SecretFilter { environment_id: Some(id), ..SecretFilter::default() };
        assert_eq!(names(world, filter).await, ["E"]);
        let filter = SecretFilter { name: Some("T".into()), ..SecretFilter::default() };
        assert_eq!(names(world, filter).await, ["T"]);
    }

    async fn pages_follow_each_other(world: &World) {
        for name in ["C", "A", "B"] {
            put(world, &secret(SecretHolder::Team, name), "v").await.unwrap();
        }
        let reader = &mut world.read().await;
        let filter = SecretFilter::default();
        let page = user_secrets::list(reader, world.account, &filter, None, 2).await.unwrap();
        let last = page.last().unwrap();
        let after = Some((last.name.to_string(), last.id));
        let rest = user_secrets::list(reader, world.account, &filter, after, 2).await.unwrap();
        let names: Vec<_> = page.iter().chain(&rest).map(|secret| secret.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "C"]);
    }

    async fn values_open_for_runs_only_in_their_own_row(world: &World) {
        let mut first = secret(SecretHolder::Team, "A");
        first.repositories = vec!["h.example/o/a".parse().unwrap(), "/srv/b.git".parse().unwrap()];
        put(world, &first, "hunter2hunter2").await.unwrap();
        let open = async || {
            user_secrets::open_all(&mut world.read().await, SecretHolder::Team).await
        };
        assert_eq!(open().await.unwrap(), [(first.clone(), SecretText::new("hunter2hunter2".into()))]);

        let mut changed = first.clone();
        changed.kind = SecretKind::EnvironmentVariable;
        changed.repositories = Vec::new();
        let new = changed.clone();
        world.write(move |tx| Box::pin(async move {
            user_secrets::update(tx, &new, &SecretText::new("other".into())).await
        })).await.unwrap();
        assert_eq!(open().await.unwrap(), [(changed, SecretText::new("other".into()))]);

        put(world, &secret(SecretHolder::Team, "B"), "v").await.unwrap();
        world.tamper("UPDATE user_secrets SET value = \
                      (SELECT s.value FROM user_secrets s WHERE s.name = 'B') WHERE name = 'A'").await;
        assert!(matches!(open().await, Err(Error::Corrupt { column: "value", .. })));
    }

    async fn a_name_is_found_in_any_case(world: &World) {
        put(world, &secret(SecretHolder::Team, "Token"), "v").await.unwrap();
        put(world, &secret(SecretHolder::User(world.account), "TOKEN"), "v").await.unwrap();
        let reader = &mut world.read().await;
        let name = "tOKEN".parse().unwrap();
        let found = user_secrets::find_named(reader, SecretHolder::Team, &name).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name.as_str(), "Token");
        assert_eq!(user_secrets::count(reader, SecretHolder::Team).await.unwrap(), 1);
        let id = found[0].id;
        let gone = world.write(move |tx| {
            Box::pin(async move { user_secrets::delete(tx, id).await })
        });
        assert!(gone.await.unwrap());
        assert_eq!(user_secrets::count(&mut world.read().await, SecretHolder::Team).await.unwrap(), 0);
    }

    async fn secrets_go_with_their_environment(world: &World) {
        let own = filled(world).await;
        let (SecretHolder::Environment(id), account) = (own, world.account) else { panic!() };
        let deleted = world.write(move |tx| {
            Box::pin(async move { outwork_store::environments::delete(tx, account, id).await })
        });
        assert!(deleted.await.unwrap());
        assert_eq!(names(world, SecretFilter::default()).await, ["T", "U"]);
    }
}
