//! `POST /forge/{name}/webhook`: what is believed is stored, once; what is not is refused by name.

use axum::http::Method;
use hmac::{Hmac, KeyInit as _, Mac as _};
use outwork_domain::HookState;
use outwork_domain::limits::INCOMING_HOOK_BYTES_MAX;
use outwork_store::incoming_hooks;
use sha2::Sha256;

use crate::support::{Ask, FORGE, HOOK_SECRET, Server, get, post};

fn signed(body: &[u8], secret: &str, delivery: &str) -> Ask {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let signature = hex::encode(mac.finalize().into_bytes());
    unsigned(body, delivery).header("x-gitea-signature", &signature)
}

fn unsigned(body: &[u8], delivery: &str) -> Ask {
    post(format!("/forge/{FORGE}/webhook"))
        .header("x-gitea-event", "issue_comment")
        .header("x-gitea-delivery", delivery)
        .body(body.to_vec())
}

#[tokio::test]
async fn what_is_signed_is_stored_once_and_without_a_key() {
    let server = Server::start().await;
    for received in ["new", "known"] {
        let reply = server.ask(signed(b"{}", HOOK_SECRET, "one")).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        assert_eq!(reply.json()["received"], received);
    }
    let mut reader = server.store.read().await.unwrap();
    let found = incoming_hooks::find(&mut reader, FORGE, "one").await;
    let found = found.unwrap().unwrap();
    assert_eq!(
        (found.state, found.event.as_str()),
        (HookState::Pending, "issue_comment")
    );
}

#[tokio::test]
async fn what_cannot_be_believed_is_refused_and_not_kept() {
    let server = Server::start().await;
    let large = vec![b' '; INCOMING_HOOK_BYTES_MAX + 1];
    let elsewhere = post("/forge/elsewhere/webhook").body(large.clone());
    let no_event = post(format!("/forge/{FORGE}/webhook"));
    for (ask, status, code) in [
        (unsigned(b"{}", "two"), 401, "webhook_unverified"),
        (signed(b"{}", "another", "two"), 401, "webhook_unverified"),
        (signed(&large, HOOK_SECRET, "two"), 413, "webhook_too_large"),
        (elsewhere, 404, "forge_not_found"),
        (no_event, 401, "webhook_unverified"),
    ] {
        let path = ask.path.clone();
        let reply = server.ask(ask).await;
        assert_eq!(reply.refused(), (status, code.to_owned()), "{path}");
    }
    let mut reader = server.store.read().await.unwrap();
    let found = incoming_hooks::find(&mut reader, FORGE, "two").await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn a_signature_without_what_belongs_to_it_is_no_webhook() {
    let server = Server::start().await;
    let mut mac = Hmac::<Sha256>::new_from_slice(HOOK_SECRET.as_bytes()).unwrap();
    mac.update(b"{}");
    let signature = hex::encode(mac.finalize().into_bytes());
    let ask = post(format!("/forge/{FORGE}/webhook"))
        .header("x-gitea-signature", &signature)
        .body("{}");
    let reply = server.ask(ask).await;
    assert_eq!(reply.refused(), (400, "validation_error".to_owned()));
}

#[tokio::test]
async fn only_posts_are_webhooks() {
    let server = Server::start().await;
    let path = format!("/forge/{FORGE}/webhook");
    let reply = server.ask(get(&path)).await;
    assert_eq!(reply.refused(), (405, "method_not_allowed".to_owned()));
    let reply = server.ask(Ask::new(Method::POST, "/forge//webhook")).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn a_form_is_refused_with_the_remedy() {
    let server = Server::start().await;
    let form = "application/x-www-form-urlencoded";
    let ask = signed(b"payload=%7B%7D", HOOK_SECRET, "form").header("content-type", form);
    let reply = server.ask(ask).await;
    assert_eq!(reply.refused(), (400, "validation_error".to_owned()));
    assert!(
        reply.text().contains("application/json"),
        "{}",
        reply.text()
    );
}
