//! Whatever is sent, the answer is no fault of ours.

use axum::body::Body;
use axum::http::Method;
use outwork_domain::Project;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::support::{Ask, Key, Server, get, post};

const KEYS: [&str; 52] = [
    "prompt",
    "text",
    "images",
    "data",
    "dimension",
    "width",
    "height",
    "model",
    "source",
    "repository",
    "ref",
    "prUrl",
    "target",
    "autoCreatePr",
    "openAsCursorGithubApp",
    "skipReviewerRequest",
    "branchName",
    "autoBranch",
    "webhook",
    "url",
    "secret",
    "other",
    "name",
    "agentId",
    "env",
    "type",
    "repos",
    "startingRef",
    "workOnCurrentBranch",
    "autoGenerateBranch",
    "autoCreatePR",
    "envVars",
    "runEnvVars",
    "mcpServers",
    "command",
    "auth",
    "customSubagents",
    "description",
    "mode",
    "metadata",
    "agentServeAgent",
    "id",
    "params",
    "value",
    "mimeType",
    "CLIENT_ID",
    "messages",
    "role",
    "content",
    "parts",
    "branch",
    "asDraft",
];

/// JSON that looks like what is asked for, more or less.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        prop_oneof![
            Just("main"),
            Just("script"),
            Just("https://h/o/r"),
            Just("file:///srv/x"),
            Just("\0"),
            Just("AAAA"),
            Just("/"),
            Just("default"),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let key = prop_oneof![
            proptest::sample::select(KEYS.to_vec()).prop_map(ToOwned::to_owned),
            "\\PC{0,6}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

struct Bench {
    runtime: Runtime,
    server: Server,
    key: Key,
    agent: String,
}

impl Bench {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let (server, key, agent) = runtime.block_on(async {
            let server = Server::start().await;
            let key = server.key("a@example.com").await;
            let agent = server.launch(&key, "x").await;
            let repository = server.repositories.make("docs.git");
            let project = Project::new("docs".parse().unwrap(), repository.parse().unwrap());
            let uses_per_hour = 1_000_000;
            server
                .project(Project {
                    uses_per_hour,
                    ..project
                })
                .await;
            (server, key, agent)
        });
        Self {
            runtime,
            server,
            key,
            agent,
        }
    }

    fn status(&self, ask: Ask) -> u16 {
        let ask = ask.by(&self.key);
        let answer = async {
            // A job of v1 answers with a stream, which has no end here.
            if ask.method == Method::POST && ask.path.starts_with("/v1/agent/") {
                return self.server.send(ask.request()).await.status();
            }
            self.server.ask(ask).await.status
        };
        self.runtime.block_on(answer).as_u16()
    }

    fn check<S: Strategy>(&self, cases: u32, strategy: S, ask: impl Fn(S::Value) -> Vec<Ask>) {
        let config = Config {
            cases,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&strategy, |value| {
                for ask in ask(value) {
                    let path = ask.path.clone();
                    let status = self.status(ask);
                    proptest::prop_assert!(status < 500, "{status} from {path}");
                }
                Ok(())
            })
            .unwrap();
    }

    fn posts(&self, body: &[u8]) -> Vec<Ask> {
        let follow_up = format!("/v0/agents/{}/followup", self.agent);
        let next = format!("/v1/agents/{}/runs", self.agent);
        let (follow_up, next) = (follow_up.as_str(), next.as_str());
        let paths = [
            "/v0/agents",
            follow_up,
            "/v1/agents",
            next,
            "/v1/sub-tokens",
            "/v2/agent/docs/job",
            "/v1/agent/docs/job",
        ];
        paths
            .map(post)
            .map(|ask| ask.body(Body::from(body.to_vec())))
            .into()
    }
}

#[test]
fn bytes() {
    let bench = Bench::start();
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    bench.check(200, bytes, |bytes| bench.posts(&bytes));
}

#[test]
fn json_of_any_shape() {
    let bench = Bench::start();
    bench.check(300, anything(), |value| {
        bench.posts(value.to_string().as_bytes())
    });
}

