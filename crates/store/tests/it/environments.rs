//! Cloud environments: names, order, history, and who sees them.

use futures::future::join_all;
use outwork_domain::limits::{ENVIRONMENT_VERSIONS_MAX, ENVIRONMENTS_MAX};
use outwork_domain::{
    AccountId, CloudEnvironment, EnvironmentEvent, EnvironmentFile, EnvironmentId,
    EnvironmentOwner, EnvironmentVersionId,
};
use outwork_store::{Error, environments};
use uuid::Uuid;

use crate::support::{World, at, on_both};

pub fn environment(account_id: AccountId, name: &str) -> CloudEnvironment {
    CloudEnvironment {
        id: EnvironmentId::new(Uuid::now_v7()),
        account_id,
        owner: EnvironmentOwner::Personal,
        name: name.parse().unwrap(),
        repositories: ["https://h.example/o/b", "https://h.example/o/a"]
            .map(|text| text.parse().unwrap())
            .to_vec(),
        file: file("{ /* as given */ }"),
        version_id: EnvironmentVersionId::new(Uuid::now_v7()),
        created_at: at(0),
        updated_at: at(0),
    }
}

fn file(text: &str) -> EnvironmentFile {
    EnvironmentFile::parse(text.to_owned()).unwrap()
}

pub async fn insert(world: &World, environment: &CloudEnvironment) -> bool {
    let environment = environment.clone();
    let inserted = world
        .write(move |tx| Box::pin(async move { environments::insert(tx, &environment).await }));
    inserted.await.unwrap()
}

async fn update(
    world: &World,
    environment: &CloudEnvironment,
    event: EnvironmentEvent,
) -> Result<bool, Error> {
    let environment = environment.clone();
    let updated = world.write(move |tx| {
        Box::pin(async move { environments::update(tx, &environment, event).await })
    });
    updated.await
}

/// Changes an environment the way commands do: reads it, and writes all of it.
async fn change(
    world: &World,
    account: AccountId,
    id: EnvironmentId,
    change: impl FnOnce(&mut CloudEnvironment) + Send + 'static,
) -> Result<bool, Error> {
    let changed = world.write(move |tx| {
        Box::pin(async move {
            let found = environments::find_for_update(tx, account, id).await?;
            let mut environment = found.unwrap();
            environment.version_id = EnvironmentVersionId::new(Uuid::now_v7());
            change(&mut environment);
            environments::update(tx, &environment, EnvironmentEvent::Updated).await
        })
    });
    changed.await
}

async fn find(world: &World, account: AccountId, id: EnvironmentId) -> Option<CloudEnvironment> {
    environments::find(&mut world.read().await, account, id)
        .await
        .unwrap()
}

