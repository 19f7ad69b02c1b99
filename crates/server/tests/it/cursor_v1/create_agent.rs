//! `POST /v1/agents`: what is accepted, and what the answer says.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cursor_v0::create_agent::png;
use crate::support::{Server, get, oracle_v1, post};

#[tokio::test]
async fn a_prompt_is_enough() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let ask = post("/v1/agents")
        .by(&key)
        .json(&json!({"prompt": {"text": "Say hello"}}));
    let reply = server.ask(ask).await;
    assert_eq!(reply.status, 201);
    let request_id = reply.header("x-request-id").unwrap().to_owned();
    let body = reply.json();
    let (agent, run) = (&body["agent"], &body["run"]);
    let (id, run_id) = (agent["id"].as_str().unwrap(), run["id"].as_str().unwrap());
    let now = "2026-01-15T10:30:00.000Z";
    let model = json!({"id": "script"});
    assert_eq!(
        *agent,
        json!({
            "id": id, "name": "Say hello", "status": "ACTIVE", "env": {"type": "cloud"},
            "url": format!("https://outwork.example.com/agents/{id}"),
            "createdAt": now, "updatedAt": now, "latestRunId": run_id, "model": model,
            "repos": [], "workOnCurrentBranch": false, "autoCreatePR": false,
        })
    );
    assert_eq!(
        *run,
        json!({
            "id": run_id, "agentId": id, "status": "CREATING", "createdAt": now, "updatedAt": now,
            "requestId": request_id, "model": model,
        })
    );
    assert_eq!(server.read(&key, &format!("/v1/agents/{id}")).await, *agent);
    let run_path = format!("/v1/agents/{id}/runs/{run_id}");
    assert_eq!(server.read(&key, &run_path).await, *run);
}

#[tokio::test]
async fn everything_that_was_sent_is_there_again() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let [one, two] = ["one.git", "two.git"].map(|name| server.repositories.make(name));
    let id = "bc-0F2C9A4E-5d1b-4c1e-9b53-3a1f7f0f9e11";
    let body = json!({
        "prompt": {"text": "x", "images": [
            {"data": STANDARD.encode(png()), "mimeType": "image/png",
             "dimension": {"width": 1, "height": 1}},
        ]},
        "model": {"id": "auto"}, "name": "A name", "agentId": id,
        "env": {"type": "cloud"},
        "repos": [{"url": one, "startingRef": "main"}, {"url": two}],
        "branchName": "mine", "autoCreatePR": true, "skipReviewerRequest": true,
        "openAsCursorGithubApp": true, "mcpServers": [], "customSubagents": [], "mode": "plan",
        "metadata": {"ticket": "T-1"}, "agentServeAgent": "whatever",
        "webhook": {"url": "https://hooks.example.com/x", "secret": "s".repeat(32)},
    });
    assert!(oracle_v1().takes(&Method::POST, "/v1/agents", &body));
    let created = server.create(&key, &body).await;
    let agent = &created["agent"];
    assert_eq!(agent["id"], id.to_lowercase());
    assert_eq!(agent["name"], "A name");
    assert_eq!(agent["branchName"], "mine");
    assert_eq!(agent["metadata"], json!({"ticket": "T-1"}));
    assert_eq!(
        agent["repos"],
        json!([{"url": one, "startingRef": "main"}, {"url": two}])
    );
    for flag in [
        "autoCreatePR",
        "skipReviewerRequest",
        "openAsCursorGithubApp",
    ] {
        assert_eq!(agent[flag], true, "{flag}");
    }
    let claim = server.claimed().await;
    assert_eq!(claim.run.mode.word(), "plan");
    let mut reader = server.store.read().await.unwrap();
    let images = outwork_store::runs::images(&mut reader, claim.run.id)
        .await
        .unwrap();
    assert_eq!(images.len(), 1);
    let read = server.read(&key, &format!("/v1/agents/{id}")).await;
    assert_eq!(read["repos"], agent["repos"]);
}

#[tokio::test]
async fn null_is_as_absent_and_older_names_are_known() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let body = json!({
        "prompt": {"text": "x", "images": null}, "model": null, "name": null, "agentId": null,
        "env": null, "workOnCurrentBranch": null, "branchName": null, "autoCreatePr": true,
        "autoGenerateBranch": false, "mode": null, "metadata": null, "webhook": null,
        "envVars": null, "mcpServers": null,
        "repos": [{"url": repository, "startingRef": "work", "prUrl": null}],
    });
    server
        .repositories
        .commit("tools.git", "work", Some("main"), "x\n");
    let agent = server.create(&key, &body).await["agent"].clone();
    assert_eq!(agent["autoCreatePR"], true);
    assert_eq!(agent["workOnCurrentBranch"], true);
    let v0 = server.agent(&key, agent["id"].as_str().unwrap()).await;
    assert_eq!(v0["target"]["branchName"], "work");
}

