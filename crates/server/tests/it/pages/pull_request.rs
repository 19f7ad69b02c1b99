//! `/pulls/{number}` as a page.

use crate::support::{Server, get};

#[tokio::test]
async fn shows_the_change_without_a_script() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, _) = server.pull_request(&key, "first").await;
    let reply = server
        .ask(get(format!("/pulls/{number}")).basic(&key.token, ""))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = reply.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert_eq!(reply.header("x-frame-options"), Some("DENY"));
    let page = reply.text();
    assert!(
        !page.contains("<script") && page.contains("Change &lt;outwork/first&gt;"),
        "{page}"
    );
    assert!(
        page.contains("<span class=\"added\">+hello first\n</span>"),
        "{page}"
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_had_leaves_the_rest() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, _) = server.pull_request(&key, "first").await;
    let place = server.folder.path().join("repositories/first.git");
    std::fs::remove_dir_all(place).unwrap();
    let reply = server.ask(get(format!("/pulls/{number}")).by(&key)).await;
    assert_eq!(reply.status, 200);
    assert!(
        reply
            .text()
            .contains("The changes cannot be shown at present.")
    );
}

#[tokio::test]
async fn another_accounts_is_as_one_that_never_was() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let (foreign, _) = server.pull_request(&other, "first").await;
    for name in [&foreign.to_string(), "4711", "x", "1.html"] {
        for form in ["", ".diff", ".patch"] {
            let reply = server
                .ask(get(format!("/pulls/{name}{form}")).by(&key))
                .await;
            assert_eq!(
                (reply.status.as_u16(), reply.text()),
                (404, "Pull request not found\n")
            );
        }
    }
}
