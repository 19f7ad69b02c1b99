//! What a key may be used for: the same in every dialect.

use std::time::Duration;

use outwork_domain::{KeyRules, KeyScope, Project};
use outwork_server::RateLimitOptions;
use serde_json::json;

use crate::support::{Key, Server, delete, get, post};

const FORBIDDEN: (u16, &str) = (403, "role_forbidden");

/// A route of each dialect, and one of our own.
const READ: [&str; 5] = [
    "/v0/agents",
    "/v1/agents",
    "/v1/agent/docs/jobs",
    "/v1alpha/sessions",
    "/api/v1/agents",
];

fn refusal((status, code): (u16, String)) -> (u16, &'static str) {
    (status, Box::leak(code.into_boxed_str()))
}

/// A server with the project `docs`, an agent in it, and one beside it.
struct Ground {
    server: Server,
    key: Key,
    repository: String,
    inside: String,
    outside: String,
}

impl Ground {
    async fn new() -> Self {
        // What tests send comes from nowhere, which is as good as a proxy.
        let server = Server::start_limited(RateLimitOptions {
            trusted_proxies: vec!["0.0.0.0".parse().unwrap()],
            ..RateLimitOptions::unlimited()
        })
        .await;
        let key = server.key("dev@example.com").await;
        let repository = server.repositories.make("docs.git");
        server
            .project(Project::new(
                "docs".parse().unwrap(),
                repository.parse().unwrap(),
            ))
            .await;
        let inside = server.launch_on(&key, &repository, "in").await;
        let outside = server.launch(&key, "out").await;
        Self {
            server,
            key,
            repository,
            inside,
            outside,
        }
    }

    async fn limited(&self, rules: KeyRules) -> Key {
        self.server.limited(&self.key, rules).await
    }

    async fn of_project(&self) -> Key {
        self.limited(KeyRules {
            projects: vec!["docs".parse().unwrap()],
            ..KeyRules::default()
        })
        .await
    }

    async fn status(&self, key: &Key, path: &str) -> u16 {
        self.server.ask(get(path).by(key)).await.status.as_u16()
    }
}

