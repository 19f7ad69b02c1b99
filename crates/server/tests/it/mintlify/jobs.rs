//! v2: create, read, send messages.

use axum::http::StatusCode;
use outwork_domain::{Cause, Project};
use serde_json::{Value, json};

use super::support::{Docs, cursor_id, refused};
use crate::support::{Server, delete, get, post};

#[tokio::test]
async fn a_job_is_an_agent_in_its_project() {
    let docs = Docs::with(|project| {
        project.base_ref = Some("main".parse().unwrap());
        project.model = Some("script".parse().unwrap());
    })
    .await;
    let job = docs.create("Add a quickstart guide").await;
    let branch = job["source"]["ref"].as_str().unwrap();
    let digits = branch.strip_prefix("mintlify/").unwrap();
    assert!(
        digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "{branch}"
    );
    let expected = json!({
        "id": job["id"],
        "status": "active",
        "source": {"repository": docs.repository, "ref": branch},
        "model": "script",
        "prLink": null,
        "createdAt": "2026-01-15T10:30:00.000Z",
        "archivedAt": null,
    });
    assert_eq!(job, expected);
    assert_eq!(docs.job(&job["id"]).await, expected);
    // By its other names, and by the project's alias.
    for path in [
        format!("/v2/agent/acme/job/{}", job["id"].as_str().unwrap()),
        format!("/v2/agent/docs/job/{}", cursor_id(&job["id"])),
    ] {
        assert_eq!(docs.ask(get(path)).await.good(), expected);
    }
    let agent = docs.server.agent(&docs.key, &cursor_id(&job["id"])).await;
    assert_eq!(agent["source"]["ref"], "main");
    assert_eq!(agent["target"]["branchName"], branch);
    assert_eq!(agent["target"]["autoCreatePr"], true);
}

#[tokio::test]
async fn a_message_is_queued_and_answered_in_order() {
    let docs = Docs::new().await;
    let job = docs.create("Add a quickstart guide").await;
    let id = &job["id"];
    let first = docs.server.work().await;
    let text = "Also add error handling examples to the quickstart guide";
    let reply = docs.message(id, text).await;
    assert_eq!((reply.status, reply.json()), (StatusCode::OK, job.clone()));
    docs.server.succeed(first, "Added.").await;
    // Its first run is over, and still it is at work.
    assert_eq!(docs.job(id).await["status"], "active");
    assert_eq!(docs.server.claimed_prompt().await.text(), text);
}

