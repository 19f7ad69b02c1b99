//! `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::support::{Server, get};

#[tokio::test]
async fn a_server_that_works_is_ready() {
    let server = Server::start().await;
    for (path, text) in [
        ("/healthz", "ok\n"),
        ("/readyz", "ready\n"),
        ("/metrics", "figures 1\n"),
    ] {
        let reply = server.ask(get(path)).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (200, text), "{path}");
    }
}

#[tokio::test]
async fn a_server_whose_runs_cannot_begin_yet_is_not_ready_but_answers() {
    let server = Server::start().await;
    server.working.store(false, Ordering::Relaxed);
    let reply = server.ask(get("/readyz")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (503, Some("2"))
    );
    assert_eq!(server.ask(get("/healthz")).await.status, 200);
    let key = server.key("a@example.com").await;
    server.launch(&key, "x").await;
    server.working.store(true, Ordering::Relaxed);
    assert_eq!(server.ask(get("/readyz")).await.status, 200);
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready_but_alive() {
    let server = Server::start().await;
    server.shutdown.cancel();
    let reply = server.ask(get("/readyz")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (503, Some("2"))
    );
    assert_eq!(server.ask(get("/healthz")).await.status, 200);
}

#[tokio::test]
async fn a_server_without_its_store_is_not_ready_but_alive() {
    let server = Server::start().await;
    server.store.close().await;
    assert_eq!(server.ask(get("/readyz")).await.status, 503);
    assert_eq!(server.ask(get("/healthz")).await.status, 200);
}

#[tokio::test]
async fn a_panic_is_an_answer_and_not_the_end() {
    let server = Server::start_with(Arc::new(|| panic!("a secret of ours"))).await;
    let reply = server.ask(get("/metrics")).await;
    assert_eq!(reply.status, 500);
    assert!(
        reply.text().starts_with("Internal error"),
        "{}",
        reply.text()
    );
    assert!(!reply.text().contains("secret"));
    assert_eq!(server.ask(get("/healthz")).await.status, 200);
}
