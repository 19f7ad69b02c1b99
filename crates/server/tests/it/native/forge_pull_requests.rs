//! `GET /api/v1/forge-pull-requests`, and what an agent shows of them.

use outwork_domain::{
    ForgePullRequest, PullRequestIdentity, PullRequestNumber, PullRequestState, Readiness,
};
use outwork_engine::Clock as _;
use outwork_store::{Error, RepositoryChange, agents, forge_pull_requests};
use serde_json::{Value, json};

use crate::support::{Key, Server, get};

impl Server {
    /// Notes a pull request on a forge as the one of an agent's repository.
    async fn know(&self, id: &str, repository: &str, number: u64, state: PullRequestState) {
        let agent_id = id.trim_start_matches("bc-").parse().unwrap();
        let url = format!("https://git.example.com/acme/tools/pull/{number}");
        let now = self.clock.now();
        let change = RepositoryChange {
            pull_request_url: Some(url.clone()),
            on_forge: Some(ForgePullRequest {
                repository: "https://git.example.com/acme/tools".parse().unwrap(),
                number: PullRequestNumber(number),
                agent_id,
                url,
                base: "main".parse().unwrap(),
                head: "topic".parse().unwrap(),
                state,
                readiness: Readiness::Draft,
                identity: PullRequestIdentity::User,
            }),
            ..RepositoryChange::of(repository.parse().unwrap())
        };
        let known: Result<(), Error> = self
            .store
            .write(move |tx| {
                Box::pin(async move { agents::update_repository(tx, agent_id, &change, now).await })
            })
            .await;
        known.unwrap();
    }

    /// The state of the pull request of an agent's only repository, which its list and itself show alike.
    async fn shown_state(&self, key: &Key, id: &str) -> Value {
        let agent = self.read(key, &format!("/api/v1/agents/{id}")).await;
        let list = self.read(key, "/api/v1/agents").await;
        let mut all = list["agents"].as_array().unwrap().iter();
        let listed = all.find(|one| one["id"] == id).unwrap();
        assert_eq!(agent["repositories"], listed["repositories"]);
        agent["repositories"][0]["pullRequestState"].clone()
    }
}

async fn list(server: &Server, key: &Key, query: &str) -> Value {
    let path = format!("/api/v1/forge-pull-requests{query}");
    server.ask(get(path).by(key)).await.good()
}

fn numbers(list: &Value) -> Vec<u64> {
    let all = list["pullRequests"].as_array().unwrap();
    all.iter()
        .map(|one| one["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn lists_what_is_known_by_state_address_and_pages() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let repository = server.repositories.make("tools.git");
    let id = server.launch_on(&key, &repository, "x").await;
    for (number, state) in [
        (3, PullRequestState::Closed),
        (5, PullRequestState::Merged),
        (8, PullRequestState::Open),
    ] {
        server.know(&id, &repository, number, state).await;
        server.clock.advance(std::time::Duration::from_secs(1));
    }
    let all = list(&server, &key, "").await;
    assert_eq!(
        (numbers(&all), all.get("nextCursor")),
        (vec![8, 5, 3], None)
    );
    assert_eq!(
        all["pullRequests"][0],
        json!({
            "url": "https://git.example.com/acme/tools/pull/8",
            "repository": "https://git.example.com/acme/tools",
            "number": 8,
            "agentId": id,
            "base": "main",
            "head": "topic",
            "state": "open",
            "draft": true,
            "createdAt": "2026-01-15T10:30:02.000Z",
        })
    );
    assert_eq!(numbers(&list(&server, &key, "?state=merged").await), [5]);
    let url = "https://git.example.com/acme/tools/pull/3";
    assert_eq!(
        numbers(&list(&server, &key, &format!("?url={url}")).await),
        [3]
    );
    let first = list(&server, &key, "?limit=2").await;
    assert_eq!(numbers(&first), [8, 5]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = list(&server, &key, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!(
        (numbers(&second), second.get("nextCursor")),
        (vec![3], None)
    );
    assert_eq!(list(&server, &other, "").await, json!({"pullRequests": []}));
    for bad in ["?state=lost", "?cursor=x", "?url=x", "?limit=0"] {
        let path = format!("/api/v1/forge-pull-requests{bad}");
        let refused = server.ask(get(path).by(&key)).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_agent_shows_what_became_of_its_pull_request() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let id = server.launch_on(&key, &repository, "x").await;
    assert_eq!(server.shown_state(&key, &id).await, Value::Null);
    server
        .know(&id, &repository, 3, PullRequestState::Open)
        .await;
    assert_eq!(server.shown_state(&key, &id).await, "open");
    let now = server.clock.now();
    let merged = server.store.write(move |tx| {
        Box::pin(async move {
            let there = "https://git.example.com/acme/tools".parse().unwrap();
            let (number, state) = (PullRequestNumber(3), PullRequestState::Merged);
            forge_pull_requests::set_state(tx, &there, number, state, now).await
        })
    });
    let merged: Result<bool, Error> = merged.await;
    assert!(merged.unwrap());
    assert_eq!(server.shown_state(&key, &id).await, "merged");
    // Whoever works on it now: the first agent still shows it.
    let later = server.launch_on(&key, &repository, "y").await;
    server
        .know(&later, &repository, 3, PullRequestState::Closed)
        .await;
    assert_eq!(server.shown_state(&key, &id).await, "closed");
    assert_eq!(server.shown_state(&key, &later).await, "closed");
    // One that Outwork keeps itself says so too.
    let (number, _) = server.pull_request(&key, "first").await;
    let found = server
        .ask(get(format!("/api/v1/pull-requests/{number}")).by(&key))
        .await
        .good();
    let kept = found["agentId"].as_str().unwrap();
    assert_eq!(server.shown_state(&key, kept).await, "open");
}