#[tokio::test]
async fn a_reading_key_changes_nothing() {
    let ground = Ground::new().await;
    let (server, id) = (&ground.server, &ground.inside);
    let reader = ground
        .limited(KeyRules {
            scope: KeyScope::Read,
            ..KeyRules::default()
        })
        .await;
    for path in READ {
        assert_eq!(ground.status(&reader, path).await, 200, "{path}");
    }
    let body = json!({"prompt": {"text": "x"}, "source": {"repository": ground.repository}});
    for ask in [
        post("/v0/agents").json(&body),
        post(format!("/v0/agents/{id}/stop")),
        post(format!("/v1/agents/{id}/archive")),
        delete(format!("/v1/agents/{id}")),
        post("/api/v1/pull-requests/1/merge"),
    ] {
        let refused = server.ask(ask.by(&reader)).await.refused();
        assert_eq!(refusal(refused), FORBIDDEN);
    }
    let uuid = id.trim_start_matches("bc-");
    for ask in [
        post("/v2/agent/docs/job").json(&json!({"prompt": "x"})),
        post(format!("/v2/agent/docs/job/{uuid}/message")).json(&json!({"prompt": "x"})),
        post("/v1alpha/sessions").json(&json!({"prompt": "x"})),
        post(format!("/v1alpha/sessions/{uuid}:archive")),
        delete(format!("/v1alpha/sessions/{uuid}")),
    ] {
        let path = ask.path.clone();
        let refused = server.ask(ask.by(&reader)).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    assert_eq!(server.states(id).await, ["queued"]);
    // The control: a key that writes.
    let stop = post(format!("/v0/agents/{id}/stop")).by(&ground.key);
    server.ask(stop).await.good();
}

#[tokio::test]
async fn a_key_works_where_it_may_come_from() {
    let ground = Ground::new().await;
    let key = ground
        .limited(KeyRules {
            networks: vec![
                "192.0.2.0/24".parse().unwrap(),
                "2001:db8::/32".parse().unwrap(),
            ],
            ..KeyRules::default()
        })
        .await;
    for (address, status) in [
        ("192.0.2.9", 200),
        ("198.51.100.1", 403),
        ("192.0.2.9, 198.51.100.1", 403),
        ("2001:db8::7", 200),
        ("2001:db9::7", 403),
        ("::ffff:192.0.2.9", 200),
    ] {
        for path in READ {
            let found = ground
                .server
                .ask(get(path).by(&key).header("x-forwarded-for", address))
                .await;
            assert_eq!(found.status, status, "{path} from {address}");
        }
    }
    // Nobody knows where this one comes from.
    assert_eq!(ground.status(&key, "/v0/me").await, 403);
}

#[tokio::test]
async fn a_key_ends_at_its_time() {
    let ground = Ground::new().await;
    let key = ground
        .limited(KeyRules {
            expires_at: Some(ground.server.clock.now_plus(Duration::from_secs(60))),
            ..KeyRules::default()
        })
        .await;
    ground.server.clock.advance(Duration::from_secs(59));
    assert_eq!(ground.status(&key, "/v1/me").await, 200);
    ground.server.clock.advance(Duration::from_secs(1));
    for path in READ {
        assert_eq!(ground.status(&key, path).await, 401, "{path}");
    }
    assert_eq!(ground.status(&ground.key, "/v1/me").await, 200);
}

#[tokio::test]
async fn a_key_of_a_project_sees_its_agents_and_no_others() {
    let ground = Ground::new().await;
    let key = ground.of_project().await;
    let (server, inside, outside) = (&ground.server, &ground.inside, &ground.outside);
    for path in ["/v0/agents", "/v1/agents", "/api/v1/agents"] {
        assert_eq!(ground.status(&key, &format!("{path}/{inside}")).await, 200);
        let path = format!("{path}/{outside}");
        let refused = server.ask(get(&path).by(&key)).await;
        let never = path.replace(outside.as_str(), "bc-00000000-0000-4000-8000-000000000000");
        let never = server.ask(get(&never).by(&key)).await;
        assert_eq!(
            (refused.status, &refused.bytes),
            (never.status, &never.bytes),
            "{path}"
        );
        assert_eq!(ground.status(&ground.key, &path).await, 200);
    }
    let stop = server
        .ask(post(format!("/v0/agents/{outside}/stop")).by(&key))
        .await;
    assert_eq!(refusal(stop.refused()), (404, "agent_not_found"));

    let listed = server.read(&key, "/v0/agents").await;
    assert_eq!(listed["agents"][0]["id"], json!(inside));
    assert_eq!(listed["agents"].as_array().unwrap().len(), 1);
    let listed = server.read(&key, "/v1/agents").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let listed = server.read(&key, "/v1/repositories").await;
    assert_eq!(listed, json!({"items": [{"url": ground.repository}]}));
}

#[tokio::test]
async fn a_key_of_a_project_makes_agents_on_its_repository_alone() {
    let ground = Ground::new().await;
    let key = ground.of_project().await;
    let other = ground.server.repositories.make("other.git");
    let v0 = |repository: &str| {
        let body = json!({"prompt": {"text": "x"}, "source": {"repository": repository}});
        post("/v0/agents").json(&body)
    };
    let v1 = |repositories: &[&str]| {
        let repos: Vec<_> = repositories.iter().map(|url| json!({"url": url})).collect();
        post("/v1/agents").json(&json!({"prompt": {"text": "x"}, "repos": repos}))
    };
    let server = &ground.server;
    for ask in [
        v0(&other),
        v1(&[&other]),
        v1(&[&ground.repository, &other]),
        v1(&[]),
    ] {
        let refused = server.ask(ask.by(&key)).await.refused();
        assert_eq!(refusal(refused), (400, "repository_access"));
    }
    for ask in [v0(&ground.repository), v1(&[&ground.repository])] {
        server.ask(ask.by(&key)).await.good();
    }
}

#[tokio::test]
async fn what_is_no_part_of_a_project_is_closed_to_its_keys() {
    let ground = Ground::new().await;
    let key = ground.of_project().await;
    for path in [
        "/api/v1/webhooks",
        "/v1/secrets",
        "/api/v1/pull-requests",
        "/v1/environments",
    ] {
        let refused = ground.server.ask(get(path).by(&key)).await.refused();
        assert_eq!(refusal(refused), FORBIDDEN, "{path}");
        assert_eq!(ground.status(&ground.key, path).await, 200, "{path}");
    }
    for path in ["/v0/me", "/v1/me", "/v0/models", "/v1/models"] {
        assert_eq!(ground.status(&key, path).await, 200, "{path}");
    }
}

#[tokio::test]
async fn a_pull_request_is_its_agents() {
    let server = Server::start().await;
    let account = server.key("dev@example.com").await;
    let (inside, repository) = server.pull_request(&account, "inside").await;
    let (outside, _) = server.pull_request(&account, "outside").await;
    let repository = repository.parse().unwrap();
    server
        .project(Project::new("docs".parse().unwrap(), repository))
        .await;
    let projects = vec!["docs".parse().unwrap()];
    let rules = KeyRules {
        projects,
        ..KeyRules::default()
    };
    let key = server.limited(&account, rules).await;
    for (number, status) in [(inside, 200), (outside, 404), (99, 404)] {
        for path in [
            format!("/api/v1/pull-requests/{number}"),
            format!("/pulls/{number}"),
        ] {
            let found = server.ask(get(&path).by(&key)).await;
            assert_eq!(found.status, status, "{path}");
        }
    }
}
