//! What an account has one of each of, and where each stands in a path.

use std::collections::BTreeMap;

use outwork_domain::Cause;
use serde_json::{Value, json};

use crate::support::{Key, Server, get, post, put};

/// What a parameter of a path can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Activity,
    Agent,
    Artifact,
    Build,
    Claim,
    Delivery,
    Endpoint,
    Environment,
    Job,
    Key,
    Project,
    PullRequest,
    Run,
    Secret,
    SecretVersion,
    Worker,
}

/// The id of one thing of each kind.
#[derive(Clone, Debug)]
pub struct Things(BTreeMap<Kind, String>);

impl Things {
    /// Makes them all for the account of a key.
    pub async fn of(server: &Server, key: &Key, name: &str) -> Self {
        let (pull_request, _) = server.pull_request(key, name).await;
        let make = async |path: &str, body: Value| {
            let made = server.ask(post(path).by(key).json(&body)).await.good();
            text(&made["id"])
        };
        let endpoint = json!({"url": format!("https://hooks.example.com/{name}")});
        let endpoint = make("/api/v1/webhooks", endpoint).await;
        let test = format!("/api/v1/webhooks/{endpoint}/test");
        let delivery = server.ask(post(test).by(key)).await.good();
        let environment =
            json!({"owner": "personal", "name": name, "repos": [], "environmentJson": "{}"});
        let environment = make("/v1/environments", environment).await;
        let job = make("/v2/agent/docs/job", json!({"prompt": "x"})).await;
        let made = make("/api/v1/keys", json!({"name": name})).await;
        let agent = server.launch(key, "x").await;
        server.leave_artifact(&agent, "a.txt", b"a").await;
        // That of the pull request, the job's and this agent's: what has ended has an activity.
        for _ in 0..3 {
            let fence = server.work().await;
            server.fail(fence, Cause::ScriptFailed, "It broke.").await;
        }
        let shown = server.read(key, &format!("/v1/agents/{agent}")).await;
        let activities = format!("/v1alpha/sessions/{}/activities", session(&agent));
        let activities = server.read(key, &activities).await;
        let things = [
            (Kind::Activity, text(&activities["activities"][0]["id"])),
            (Kind::Run, text(&shown["latestRunId"])),
            (
                Kind::SecretVersion,
                secrets(server, key, name, &environment).await,
            ),
            (Kind::Agent, agent),
            (Kind::Artifact, "a.txt".to_owned()),
            (Kind::Build, "bld-20260115-x".to_owned()),
            (Kind::Claim, "claim-1".to_owned()),
            (Kind::Delivery, text(&delivery["id"])),
            (Kind::Endpoint, endpoint),
            (Kind::Environment, environment),
            (Kind::Job, job),
            (Kind::Key, made),
            // Projects are the server's, and every key reaches them.
            (Kind::Project, "docs".to_owned()),
            (Kind::PullRequest, pull_request.to_string()),
            (Kind::Secret, format!("TOKEN_{name}")),
            (Kind::Worker, "worker-1".to_owned()),
        ];
        Self(BTreeMap::from(things))
    }

    /// As many that never were, in forms as good.
    pub fn never(&self) -> Self {
        let other = |(kind, id): (&Kind, &String)| {
            let id = match kind {
                Kind::Build | Kind::Project => id.clone(),
                Kind::Artifact => "never.txt".to_owned(),
                Kind::Secret => "TOKEN_never".to_owned(),
                Kind::PullRequest => "4444".to_owned(),
                Kind::Activity
                | Kind::Agent
                | Kind::Claim
                | Kind::Delivery
                | Kind::Endpoint
                | Kind::Environment
                | Kind::Job
                | Kind::Key
                | Kind::Run
                | Kind::SecretVersion
                | Kind::Worker => {
                    // Right behind the other, where a list goes by ids.
                    let (front, last) = id.split_at(id.len() - 1);
                    format!("{front}{}", if last == "4" { "5" } else { "4" })
                }
            };
            (*kind, id)
        };
        Self(self.0.iter().map(other).collect())
    }

    /// These, but those of some kinds are another's.
    pub fn but(&self, kinds: &[Kind], of: &Self) -> Self {
        let mut mixed = self.clone();
        let taken = of.0.iter().filter(|(kind, _)| kinds.contains(kind));
        mixed.0.extend(taken.map(|(kind, id)| (*kind, id.clone())));
        mixed
    }

    /// The thing of a kind.
    pub fn id(&self, kind: Kind) -> &str {
        &self.0[&kind]
    }

    /// Every id that appears in answers, as it appears there.
    pub fn shown(&self) -> Vec<String> {
        let kinds = [
            Kind::Environment,
            Kind::Endpoint,
            Kind::Delivery,
            Kind::Job,
            Kind::Key,
            Kind::Secret,
        ];
        let mut shown = kinds.map(|kind| self.id(kind).to_owned()).to_vec();
        shown.push(session(self.id(Kind::Agent)).to_owned());
        shown.push(format!("/pulls/{}", self.id(Kind::PullRequest)));
        shown
    }

