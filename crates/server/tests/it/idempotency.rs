//! `Idempotency-Key`: POSTs of every surface that may be repeated.

use std::time::Duration;

use outwork_domain::limits::RECEIPT_KEEP;
use serde_json::{Value, json};

use crate::support::{Ask, Key, Reply, Server, get, post};

fn create(key: &Key, repository: &str, text: &str) -> Ask {
    let body = json!({"prompt": {"text": text}, "source": {"repository": repository}});
    post("/v0/agents").by(key).json(&body)
}

fn keyed(ask: Ask, name: &str) -> Ask {
    ask.header("idempotency-key", name)
}

fn replayed(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == Some("true")
}

async fn agents(server: &Server, key: &Key) -> Vec<Value> {
    let list = server.ask(get("/v0/agents?limit=100").by(key)).await.good();
    list["agents"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_first_answer_comes_again_byte_by_byte() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("r.git");
    let first = server.ask(keyed(create(&key, &repository, "x"), "k")).await;
    assert_eq!(first.status, 201);
    assert!(!replayed(&first));
    server
        .clock
        .advance(RECEIPT_KEEP - Duration::from_millis(1));
    let again = server.ask(keyed(create(&key, &repository, "x"), "k")).await;
    assert_eq!(again.status, 201);
    assert!(replayed(&again));
    assert_eq!(again.bytes, first.bytes);
    let other = server.ask(keyed(create(&key, &repository, "y"), "k")).await;
    assert_eq!(other.refused(), (409, "idempotency_key_reused".to_owned()));
    assert_eq!(agents(&server, &key).await.len(), 1);
    server.clock.advance(Duration::from_millis(1));
    let anew = server.ask(keyed(create(&key, &repository, "y"), "k")).await;
    assert_eq!((anew.status.as_u16(), replayed(&anew)), (201, false));
}

#[tokio::test]
async fn of_sixty_four_at_once_one_makes_an_agent() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("r.git");
    let asks = (0..64).map(|_| server.ask(keyed(create(&key, &repository, "x"), "k")));
    let replies = futures::future::join_all(asks).await;
    let made: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert!(!made.is_empty());
    assert_eq!(made.iter().filter(|reply| !replayed(reply)).count(), 1);
    assert!(made.iter().all(|reply| reply.bytes == made[0].bytes));
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refused(), (409, "idempotency_in_progress".to_owned()));
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    assert_eq!(agents(&server, &key).await.len(), 1);
}

#[tokio::test]
async fn a_reply_that_was_lost_is_had_again() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("r.git");
    // The client goes away as soon as its request was taken up.
    let request = keyed(create(&key, &repository, "x"), "k").request();
    let mut lost = Box::pin(server.send(request));
    while agents(&server, &key).await.is_empty() {
        let _ = futures::poll!(&mut lost);
        tokio::task::yield_now().await;
    }
    drop(lost);
    let again = server.ask(keyed(create(&key, &repository, "x"), "k")).await;
    assert!(replayed(&again));
    let made = agents(&server, &key).await;
    assert_eq!(made.len(), 1);
    assert_eq!(again.good()["id"], made[0]["id"]);
}

#[tokio::test]
async fn a_key_is_its_accounts_and_its_paths() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let repository = server.repositories.make("r.git");
    let first = server.ask(keyed(create(&key, &repository, "x"), "k")).await;
    let second = server
        .ask(keyed(create(&other, &repository, "x"), "k"))
        .await;
    assert!(!replayed(&second));
    assert_ne!(first.good()["id"], second.good()["id"]);
    let id = first.good()["id"].as_str().unwrap().to_owned();
    let stop = || keyed(post(format!("/v0/agents/{id}/stop")).by(&key), "k");
    assert!(!replayed(&server.ask(stop()).await));
    let again = server.ask(stop()).await;
    assert!(replayed(&again));
    assert_eq!(again.good(), json!({"id": id}));
}

#[tokio::test]
async fn a_follow_up_is_queued_once() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let body = json!({"prompt": {"text": "more"}});
    let path = format!("/v0/agents/{id}/followup");
    for turn in 0..3 {
        let reply = server
            .ask(keyed(post(path.as_str()).by(&key).json(&body), "k"))
            .await;
        assert_eq!(reply.good(), json!({"id": id}));
        assert_eq!(replayed(&reply), turn > 0);
    }
    let agent = server
        .ask(get(format!("/api/v1/agents/{id}")).by(&key))
        .await
        .good();
    assert_eq!(agent["runs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let unknown = server
        .repositories
        .make("r.git")
        .replace("r.git", "later.git");
    let refused = server.ask(keyed(create(&key, &unknown, "x"), "k")).await;
    assert_eq!(refused.refused().0, 400);
    let repository = server.repositories.make("later.git");
    let made = server.ask(keyed(create(&key, &repository, "y"), "k")).await;
    assert_eq!(made.status, 201);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("r.git");
    for bad in [String::new(), "k".repeat(256), "a\tb".to_owned()] {
        let reply = server
            .ask(keyed(create(&key, &repository, "x"), &bad))
            .await;
        let (status, code, message) = reply.refusal();
        assert_eq!((status, code.as_str()), (400, "validation_error"));
        assert!(message.contains("Idempotency-Key"), "{message}");
    }
    let longest = "k".repeat(255);
    let made = server
        .ask(keyed(create(&key, &repository, "x"), &longest))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(agents(&server, &key).await.len(), 1);
}
