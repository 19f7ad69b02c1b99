//! Transactions: groups, lanes, failures, callers who go away.

use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use outwork_store::{BoxFuture, Error, Tx, accounts, agents, secrets};
use tokio::sync::{Barrier, oneshot};

use crate::support::{World, note, on_both};

/// Adds a secret of that name and then ends as told.
fn add(
    name: String,
    end: Result<(), Error>,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), Error>> + Send + 'static {
    move |tx| {
        Box::pin(async move {
            secrets::get_or_create(tx, &name, [1; 32]).await?;
            end
        })
    }
}

async fn names(world: &World, count: usize) -> Vec<bool> {
    let mut there = Vec::new();
    for at in 0..count {
        let name = format!("secret-{at}");
        let value = world
            .write(move |tx| {
                Box::pin(async move { secrets::get_or_create(tx, &name, [2; 32]).await })
            })
            .await
            .unwrap();
        there.push(value == [1; 32]);
    }
    there
}

on_both! {
    async fn a_failing_command_hurts_no_other_of_its_group(world: &World) {
        // The first command holds the writer until all others wait behind it.
        let (begun, has_begun) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let first = world.store.write(move |tx: &mut Tx| -> BoxFuture<'_, Result<(), Error>> {
            Box::pin(async move {
                secrets::get_or_create(tx, "first", [1; 32]).await?;
                begun.send(()).unwrap();
                released.await.unwrap();
                Ok(())
            })
        });
        let others = async {
            has_begun.await.unwrap();
            let others = (0..30).map(|at| {
                let name = format!("secret-{at}");
                async move {
                    match at % 5 {
                        1 => world.write(add(name, Err(Error::NotFound))).await,
                        2 => world.write(panicking(name)).await,
                        3 => world.write(refused(name)).await,
                        4 => world.store.write_later(add(name, Ok(()))).await,
                        _ => world.write(add(name, Ok(()))).await,
                    }
                }
            });
            let others = futures::future::join_all(others);
            let release = async {
                // All of them are polled once, and so queued, before the first may end.
                tokio::task::yield_now().await;
                release.send(()).unwrap();
            };
            tokio::join!(others, release).0
        };
        let (first, others) = tokio::join!(first, others);
        first.unwrap();
        for (at, result) in others.iter().enumerate() {
            match at % 5 {
                1 => assert!(matches!(result, Err(Error::NotFound)), "{result:?}"),
                2 => assert!(matches!(result, Err(Error::Panicked)), "{result:?}"),
                3 => assert!(matches!(result, Err(Error::Refused(_))), "{result:?}"),
                _ => assert!(result.is_ok(), "{result:?}"),
            }
        }
        let there = names(world, 30).await;
        let expected: Vec<bool> = (0..30).map(|at| matches!(at % 5, 0 | 4)).collect();
        assert_eq!(there, expected);
    }

    async fn a_write_is_seen_by_the_next_read(world: &World) {
        for at in 0..50 {
            let email: &'static str = Box::leak(format!("{at}@example.com").into_boxed_str());
            let id = world.account(email).await;
            assert!(accounts::find(&mut world.read().await, id).await.unwrap().is_some());
        }
    }

    async fn many_write_and_read_at_once(world: &World) {
        let claim = world.claimed().await;
        let barrier = Arc::new(Barrier::new(40));
        let tasks = (0..40).map(|_| async {
            barrier.wait().await;
            for _ in 0..5 {
                world.append(&claim.fence, vec![note("x")]).await.unwrap();
                assert!(!world.events(claim.agent.id).await.is_empty());
            }
        });
        futures::future::join_all(tasks).await;
        assert_eq!(world.events(claim.agent.id).await.len(), 202);
    }

    async fn a_read_that_is_given_up_disturbs_no_other(world: &World) {
        let mut ids = Vec::new();
        for _ in 0..8 {
            ids.push(world.agent().await);
        }
        for _ in 0..20 {
            for id in &ids {
                let mut reader = world.read().await;
                let given_up = agents::find(&mut reader, world.account, *id).now_or_never();
                drop(given_up);
                let found = agents::find(&mut reader, world.account, *id).await;
                assert_eq!(found.unwrap().unwrap().agent.id, *id);
            }
        }
    }

    async fn a_caller_who_goes_away_does_not_undo(world: &World) {
        let (begun, has_begun) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let (done, is_done) = oneshot::channel();
        let work = world.store.write(move |tx: &mut Tx| -> BoxFuture<'_, Result<(), Error>> {
            Box::pin(async move {
                begun.send(()).unwrap();
                released.await.unwrap();
                secrets::get_or_create(tx, "secret-0", [1; 32]).await?;
                done.send(()).unwrap();
                Ok(())
            })
        });
        tokio::select! {
            _ = work => panic!("it cannot end before it is released"),
            begun = has_begun => begun.unwrap(),
        }
        release.send(()).unwrap();
        is_done.await.unwrap();
        // PostgreSQL commits in a task of its own; the row is there once it has.
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        while names(world, 1).await != [true] {
            assert!(tokio::time::Instant::now() < deadline, "it was undone");
        }
    }
}

fn panicking(
    name: String,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), Error>> + Send + 'static {
    move |tx| {
        Box::pin(async move {
            secrets::get_or_create(tx, &name, [1; 32]).await?;
            panic!("as the test wants")
        })
    }
}

/// Writes something, and then something that a constraint refuses.
fn refused(
    name: String,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), Error>> + Send + 'static {
    move |tx| {
        Box::pin(async move {
            secrets::get_or_create(tx, &name, [1; 32]).await?;
            let nobody = outwork_domain::AccountId::new(uuid::Uuid::new_v4());
            let agent = crate::support::plain_agent(nobody, 1);
            outwork_store::agents::insert(tx, &agent).await
        })
    }
}

/// PostgreSQL has no lanes: its transactions do not wait for each other.
#[test]
fn interactive_commands_go_before_patient_ones() {
    crate::support::run(World::sqlite, |world| Box::pin(lanes(world)));
}

async fn lanes(world: &World) {
    let order = Arc::new(Mutex::new(Vec::new()));
    let (begun, has_begun) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let first = world
        .store
        .write(move |_: &mut Tx| -> BoxFuture<'_, Result<(), Error>> {
            Box::pin(async move {
                begun.send(()).unwrap();
                released.await.unwrap();
                Ok(())
            })
        });
    let others = async {
        has_begun.await.unwrap();
        let waiting = async {
            let patient = futures::future::join_all(
                (0..3).map(|_| world.store.write_later(noting(&order, "patient"))),
            );
            let urgent = futures::future::join_all(
                (0..3).map(|_| world.store.write(noting(&order, "urgent"))),
            );
            tokio::join!(patient, urgent)
        };
        let release = async {
            tokio::task::yield_now().await;
            release.send(()).unwrap();
        };
        tokio::join!(waiting, release)
    };
    tokio::join!(first, others).0.unwrap();
    let expected = [
        "urgent", "urgent", "urgent", "patient", "patient", "patient",
    ];
    assert_eq!(*order.lock().unwrap(), expected);
}

/// Writes nothing, but notes when it was its turn.
fn noting(
    order: &Arc<Mutex<Vec<&'static str>>>,
    name: &'static str,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), Error>> + Send + 'static {
    let order = Arc::clone(order);
    move |_| {
        Box::pin(async move {
            order.lock().unwrap().push(name);
            Ok(())
        })
    }
}
