//! Whatever is somebody else's is answered, byte for byte, as what never was.
//!
//! The routes come from the document that the server itself gives, so a new one cannot be forgotten: its
//! parameters and its body must be known here, or the test fails.

mod things;

use axum::body::to_bytes;
use axum::http::HeaderMap;
use outwork_domain::Project;
use serde_json::{Value, json};

use self::things::{Kind, Things, operations};
use crate::support::{Ask, Key, Server, get};

/// Routes with parameters that name nothing of an account, and why.
const OF_NOBODY: &[(&str, &str)] = &[
    (
        "/forge/{name}/webhook",
        "forges are the server's, and no key is asked for",
    ),
    (
        "/api/v1/projects/{id}",
        "projects are the server's, and every key without limits removes what was added",
    ),
    (
        "/v1/team/secrets/{name}",
        "the team is everybody on the server",
    ),
    (
        "/v1/secrets/{name}",
        "a name is one's own, whoever else has one; versions are asked for by themselves",
    ),
    (
        "/v1alpha/sources/{source}",
        "repositories are the server's, and every key reaches them",
    ),
];

fn is_of_nobody(template: &str) -> bool {
    OF_NOBODY.iter().any(|(route, _)| *route == template)
}

fn body_of(method: &str, template: &str) -> Option<Value> {
    let body = match (method, template.rsplit('/').next().unwrap()) {
        ("post", "followup" | "runs") => json!({"prompt": {"text": "x"}}),
        ("post", "message" | "{id}:sendMessage") => json!({"prompt": "x"}),
        ("post", "{id}:approvePlan" | "{id}:archive" | "{id}:unarchive") => json!({}),
        ("put", "{name}") => json!({"value": "hunter2hunter2"}),
        ("patch", "{environmentId}") => json!({"name": "Mine", "environmentJson": "{}"}),
        _ => return None,
    };
    Some(body)
}

/// Status, headers and body of an answer, without what differs between any two.
async fn answered(server: &Server, ask: Ask) -> (u16, HeaderMap, String) {
    let response = server.send(ask.request()).await;
    let (mut parts, body) = response.into_parts();
    for changing in ["x-request-id", "date"] {
        parts.headers.remove(changing);
    }
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (parts.status.as_u16(), parts.headers, text)
}

/// A server, the key of somebody else, and one's own.
async fn start() -> (Server, Key, Key) {
    let server = Server::start().await;
    let repository = server.repositories.make("docs.git");
    let project = Project::new("docs".parse().unwrap(), repository.parse().unwrap());
    server.project(project).await;
    let (theirs, mine) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    (server, theirs, mine)
}

/// Both requests, and the assertion that nobody can tell their answers apart.
async fn alike(server: &Server, mine: &Key, (method, template): (&str, &str), pair: [&str; 2]) {
    let ask = |path: &str| {
        let ask = Ask::new(method.to_uppercase().parse().unwrap(), path).by(mine);
        body_of(method, template).iter().fold(ask, Ask::json)
    };
    let [foreign, never] = pair.map(ask);
    let foreign = answered(server, foreign).await;
    let never = answered(server, never).await;
    let [one, other] = pair;
    assert_eq!(foreign, never, "{method} {one}\nagainst {other}");
}

#[tokio::test]
async fn what_is_somebody_elses_is_as_what_never_was() {
    let (server, their_key, my_key) = start().await;
    let theirs = Things::of(&server, &their_key, "theirs").await;
    let mine = Things::of(&server, &my_key, "mine").await;
    let never = theirs.never();
    let before = all_of(&server, &their_key, &theirs).await;
    let operations = operations(&server).await;
    assert!(operations.len() > 45, "{}", operations.len());
    for (method, template, operation) in &operations {
        if is_of_nobody(template) {
            continue;
        }
        // What names no thing of an account is its own list or its own making.
        if theirs.path(template) == never.path(template) {
            let ends = ["/job", "/jobs", "{projectId}"];
            assert!(ends.iter().any(|end| template.ends_with(end)), "{template}");
            continue;
        }
        assert!(
            operation.get("requestBody").is_none() || body_of(method, template).is_some(),
            "{method} {template}: with which body? Say it here"
        );
        let route = (method.as_str(), template.as_str());
        let pair = [theirs.path(template), never.path(template)];
        alike(&server, &my_key, route, pair.each_ref().map(String::as_str)).await;
        below_mine(&server, &my_key, route, [&theirs, &never, &mine]).await;
    }
    versions(&server, &my_key, [&theirs, &never]).await;
    for (one, other) in theirs.queries().iter().zip(never.queries()) {
        alike(&server, &my_key, ("get", one), [one, &other]).await;
    }
    let after = all_of(&server, &their_key, &theirs).await;
    assert_eq!(after, before, "somebody else's request changed something");
}

/// Something of theirs below something of mine, and the other way about.
async fn below_mine(
    server: &Server,
    key: &Key,
    (method, template): (&str, &str),
    [theirs, never, mine]: [&Things; 3],
) {
    let holders = [Kind::Agent, Kind::Environment];
    let held = [Kind::Activity, Kind::Artifact, Kind::Run, Kind::Secret];
    for kinds in [&holders[..], &held] {
        let [foreign, never] = [theirs, never].map(|one| one.but(kinds, mine).path(template));
        let is_all_mine = foreign == mine.path(template);
        // Whoever puts a name below something of his own makes it.
        let makes = method == "put" && kinds == holders;
        if foreign != never && !is_all_mine && !makes {
            alike(server, key, (method, template), [&foreign, &never]).await;
        }
    }
}

/// Versions of a secret, which a query names.
async fn versions(server: &Server, key: &Key, pair: [&Things; 2]) {
    let [theirs, never] = pair.map(|things| {
        let (name, version) = (things.id(Kind::Secret), things.id(Kind::SecretVersion));
        format!("/v1/secrets/{name}?id={version}")
    });
    for method in ["put", "delete"] {
        let route = (method, "/v1/secrets/{name}");
        alike(server, key, route, [&theirs, &never]).await;
    }
}

/// Everything that a key can read of its things.
async fn all_of(server: &Server, key: &Key, things: &Things) -> Vec<(String, u16, String)> {
    let mut all = Vec::new();
    for (method, template, _) in operations(server).await {
        let is_read = method == "get" && !is_of_nobody(&template);
        let streams = ["/stream", "/download", "/events"];
        if is_read && !streams.iter().any(|end| template.ends_with(end)) {
            let path = things.path(&template);
            let (status, _, text) = answered(server, get(&path).by(key)).await;
            all.push((path, status, text));
        }
    }
    // The control: they are all there.
    let found = all.iter().filter(|(_, status, _)| *status == 200).count();
    assert!(found > 20, "{all:#?}");
    all
}

#[tokio::test]
async fn no_list_shows_what_is_somebody_elses() {
    let (server, their_key, my_key) = start().await;
    let theirs = Things::of(&server, &their_key, "theirs").await;
    let document = server.ask(get("/openapi.json")).await.good();
    let open = ["/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"];
    let mut shown = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{projectId}", "docs");
        let is_list = item.get("get").is_some() && !path.contains('{');
        if !is_list || open.contains(&path.as_str()) || path.ends_with("/stream") {
            continue;
        }
        let holds = async |key: &Key| {
            let (_, _, text) = answered(&server, get(&path).by(key)).await;
            theirs.shown().iter().any(|id| text.contains(id))
        };
        assert!(!holds(&my_key).await, "{path}");
        shown += usize::from(holds(&their_key).await);
    }
    assert!(shown >= 9, "only {shown} lists show their owner anything");
}
