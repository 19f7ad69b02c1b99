//! `/docs`: the description as a page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::support::{Server, description, get};

#[tokio::test]
async fn the_page_loads_nothing_and_runs_nothing() {
    let server = Server::start().await;
    let reply = server.ask(get("/docs")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let page = reply.text();
    for word in [
        "<script", " style=", " onclick", "src=", "<link", "@import", "url(",
    ] {
        assert!(!page.contains(word), "the page has {word}");
    }
    let outside = |link: &&str| link.starts_with("http") || link.starts_with("//");
    let links = page.split("href=\"").skip(1);
    let links: Vec<&str> = links.filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links.iter().find(|link| outside(link)), None);
    let (style, _) = page
        .split_once("<style>")
        .and_then(|(_, rest)| rest.split_once("</style>"))
        .unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(
        policy.contains(&format!("style-src 'sha256-{hash}'")),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn every_operation_has_its_place_and_every_link_leads_somewhere() {
    let server = Server::start().await;
    let reply = server.ask(get("/docs")).await;
    let page = reply.text();
    for (path, _, operation) in description().operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("<article id=\"{id}\">")), "{id}");
        assert!(page.contains(path), "{path}");
    }
    for rest in page.split("href=\"#").skip(1) {
        let anchor = rest.split('"').next().unwrap();
        assert!(
            page.contains(&format!(" id=\"{anchor}\"")),
            "#{anchor} leads nowhere"
        );
    }
    assert!(page.contains("curl --user &quot;$OUTWORK_API_KEY:&quot;"));
}
