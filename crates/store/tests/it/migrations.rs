//! Opening: empty databases, filled ones, and those of another program.

use outwork_store::{Error, Store, agents};

use crate::support::{World, note, on_both, sealer};

on_both! {
    async fn a_filled_database_opens_again_unchanged(world: &World) {
        let claim = world.claimed().await;
        world.append(&claim.fence, vec![note("x"); 3]).await.unwrap();
        let view = async |store: &Store| {
            let reader = &mut store.read().await.unwrap();
            agents::find(reader, world.account, claim.agent.id).await.unwrap().unwrap()
        };
        let before = view(&world.store).await;
        let again = Store::open(&world.database, sealer()).await.unwrap();
        assert_eq!(view(&again).await, before);
        again.probe().await.unwrap();
        again.close().await;
    }

    async fn a_newer_schema_is_refused(world: &World) {
        world.tamper("INSERT INTO migrations VALUES (9999, 'x', 0)").await;
        let refused = Store::open(&world.database, sealer()).await.map(drop);
        assert!(matches!(refused, Err(Error::Newer { found: 9999, known: _ })), "{refused:?}");
    }

    async fn a_migration_that_changed_after_its_release_is_refused(world: &World) {
        world.tamper("UPDATE migrations SET checksum = 'other' WHERE version = 1").await;
        let refused = Store::open(&world.database, sealer()).await.map(drop);
        assert!(matches!(refused, Err(Error::ForeignMigration { version: 1 })), "{refused:?}");
    }

    async fn many_open_at_once(world: &World) {
        world.tamper("CREATE TABLE witness (id bigint)").await;
        let opened = futures::future::join_all((0..4).map(|_| Store::open(&world.database, sealer()))).await;
        for store in opened {
            let store = store.unwrap();
            store.probe().await.unwrap();
            store.close().await;
        }
    }

    async fn a_closed_store_says_so(world: &World) {
        world.store.probe().await.unwrap();
        world.store.close().await;
        assert!(matches!(world.store.probe().await, Err(Error::Closed)));
        assert!(matches!(world.store.read().await.map(drop), Err(Error::Closed)));
        world.store.close().await;
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_an_error() {
    use outwork_store::Database;
    let folder = tempfile::tempdir().unwrap();
    let open = async |database: Database| {
        Store::open(&database, sealer())
            .await
            .map(drop)
            .unwrap_err()
    };

    let path = folder.path().join("absent/outwork.db");
    let error = open(Database::Sqlite { path }).await;
    assert!(matches!(error, Error::Refused(_)), "{error:?}");

    let path = folder.path().join("text.db");
    std::fs::write(&path, "this is not a database, and long enough to tell").unwrap();
    let error = open(Database::Sqlite { path }).await;
    assert!(matches!(error, Error::Broken(_)), "{error:?}");

    let url = "postgres://outwork:hidden@127.0.0.1:1/outwork".to_owned();
    let database = Database::Postgres { url };
    assert!(!format!("{database:?}").contains("hidden"));
    let error = open(database).await;
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hidden"));

    let url = "not an address".to_owned();
    let error = open(Database::Postgres { url }).await;
    assert!(matches!(error, Error::Address(_)), "{error:?}");
}
