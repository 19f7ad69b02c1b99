//! Cloud environments: names, order, history, and who sees them.

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
}