#[tokio::test]
async fn a_pull_request_outweighs_the_starting_ref() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, repository) = server.pull_request(&key, "topic").await;
    let url = format!("https://outwork.example.com/pulls/{number}");
    let create = async |current: bool| {
        let body = json!({
            "prompt": {"text": "x"}, "workOnCurrentBranch": current,
            "repos": [{"url": repository, "startingRef": "nowhere", "prUrl": url}],
        });
        server.create(&key, &body).await["agent"].clone()
    };
    server.clock.advance(std::time::Duration::from_millis(1));
    let agent = create(true).await;
    assert_eq!(
        agent["repos"],
        json!([{"url": repository, "startingRef": "outwork/topic", "prUrl": url}])
    );
    assert_eq!(agent["workOnCurrentBranch"], true);
    let path = format!("/v1/agents?prUrl={url}");
    let listed = server.read(&key, &path).await;
    assert_eq!(listed["items"][0]["id"], agent["id"]);
    assert_eq!(create(false).await["workOnCurrentBranch"], false);
}

#[tokio::test]
async fn an_id_is_given_once_for_ever_and_to_everybody() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let other = server.key("b@example.com").await;
    let id = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
    let body = json!({"prompt": {"text": "x"}, "agentId": id});
    server.create(&key, &body).await;
    let again = async |key| {
        let reply = server.ask(post("/v1/agents").by(key).json(&body)).await;
        reply.refused()
    };
    let taken = (409, "agent_id_conflict".to_owned());
    assert_eq!(again(&key).await, taken);
    assert_eq!(again(&other).await, taken);
    // What a client that lost the first answer does next.
    let agent = server.read(&key, &format!("/v1/agents/{id}")).await;
    let run_id = agent["latestRunId"].as_str().unwrap();
    let run = server
        .read(&key, &format!("/v1/agents/{id}/runs/{run_id}"))
        .await;
    assert_eq!(
        (&run["id"], &run["agentId"]),
        (&agent["latestRunId"], &agent["id"])
    );

    let delete = crate::support::delete(format!("/v1/agents/{id}")).by(&key);
    assert_eq!(server.ask(delete).await.good(), json!({"id": id}));
    assert_eq!(again(&key).await, taken);
}

#[tokio::test]
async fn a_named_environment_brings_its_repositories() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let url = server.repositories.make("tools.git");
    let environment = json!({
        "owner": "personal", "name": "Tools", "repos": [{"url": url}], "environmentJson": "{}",
    });
    let ask = post("/v1/environments").by(&key).json(&environment);
    server.ask(ask).await.good();
    let named =
        |name: &str| json!({"prompt": {"text": "x"}, "env": {"type": "cloud", "name": name}});
    let agent = server.create(&key, &named("Tools")).await["agent"].clone();
    assert_eq!(agent["env"], json!({"type": "cloud", "name": "Tools"}));
    assert_eq!(agent["repos"], json!([{"url": url}]));
    let ask = post("/v1/agents").by(&key).json(&named("Other"));
    let (status, code, message) = server.ask(ask).await.refusal();
    assert_eq!((status, code.as_str()), (400, "validation_error"));
    assert_eq!(message, "env.name: there is no environment 'Other'");
}

#[tokio::test]
async fn the_url_leads_to_the_page() {
    let server = Server::start().await;
    let id = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
    let reply = server.ask(get(format!("/agents/{id}"))).await;
    assert_eq!(reply.status, 307);
    let to = format!("/agents?id={id}");
    assert_eq!(reply.header("location"), Some(to.as_str()));
    let reply = server.ask(get("/agents/%0d%0aevil%22")).await;
    assert_eq!(reply.status, 404);
}

/// An agent without a repository, as v0 sees it.
#[tokio::test]
async fn v0_shows_agents_of_v1() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let body = json!({"prompt": {"text": "x"}});
    let created = server.create(&key, &body).await;
    let id = created["agent"]["id"].as_str().unwrap();
    let v0: Value = server.agent(&key, id).await;
    assert_eq!(v0["source"]["repository"], "");
    assert_eq!(v0["status"], "CREATING");
}