#[test]
fn good_bodies_with_one_part_replaced() {
    let bench = Bench::start();
    let place = proptest::sample::select(KEYS.to_vec());
    let repository = bench.server.repositories.make("tools.git");
    let strategy = (
        proptest::sample::select(vec!["", "/prompt", "/source", "/target", "/webhook"]),
        place,
        anything(),
    );
    bench.check(300, strategy, |(parent, key, value)| {
        let mut body = json!({
            "prompt": {"text": "x", "images": []}, "model": "script",
            "source": {"repository": repository}, "target": {},
            "webhook": {"url": "https://hooks.example.com/"},
        });
        body.pointer_mut(parent).unwrap()[key] = value;
        bench.posts(body.to_string().as_bytes())
    });
}

#[test]
fn good_bodies_of_v1_with_one_part_replaced() {
    let bench = Bench::start();
    let place = proptest::sample::select(KEYS.to_vec());
    let repository = bench.server.repositories.make("tools.git");
    let parents = vec![
        "",
        "/prompt",
        "/model",
        "/env",
        "/repos/0",
        "/webhook",
        "/metadata",
    ];
    let strategy = (proptest::sample::select(parents), place, anything());
    bench.check(300, strategy, |(parent, key, value)| {
        let mut body = json!({
            "prompt": {"text": "x", "images": []}, "model": {"id": "script"},
            "env": {"type": "cloud"}, "repos": [{"url": repository, "startingRef": "main"}],
            "webhook": {"url": "https://hooks.example.com/"}, "metadata": {"a": "b"},
        });
        body.pointer_mut(parent).unwrap()[key] = value;
        bench.posts(body.to_string().as_bytes())
    });
}

#[test]
fn good_jobs_with_one_part_replaced() {
    let bench = Bench::start();
    let place = proptest::sample::select(KEYS.to_vec());
    let parents = vec!["", "/messages/0", "/messages/1/parts/0"];
    let strategy = (proptest::sample::select(parents), place, anything());
    bench.check(300, strategy, |(parent, key, value)| {
        let mut body = json!({
            "prompt": "x", "model": "sonnet", "branch": "topic", "asDraft": false,
            "messages": [
                {"role": "system", "content": "x"},
                {"role": "user", "parts": [{"type": "text", "text": "x"}]},
            ],
        });
        body.pointer_mut(parent).unwrap()[key] = value;
        bench.posts(body.to_string().as_bytes())
    });
}

#[test]
fn paths_and_queries() {
    let bench = Bench::start();
    let encoded = "([a-zA-Z0-9._~/?&=:@-]|%[0-9a-fA-F]{2}|%[g-z]{2}){0,40}";
    bench.check(300, encoded, |text| {
        let rest = text.trim_start_matches('/');
        vec![
            get(format!("/v0/agents/{}", rest.split('?').next().unwrap())),
            get(format!("/v0/agents?{rest}")),
            get(format!("/v0/agents?limit={rest}&cursor={rest}")),
            get(format!(
                "/v0/agents/{}/artifacts/download?path={rest}",
                bench.agent
            )),
            get(format!(
                "/api/v1/agents/{}/events?after={rest}",
                bench.agent
            )),
            get(format!("/api/v1/pull-requests/{rest}")),
            get(format!("/pulls/{rest}")),
            get(format!("/v1/agents/{}", rest.split('?').next().unwrap())),
            get(format!("/v1/agents?limit={rest}&cursor={rest}")),
            get(format!("/v1/agents/{}/runs?cursor={rest}", bench.agent)),
            get(format!("/v1/agents/{}/runs/{rest}", bench.agent)),
            get(format!("/v1/agents/{}/usage?runId={rest}", bench.agent)),
            get(format!(
                "/v1/agents/{}/artifacts/download?path={rest}",
                bench.agent
            )),
            get(format!("/v2/agent/{rest}")),
            get(format!("/v2/agent/docs/job/{rest}")),
            get(format!("/v1/agent/docs/jobs?skip={rest}&take={rest}")),
            get(format!("/agent/{rest}")),
            get(format!("/agents/{rest}")),
            get(format!("/artifacts/{rest}")),
            get(format!(
                "/artifacts/{}/{rest}?expires=1&signature=00",
                bench.agent
            )),
            get(format!("/{rest}")),
        ]
    });
}

#[test]
fn headers() {
    let bench = Bench::start();
    bench.check(200, "[ -~]{0,40}", |text| {
        let events = format!("/api/v1/agents/{}/events", bench.agent);
        vec![
            get(events)
                .header("last-event-id", &text)
                .header("x-other", &text),
            get("/v0/me").header("authorization", &text),
            get("/v0/me").header("authorization", &format!("Basic {text}")),
        ]
    });
}