on_both! {
    async fn a_personal_one_is_its_accounts_and_the_teams_is_everybodys(world: &World) {
        let other = world.account("other@example.com").await;
        let mine = environment(world.account, "tools");
        let mut teams = environment(other, "tools");
        teams.owner = EnvironmentOwner::Team;
        assert!(insert(world, &mine).await && insert(world, &teams).await);
        assert_eq!(find(world, world.account, mine.id).await, Some(mine.clone()));
        assert_eq!(find(world, other, mine.id).await, None);
        assert_eq!(find(world, world.account, teams.id).await, Some(teams.clone()));
        let account = world.account;
        let deleted = world.write(move |tx| {
            Box::pin(async move { environments::delete(tx, other, mine.id).await })
        });
        assert!(!deleted.await.unwrap());
        let reader = &mut world.read().await;
        let all = environments::list(reader, other, None, 10).await.unwrap();
        assert_eq!(all, [teams.clone()]);
        let named = environments::find_named(reader, account, EnvironmentOwner::Team, &teams.name);
        assert_eq!(named.await.unwrap(), Some(teams.id));
    }

    async fn a_name_is_unique_for_its_owner(world: &World) {
        let other = world.account("other@example.com").await;
        let first = environment(world.account, "tools");
        assert!(insert(world, &first).await);
        assert!(!insert(world, &environment(world.account, "tools")).await);
        assert!(insert(world, &environment(other, "tools")).await);
        let mut second = environment(world.account, "second");
        assert!(insert(world, &second).await);
        second.name = first.name.clone();
        second.version_id = EnvironmentVersionId::new(Uuid::now_v7());
        assert!(!update(world, &second, EnvironmentEvent::Renamed).await.unwrap());
        let unchanged = find(world, world.account, second.id).await.unwrap();
        assert_eq!(unchanged.name.as_str(), "second");
    }

    async fn the_latest_changed_comes_first_and_history_is_kept(world: &World) {
        let mut first = environment(world.account, "first");
        let mut second = environment(world.account, "second");
        second.updated_at = at(1);
        assert!(insert(world, &first).await && insert(world, &second).await);
        let made = first.version_id;
        first.file = file(r#"{"install":"make"}"#);
        first.version_id = EnvironmentVersionId::new(Uuid::now_v7());
        first.updated_at = at(2);
        assert!(update(world, &first, EnvironmentEvent::Updated).await.unwrap());
        let reader = &mut world.read().await;
        let page = environments::list(reader, world.account, None, 1).await.unwrap();
        assert_eq!(page, [first.clone()]);
        let after = Some((first.updated_at, first.id));
        let rest = environments::list(reader, world.account, after, 5).await.unwrap();
        assert_eq!(rest, [second]);

        let history = environments::history(reader, first.id, None, 1).await.unwrap();
        assert_eq!((history[0].1.id, history[0].1.event), (first.version_id, EnvironmentEvent::Updated));
        assert_eq!(history[0].1.file, first.file);
        let older = environments::history(reader, first.id, Some(history[0].0), 5).await.unwrap();
        assert_eq!(older.len(), 1);
        assert_eq!((older[0].1.id, older[0].1.event), (made, EnvironmentEvent::Created));
    }

    async fn changes_that_come_at_once_all_hold(world: &World) {
        let mut made = environment(world.account, "tools");
        made.file = file("{ /**/ }");
        assert!(insert(world, &made).await);
        let (account, id) = (world.account, made.id);
        let changes = (0..8).map(|number: u32| {
            change(world, account, id, move |found| {
                let text = found.file.text().replacen("*/", &format!("{number}*/"), 1);
                found.file = file(&text);
            })
        });
        for changed in join_all(changes).await {
            assert!(changed.unwrap());
        }
        let text = find(world, account, id).await.unwrap().file.text().to_owned();
        for number in 0..8 {
            assert!(text.contains(&number.to_string()), "{text}");
        }
    }

    async fn of_two_that_take_one_name_at_once_one_gets_it(world: &World) {
        let account = world.account;
        let mut ids = Vec::new();
        for name in ["a", "b", "c", "d", "e", "f"] {
            let made = environment(account, name);
            assert!(insert(world, &made).await);
            ids.push(made.id);
        }
        let renames = ids.into_iter().map(|id| {
            change(world, account, id, |found| found.name = "one".parse().unwrap())
        });
        let renamed = join_all(renames).await;
        let renamed: Vec<bool> = renamed.into_iter().map(Result::unwrap).collect();
        assert_eq!(renamed.iter().filter(|done| **done).count(), 1, "{renamed:?}");
    }

    async fn an_account_makes_only_so_many(world: &World) {
        let account = world.account;
        let fill = world.write(move |tx| Box::pin(async move {
            for number in 0..ENVIRONMENTS_MAX {
                environments::insert(tx, &environment(account, &format!("e{number}"))).await?;
            }
            Ok(())
        }));
        fill.await.unwrap();
        let one_more = world.write(move |tx| Box::pin(async move {
            environments::insert(tx, &environment(account, "one more")).await
        }));
        let refused = one_more.await;
        assert!(matches!(refused, Err(Error::NoneFree(_))), "{refused:?}");
        let other = world.account("other@example.com").await;
        assert!(insert(world, &environment(other, "theirs")).await);
    }

    async fn only_the_latest_of_a_long_history_stays(world: &World) {
        let mut made = environment(world.account, "tools");
        assert!(insert(world, &made).await);
        let oldest = made.version_id;
        for _ in 0..ENVIRONMENT_VERSIONS_MAX {
            made.version_id = EnvironmentVersionId::new(Uuid::now_v7());
            assert!(update(world, &made, EnvironmentEvent::Updated).await.unwrap());
        }
        let reader = &mut world.read().await;
        let most = ENVIRONMENT_VERSIONS_MAX * 2;
        let history = environments::history(reader, made.id, None, most).await.unwrap();
        assert_eq!(history.len(), ENVIRONMENT_VERSIONS_MAX as usize);
        assert_eq!(history[0].1.id, made.version_id);
        assert!(history.iter().all(|(_, version)| version.id != oldest));
    }
}
