//! Receipts: one answer for each key, on whatever server it is asked for.

use std::sync::Arc;
use std::time::Duration;

use outwork_domain::{AccountId, Timestamp};
use outwork_store::receipts::{self, Found};
use outwork_store::{Error, KeyedRequest, Reply, Tx};
use tokio::sync::Barrier;

use crate::support::{World, at, on_both};

fn request(account_id: AccountId, key: &str) -> KeyedRequest {
    KeyedRequest {
        account_id,
        route: "POST /v0/agents".to_owned(),
        key: key.parse().unwrap(),
        digest: [1; 32],
    }
}

fn reply(text: &str) -> Reply {
    Reply {
        status: 201,
        body: text.as_bytes().to_vec(),
    }
}

/// Answers a request the first time, and finds that answer later.
async fn answer(
    tx: &mut Tx,
    request: &KeyedRequest,
    text: &str,
    now: Timestamp,
) -> Result<Found, Error> {
    let found = receipts::claim(tx, request, now).await?;
    if found == Found::Nothing {
        receipts::fill(tx, request, &reply(text)).await?;
    }
    Ok(found)
}

impl World {
    async fn answer(&self, request: &KeyedRequest, text: &'static str, millis: i64) -> Found {
        let request = request.clone();
        let answered = self
            .write(move |tx| Box::pin(async move { answer(tx, &request, text, at(millis)).await }));
        answered.await.unwrap()
    }

    async fn found(&self, request: &KeyedRequest, millis: i64) -> Found {
        receipts::find(&mut self.read().await, request, at(millis))
            .await
            .unwrap()
    }
}

/// As long as receipts are kept.
const DAY: i64 = 24 * 3600 * 1000;

on_both! {
    async fn the_first_answer_is_found_again(world: &World) {
        let first = request(world.account, "k");
        assert_eq!(world.found(&first, 0).await, Found::Nothing);
        assert_eq!(world.answer(&first, "one", 0).await, Found::Nothing);
        let one = Found::Answered(reply("one"));
        assert_eq!(world.found(&first, DAY - 1).await, one);
        assert_eq!(world.answer(&first, "two", 1).await, one);
        let other_body = KeyedRequest { digest: [2; 32], ..first.clone() };
        assert_eq!(world.found(&other_body, 1).await, Found::OtherBody);
        assert_eq!(world.answer(&other_body, "two", 1).await, Found::OtherBody);
    }

    async fn account_route_and_key_each_tell_requests_apart(world: &World) {
        let first = request(world.account, "k");
        world.answer(&first, "one", 0).await;
        let elsewhere = KeyedRequest { route: "POST /v1/agents".to_owned(), ..first.clone() };
        let others = [
            request(world.account("other@example.com").await, "k"),
            request(world.account, "K"),
            elsewhere,
        ];
        for other in &others {
            assert_eq!(world.found(other, 0).await, Found::Nothing, "{other:?}");
            assert_eq!(world.answer(other, "two", 0).await, Found::Nothing, "{other:?}");
        }
    }

    async fn a_day_later_the_key_is_free(world: &World) {
        let first = request(world.account, "k");
        world.answer(&first, "one", 0).await;
        let anew = KeyedRequest { digest: [2; 32], ..first.clone() };
        assert_eq!(world.found(&anew, DAY).await, Found::Nothing);
        assert_eq!(world.answer(&anew, "two", DAY).await, Found::Nothing);
        assert_eq!(world.found(&anew, DAY + 1).await, Found::Answered(reply("two")));
        assert_eq!(world.found(&first, DAY + 1).await, Found::OtherBody);
    }

    async fn what_is_old_is_swept_in_batches(world: &World) {
        for key in ["a", "b", "c"] {
            world.answer(&request(world.account, key), "one", 0).await;
        }
        world.answer(&request(world.account, "late"), "one", 1).await;
        let sweep = async |millis, most| {
            let swept = world.write(move |tx| {
                Box::pin(async move { receipts::sweep(tx, at(millis), most).await })
            });
            swept.await.unwrap()
        };
        let has_old = async |millis| {
            receipts::has_old(&mut world.read().await, at(millis)).await.unwrap()
        };
        assert!(!has_old(DAY - 1).await);
        assert_eq!(sweep(DAY - 1, 10).await, 0);
        assert!(has_old(DAY).await);
        assert_eq!(sweep(DAY, 2).await, 2);
        assert_eq!(sweep(DAY, 2).await, 1);
        assert!(!has_old(DAY).await);
        let kept = world.found(&request(world.account, "late"), DAY).await;
        assert_eq!(kept, Found::Answered(reply("one")));
    }

    async fn a_failed_command_leaves_no_receipt(world: &World) {
        let first = request(world.account, "k");
        let failing = first.clone();
        let failed = world.write(move |tx| {
            Box::pin(async move {
                answer(tx, &failing, "one", at(0)).await?;
                Err::<(), _>(Error::NotFound)
            })
        });
        assert!(failed.await.is_err());
        assert_eq!(world.found(&first, 0).await, Found::Nothing);
        assert_eq!(world.answer(&first, "two", 0).await, Found::Nothing);
    }

    async fn of_many_at_once_one_is_first(world: &World) {
        let barrier = Arc::new(Barrier::new(16));
        let mut tasks = Vec::new();
        for _ in 0..16 {
            let (store, barrier) = (world.store.clone(), Arc::clone(&barrier));
            let same = request(world.account, "k");
            tasks.push(tokio::spawn(async move {
                barrier.wait().await;
                let work = store.write(move |tx| {
                    Box::pin(async move { answer(tx, &same, "one", at(0)).await })
                });
                tokio::time::timeout(Duration::from_secs(60), work).await.unwrap()
            }));
        }
        let mut firsts = 0;
        for task in tasks {
            let found = task.await.unwrap().unwrap();
            if found == Found::Nothing {
                firsts += 1;
            } else {
                assert_eq!(found, Found::Answered(reply("one")));
            }
        }
        assert_eq!(firsts, 1);
    }

    async fn answers_lie_sealed(world: &World) {
        world.answer(&request(world.account, "k"), "a secret", 0).await;
        world.answer(&request(world.account, "l"), "another", 0).await;
        world.tamper("UPDATE receipts SET body = (SELECT body FROM receipts \
                      WHERE idempotency_key = 'l') WHERE idempotency_key = 'k'").await;
        let request = request(world.account, "k");
        let moved = receipts::find(&mut world.read().await, &request, at(0)).await;
        assert!(moved.is_err(), "an answer opens in its own row only");
    }
}