    /// The path of an operation with these things in it, and with the queries that name some.
    pub fn path(&self, template: &str) -> String {
        let mut path = template.to_owned();
        while let Some((start, end)) = path.find('{').zip(path.find('}')) {
            let name = path[start + 1..end].to_owned();
            path.replace_range(start..=end, self.parameter(template, &name));
        }
        let artifact = self.id(Kind::Artifact);
        match template {
            "/v0/agents/{id}/artifacts/download" => {
                format!("{path}?path=/opt/cursor/artifacts/{artifact}")
            }
            "/v1/agents/{id}/artifacts/download" => format!("{path}?path=artifacts/{artifact}"),
            "/v1/agents/{id}/usage" => format!("{path}?runId={}", self.id(Kind::Run)),
            "/artifacts/{agent}/{path}" => format!("{path}?expires=9999999999&signature=00"),
            _ => path,
        }
    }

    /// What stands for a parameter of a path.
    fn parameter(&self, path: &str, name: &str) -> &str {
        let is_job = path.starts_with("/agent/") || path.contains("/agent/{projectId}");
        let kind = match name {
            "id" if path.contains("/sessions/") => return session(self.id(Kind::Agent)),
            "id" if is_job => Kind::Job,
            "id" if path.contains("/deliveries/") => Kind::Delivery,
            "id" if path.contains("/webhooks/") => Kind::Endpoint,
            "id" if path.contains("/keys/") => Kind::Key,
            "id" if path.contains("/agents/") => Kind::Agent,
            "agent" => Kind::Agent,
            "activityId" => Kind::Activity,
            "path" => Kind::Artifact,
            "runId" => Kind::Run,
            "environmentId" => Kind::Environment,
            "buildId" => Kind::Build,
            "name" if path.contains("/secrets/") => Kind::Secret,
            // The first image of a run's prompt.
            "number" if path.contains("/images/") => return "0",
            "number" => Kind::PullRequest,
            "claimId" => Kind::Claim,
            "workerId" => Kind::Worker,
            "projectId" => Kind::Project,
            _ => panic!("{path}: what stands for {{{name}}}? Say it here"),
        };
        self.id(kind)
    }

    /// Queries that name such things on routes without one in their path; a number that a list goes on before
    /// names none.
    pub fn queries(&self) -> Vec<String> {
        let pull = self.id(Kind::PullRequest);
        let mut queries = vec![
            format!("/api/v1/deliveries?agent={}", self.id(Kind::Agent)),
            format!("/api/v1/deliveries?before={}", self.id(Kind::Delivery)),
            format!("/v1/secrets?environmentId={}", self.id(Kind::Environment)),
            format!("/v1/secrets?name={}", self.id(Kind::Secret)),
            format!("/pulls/{pull}"),
            format!("/pulls/{pull}.diff"),
            format!("/pulls/{pull}.patch"),
        ];
        let lists = ["/v0/agents", "/v1/agents", "/api/v1/agents"];
        let by_pull =
            lists.map(|list| format!("{list}?prUrl=https://outwork.example.com/pulls/{pull}"));
        queries.extend(by_pull);
        queries
    }
}

/// Puts a secret of the account and one of an environment; the version of the last.
async fn secrets(server: &Server, key: &Key, name: &str, environment: &str) -> String {
    let mut version = String::new();
    for holder in ["/v1", &format!("/v1/environments/{environment}")] {
        let path = format!("{holder}/secrets/TOKEN_{name}");
        let value = json!({"value": "hunter2hunter2"});
        let put = server.ask(put(path).by(key).json(&value)).await.good();
        version = text(&put["id"]);
    }
    version
}

/// The id of an agent as a session has it.
fn session(agent: &str) -> &str {
    agent.trim_start_matches("bc-")
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// Operations whose path has a parameter, from the server's own document; one with several methods behind its id is several.
pub async fn operations(server: &Server) -> Vec<(String, String, Value)> {
    let document = server.ask(get("/openapi.json")).await.good();
    let paths = document["paths"].as_object().unwrap().clone();
    let mut operations = Vec::new();
    for (path, item) in paths.into_iter().filter(|(path, _)| path.contains('{')) {
        for (method, operation) in item.as_object().unwrap() {
            let verbs: &[&str] =
                if (method.as_str(), path.as_str()) == ("post", "/v1alpha/sessions/{id}") {
                    &[":approvePlan", ":sendMessage", ":archive", ":unarchive"]
                } else {
                    &[""]
                };
            let one = |verb| (method.clone(), format!("{path}{verb}"), operation.clone());
            operations.extend(verbs.iter().map(one));
        }
    }
    operations
}
