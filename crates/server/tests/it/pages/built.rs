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

#[tokio::test]
async fn every_address_of_the_page_is_the_page() {
    let server = Server::start().await;
    let page = server.ask(get("/agents")).await;
    for path in [
        "/launch",
        "/settings",
        "/settings/keys",
        "/settings/web-hooks",
    ] {
        let reply = server.ask(get(path)).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.bytes, page.bytes, "{path}");
        for (name, value) in [
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=()",
            ),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path} {name}");
        }
        let policy = reply.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    for path in [
        "/settings/Keys",
        "/settings/a.js",
        "/settings/keys/x",
        "/launch/x",
    ] {
        assert_eq!(server.ask(get(path)).await.status, 404, "{path}");
    }
}
