//! Mintlify's jobs through the real program: what its clients do, in their own requests.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::repository::Repository;
use crate::support::server::{Database, Ground, Server};

const FIRST: &str = "Add a quickstart guide\n\n```sh\necho begun\nfor n in $(seq 600); do test -e $OUTWORK_ARTIFACTS/go && break; sleep 0.1; done\necho '# Quickstart' > quickstart.mdx\n```\n";
const SECOND: &str = "Also add error handling examples to the quickstart guide\n\n```sh\necho '## Errors' >> quickstart.mdx\n```\n";
const PATIENCE: Duration = Duration::from_secs(180);

/// A configuration with the project `docs`.
fn configured(ground: &Ground, repository: &Repository, more: &str) -> PathBuf {
    let path = ground.path().join("outwork.toml");
    let url = repository.url();
    let text = format!("{more}\n[[projects]]\nid = 'docs'\nalias = 'acme'\nrepository = '{url}'\n");
    std::fs::write(&path, text).unwrap();
    path
}

fn serve(ground: &Ground, configuration: &std::path::Path) -> Server {
    let key = ground.key("dev@example.com");
    ground.serve_with(&key, &["--config", configuration.to_str().unwrap()])
}

impl Server {
    /// Sends a request as Mintlify's clients do, and gives the response.
    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::Response {
        let url = format!("{}{path}", self.url);
        let request = self.http.request(method.parse().unwrap(), url);
        let request = request.bearer_auth(&self.key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap()
    }

    async fn job(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Polls a job until it is at rest.
    async fn job_at_rest(&self, id: &str) -> Value {
        let path = format!("/v2/agent/docs/job/{id}");
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let (status, job) = self.job("GET", &path, None).await;
            assert_eq!(status, 200, "{job}");
            if job["status"] != "active" {
                return job;
            }
            assert_eq!(job["prLink"], Value::Null, "{job}");
            let late = tokio::time::Instant::now() > deadline;
            assert!(!late, "still going: {job}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn a_message_to_a_job_at_work(database: Database) {
    let ground = Ground::new(database);
    let repository = Repository::with_files(&ground.repositories(), "docs.git", 3);
    let server = serve(&ground, &configured(&ground, &repository, ""));
    let prompt = |text: &str| json!({ "prompt": text });
    let first = prompt(FIRST);
    let create = server.job("POST", "/v2/agent/docs/job", Some(&first));
    let (status, job) = create.await;
    assert_eq!((status, &job["status"]), (201, &json!("active")), "{job}");
    let id = job["id"].as_str().unwrap();
    let agent = format!("bc-{id}");
    server.stream(&agent, "tool_output").await;
    let path = format!("/v2/agent/docs/job/{id}/message");
    let (status, answer) = server.job("POST", &path, Some(&prompt(SECOND))).await;
    assert_eq!((status, &answer["status"]), (200, &json!("active")));
    ground.touch_artifact(&agent, "go");

    let done = server.job_at_rest(id).await;
    assert_eq!(done["status"], "completed", "{done}\n{}", server.log());
    let branch = done["source"]["ref"].as_str().unwrap();
    assert!(branch.starts_with("mintlify/"), "{branch}");
    assert_eq!(repository.commits_of(branch).len(), 2);
    let guide = repository.file(branch, "quickstart.mdx");
    assert_eq!(guide, "# Quickstart\n## Errors\n");
    let pulls = server.pull_requests().await;
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!(done["prLink"], pulls[0]["url"]);
    assert_eq!(pulls[0]["head"], branch);
    // It is an agent like any other.
    assert_eq!(server.agent(&agent).await["status"], "FINISHED");
}

#[tokio::test]
async fn a_message_to_a_job_at_work_on_sqlite() {
    a_message_to_a_job_at_work(Database::Sqlite).await;
}

#[tokio::test]
async fn a_message_to_a_job_at_work_on_postgres() {
    a_message_to_a_job_at_work(Database::postgres()).await;
}

/// The stream of v1 goes on to the end of the run, with the pull request in it.
#[tokio::test]
async fn a_job_of_v1_is_a_stream_to_its_end() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "docs.git", 3);
    repository.git(&["branch", "guides/there", "main"]);
    let server = serve(&ground, &configured(&ground, &repository, ""));
    for branch in ["guides/new", "guides/there"] {
        let body = json!({
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Write\n```sh\necho words > words.mdx\n```"},
            ],
            "branch": branch,
            "asDraft": true,
        });
        let path = "/v1/agent/acme/job";
        let response = server.send("POST", path, Some(&body)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-branch-name"], branch);
        let id = response.headers()["x-session-id"].to_str().unwrap();
        let id = id.to_owned();
        let text = tokio::time::timeout(PATIENCE, response.text()).await;
        let text = text.unwrap().unwrap();
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        assert!(text.contains(r#""finishReason":"stop""#), "{text}");
        assert_eq!(repository.file(branch, "words.mdx"), "words\n");
        let (_, session) = server
            .job("GET", &format!("/agent/acme/job/{id}"), None)
            .await;
        let link = session["pullRequestLink"].as_str().unwrap();
        assert!(text.contains(&format!(r#""url":"{link}""#)), "{text}");
        let pulls = server.pull_requests().await;
        let pull = pulls.iter().find(|one| one["url"] == link).unwrap();
        assert_eq!(
            (&pull["head"], &pull["draft"]),
            (&json!(branch), &json!(true))
        );
    }
    let (_, list) = server.job("GET", "/v1/agent/docs/jobs?take=1", None).await;
    let listed = list["allSessions"].as_array().unwrap();
    assert_eq!(listed.len(), 1, "{list}");
    assert_eq!(listed[0]["branch"], "guides/there");
}

/// What the configuration switches off is as unknown as what never was.
#[tokio::test]
async fn a_dialect_that_is_off_has_no_routes() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "docs.git", 3);
    let off = "[dialects]\nmintlify = 'off'\n";
    let server = serve(&ground, &configured(&ground, &repository, off));
    let body = json!({"prompt": "x"});
    let (status, answer) = server.job("POST", "/v2/agent/docs/job", Some(&body)).await;
    assert_eq!(status, 404, "{answer}");
    let id = server
        .launch(&repository.url(), "Look\n```sh\nls\n```")
        .await;
    server.finished(&id).await;
}
