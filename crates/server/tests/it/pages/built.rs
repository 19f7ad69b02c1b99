//! `/` and `/agents`.

use crate::support::{Server, get};

#[tokio::test]
async fn the_start_leads_to_the_agents() {
    let server = Server::start().await;
    let reply = server.ask(get("/")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (307, Some("/agents"))
    );
}

#[tokio::test]
async fn the_agents_page_needs_no_key_and_runs_nothing_foreign() {
    let server = Server::start().await;
    let reply = server
        .ask(get("/agents?id=bc-00000000-0000-4000-8000-000000000001"))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(reply.text().contains("Outwork"));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for part in policy
        .split(';')
        .filter(|part| part.trim().starts_with("script-src"))
    {
        assert_eq!(part.trim(), "script-src 'self'");
    }
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}