#[tokio::test]
async fn a_job_ends_and_goes_on_with_the_next_message() {
    let docs = Docs::new().await;
    let id = docs.create("one").await["id"].clone();
    let fence = docs.server.work().await;
    docs.open_pull_request(&id, "https://h/pulls/7").await;
    assert_eq!(docs.job(&id).await["prLink"], Value::Null);
    docs.server.succeed(fence, "Done.").await;
    let done = docs.job(&id).await;
    assert_eq!(
        (&done["status"], &done["prLink"]),
        (&json!("completed"), &json!("https://h/pulls/7"))
    );
    let again = docs.message(&id, "two").await.good();
    assert_eq!(
        (&again["status"], &again["prLink"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(docs.job(&id).await, again);
    let fence = docs.server.work().await;
    docs.server
        .fail(fence, Cause::ScriptFailed, "It broke.")
        .await;
    let failed = docs.job(&id).await;
    assert_eq!(
        (&failed["status"], &failed["prLink"]),
        (&json!("failed"), &json!("https://h/pulls/7"))
    );
}

#[tokio::test]
async fn archiving_through_any_dialect_shows() {
    let docs = Docs::new().await;
    let id = docs.create("one").await["id"].clone();
    let fence = docs.server.work().await;
    docs.server.succeed(fence, "Done.").await;
    let archive = post(format!("/v1/agents/{}/archive", cursor_id(&id)));
    docs.ask(archive).await.good();
    let job = docs.job(&id).await;
    assert_eq!(job["status"], "archived");
    assert_eq!(job["archivedAt"], "2026-01-15T10:30:00.000Z");
    assert_eq!(
        refused(&docs.message(&id, "two").await),
        (400, "the job is archived".to_owned())
    );
}

#[tokio::test]
async fn agents_of_the_repository_are_jobs_whoever_made_them() {
    let docs = Docs::new().await;
    let agent = docs
        .server
        .launch_on(&docs.key, &docs.repository, "by cursor")
        .await;
    let other = docs.server.launch(&docs.key, "elsewhere").await;
    let job = docs
        .ask(get(format!("/v2/agent/docs/job/{agent}")))
        .await
        .good();
    assert_eq!(format!("bc-{}", job["id"].as_str().unwrap()), agent);
    docs.message(&job["id"], "by mintlify").await.good();
    assert_eq!(docs.server.states(&agent).await, ["queued", "queued"]);
    let elsewhere = docs.ask(get(format!("/v2/agent/docs/job/{other}"))).await;
    assert_eq!(refused(&elsewhere), (404, "Job not found".to_owned()));
    docs.ask(delete(format!("/v0/agents/{agent}"))).await.good();
    let gone = docs.ask(get(format!("/v2/agent/docs/job/{agent}"))).await;
    assert_eq!(
        (gone.status, &gone.bytes),
        (elsewhere.status, &elsewhere.bytes)
    );
}

#[tokio::test]
async fn what_is_unknown_is_not_found() {
    let docs = Docs::new().await;
    let job = docs.create("one").await;
    let repository = docs.server.repositories.make("api.git");
    let api = Project::new("api".parse().unwrap(), repository.parse().unwrap());
    docs.server.project(api).await;
    let id = job["id"].as_str().unwrap();
    for (path, text) in [
        (format!("/v2/agent/nowhere/job/{id}"), "Project not found"),
        (format!("/v2/agent/%20/job/{id}"), "Project not found"),
        (format!("/v2/agent/api/job/{id}"), "Job not found"),
        (
            "/v2/agent/docs/job/0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11".to_owned(),
            "Job not found",
        ),
        ("/v2/agent/docs/job/x".to_owned(), "Job not found"),
        ("/v2/nothing".to_owned(), "There is nothing here"),
    ] {
        let reply = docs.ask(get(&path)).await;
        assert_eq!(refused(&reply), (404, text.to_owned()), "{path}");
    }
    let stranger = docs.server.key("other@example.com").await;
    let path = format!("/v2/agent/docs/job/{id}");
    let reply = docs.server.ask(get(&path).by(&stranger)).await;
    assert_eq!(refused(&reply), (404, "Job not found".to_owned()));
}

#[tokio::test]
async fn bad_input_is_told_by_its_field() {
    let docs = Docs::new().await;
    let id = docs.create("one").await["id"].clone();
    let message = format!("/v2/agent/docs/job/{}/message", id.as_str().unwrap());
    for path in ["/v2/agent/docs/job", message.as_str()] {
        for (body, part) in [
            (json!({}), "prompt is required"),
            (json!({"prompt": null}), "prompt is required"),
            (json!({"prompt": ""}), "prompt must not be empty"),
            (json!({"prompt": 5}), "prompt must be a string"),
            (json!([]), "must be an object"),
        ] {
            let reply = docs.ask(post(path).json(&body)).await;
            let (status, text) = refused(&reply);
            assert!(
                status == 400 && text.contains(part),
                "{body}: {status} {text}"
            );
        }
        let reply = docs.ask(post(path).body("{")).await;
        assert_eq!(reply.status, 400);
    }
    // Keys that nobody knows are ignored.
    let body = json!({"prompt": "x", "other": 1});
    docs.ask(post("/v2/agent/docs/job").json(&body))
        .await
        .good();
}

#[tokio::test]
async fn failures_are_told_in_the_words_of_the_vendor() {
    let docs = Docs::new().await;
    let wrong = docs.server.ask(get("/v2/agent/docs/job/x")).await;
    assert_eq!(
        refused(&wrong),
        (401, "Invalid or missing API key".to_owned())
    );
    let rules = outwork_domain::KeyRules {
        scope: outwork_domain::KeyScope::Read,
        ..outwork_domain::KeyRules::default()
    };
    let reader = docs.server.limited(&docs.key, rules).await;
    let ask = post("/v2/agent/docs/job").json(&json!({"prompt": "x"}));
    let reply = docs.server.ask(ask.by(&reader)).await;
    assert_eq!(refused(&reply), (403, "Forbidden".to_owned()));
}

#[tokio::test]
async fn a_key_of_another_project_does_not_know_this_one() {
    let docs = Docs::new().await;
    let id = docs.create("one").await["id"].clone();
    let repository = docs.server.repositories.make("api.git");
    let api = Project::new("api".parse().unwrap(), repository.parse().unwrap());
    docs.server.project(api).await;
    let limited = async |name: &str| {
        let rules = outwork_domain::KeyRules {
            projects: vec![name.parse().unwrap()],
            ..outwork_domain::KeyRules::default()
        };
        docs.server.limited(&docs.key, rules).await
    };
    let (ours, theirs) = (limited("docs").await, limited("api").await);
    let path = format!("/v2/agent/docs/job/{}", id.as_str().unwrap());
    docs.server.ask(get(&path).by(&ours)).await.good();
    let reply = docs.server.ask(get(&path).by(&theirs)).await;
    assert_eq!(refused(&reply), (404, "Project not found".to_owned()));
}

#[tokio::test]
async fn a_repeated_request_makes_one_job() {
    let docs = Docs::new().await;
    let ask = |prompt: &str| {
        post("/v2/agent/docs/job")
            .json(&json!({"prompt": prompt}))
            .header("idempotency-key", "k")
    };
    let first = docs.ask(ask("one")).await;
    let again = docs.ask(ask("one")).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let (status, text) = refused(&docs.ask(ask("two")).await);
    assert!(status == 409 && text.contains("another body"), "{text}");
}

#[tokio::test]
async fn without_projects_there_are_no_jobs() {
    let server = Server::start().await;
    let key = server.key("dev@example.com").await;
    let ask = post("/v2/agent/docs/job").json(&json!({"prompt": "x"}));
    let reply = server.ask(ask.by(&key)).await;
    assert_eq!(refused(&reply), (404, "Project not found".to_owned()));
}
