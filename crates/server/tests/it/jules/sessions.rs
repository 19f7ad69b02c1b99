//! Sessions: create, read, list, delete.

use outwork_domain::limits::{DIFF_BYTES_MAX, PROMPT_BYTES_MAX};
use outwork_domain::{KeyRules, Project, PullRequestCreation, Readiness, SecretsWish};
use outwork_store::agents;
use serde_json::{Value, json};

use super::support::{Jules, id_of, invalid, not_found, refused};
use crate::support::{PUBLIC_URL, delete, get, post};

async fn agent_of(jules: &Jules, id: &str) -> outwork_domain::Agent {
    let mut reader = jules.server.store.read().await.unwrap();
    let found = agents::find(&mut reader, jules.key.account_id, id.parse().unwrap()).await;
    found.unwrap().unwrap().agent
}

#[tokio::test]
async fn a_session_is_an_agent_in_its_project() {
    let jules = Jules::new().await;
    let body = json!({
        "prompt": "Add unit tests for the parser",
        "title": "Parser tests",
        "sourceContext": {
            "source": jules.source,
            "githubRepoContext": {"startingBranch": "main"},
            "workingBranch": "ignored",
        },
        "automationMode": "AUTO_CREATE_PR",
        "state": "COMPLETED",
        "unknown": {"key": 1},
    });
    let session = jules.create(&body).await;
    let id = id_of(&session);
    let expected = json!({
        "name": format!("sessions/{id}"),
        "id": id,
        "prompt": "Add unit tests for the parser",
        "title": "Parser tests",
        "sourceContext": {
            "source": jules.source,
            "githubRepoContext": {"startingBranch": "main"},
        },
        "state": "QUEUED",
        "url": format!("{PUBLIC_URL}/agents/bc-{id}"),
        "createTime": "2026-01-15T10:30:00.000000Z",
        "updateTime": "2026-01-15T10:30:00.000000Z",
    });
    assert_eq!(session, expected);
    // It can be read at once, under either form of its id.
    assert_eq!(jules.session(&id).await, expected);
    assert_eq!(jules.session(&format!("bc-{id}")).await, expected);
    let agent = agent_of(&jules, &id).await;
    assert_eq!(agent.pull_request.creation, PullRequestCreation::Automatic);
    assert_eq!(agent.origin.project, Some("docs".parse().unwrap()));
    assert_eq!(
        agent.repositories[0].source.repository.to_string(),
        jules.repository
    );
}

#[tokio::test]
async fn what_is_not_said_is_the_projects() {
    let jules = Jules::with(|project: &mut Project| {
        project.base_ref = Some("next".parse().unwrap());
        project.model = Some("script".parse().unwrap());
        project.pull_request.readiness = Readiness::Draft;
    })
    .await;
    let repositories = &jules.server.repositories;
    repositories.commit("docs.git", "next", Some("main"), "next\n");
    // As proto JSON may also be written, through the name that clients find the source by.
    let owner = jules.repository.rsplit('/').nth(1).unwrap();
    let body = json!({
        "prompt": "Do it",
        "source_context": {
            "source": format!("sources/github/{owner}/docs"),
            "github_repo_context": {},
            "environment_variables_enabled": false,
        },
        "require_plan_approval": null,
    });
    let session = jules.create(&body).await;
    assert_eq!(session["title"], "Do it");
    let context = json!({
        "source": jules.source,
        "githubRepoContext": {"startingBranch": "next"},
        "environmentVariablesEnabled": false,
    });
    assert_eq!(session["sourceContext"], context);
    let agent = agent_of(&jules, &id_of(&session)).await;
    assert_eq!(agent.origin.terms.secrets, SecretsWish::Withheld);
    let wish = agent.pull_request;
    assert_eq!(
        (wish.creation, wish.readiness),
        (PullRequestCreation::Manual, Readiness::Draft)
    );
}

#[tokio::test]
async fn a_session_may_have_no_repository() {
    let jules = Jules::new().await;
    let session = jules.create(&json!({"prompt": "Think"})).await;
    assert_eq!(session.get("sourceContext"), None);
    jules.run("Thought.").await;
    let session = jules.session(&id_of(&session)).await;
    assert_eq!(
        (&session["state"], session.get("outputs")),
        (&json!("COMPLETED"), None)
    );
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_named() {
    let jules = Jules::new().await;
    let wrong = [
        json!({}),
        json!({"prompt": ""}),
        json!({"prompt": " "}),
        json!({"prompt": 5}),
        json!([]),
        json!({"prompt": "x", "title": "x".repeat(101)}),
        json!({"prompt": "x", "automationMode": "OTHER"}),
        json!({"prompt": "x", "requirePlanApproval": "yes"}),
        json!({"prompt": "x", "sourceContext": {}}),
        json!({"prompt": "x", "sourceContext": {"source": "sources/github/o/r"}}),
        json!({"prompt": "x", "sourceContext": {"source": "docs"}}),
        json!({"prompt": "x", "sourceContext": {"source": jules.source,
            "githubRepoContext": {"startingBranch": "no branch"}}}),
        json!({"prompt": "x", "sourceContext": {"source": jules.source,
            "githubRepoContext": {"startingBranch": "no-such-branch"}}}),
    ];
    for body in wrong {
        let reply = jules.ask(post("/v1alpha/sessions").json(&body)).await;
        assert_eq!(refused(&reply), invalid(), "{body}");
    }
    // An empty body is an empty object.
    for body in ["", " ", "{", "{} x"] {
        let reply = jules.ask(post("/v1alpha/sessions").body(body)).await;
        assert_eq!(refused(&reply), invalid(), "{body:?}");
    }
    assert_eq!(jules.list("sessions", "sessions").await.len(), 0);
}

#[tokio::test]
async fn sessions_are_listed_newest_first_without_the_archived() {
    let jules = Jules::new().await;
    let mut ids = Vec::new();
    for prompt in ["one", "two", "three"] {
        ids.push(jules.start(prompt).await);
        jules
            .server
            .clock
            .advance(std::time::Duration::from_secs(1));
    }
    ids.reverse();
    let listed = async |query: &str| {
        let sessions = jules.list(&format!("sessions{query}"), "sessions").await;
        sessions.iter().map(id_of).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ids);
    assert_eq!(listed("?pageSize=0").await, ids);
    let page = jules.ask(get("/v1alpha/sessions?pageSize=2")).await.good();
    let token = page["nextPageToken"].as_str().unwrap();
    assert_eq!(
        listed(&format!("?pageSize=2&pageToken={token}")).await,
        ids[2..]
    );
    jules.call(&ids[1], "archive", &json!({})).await.good();
    let rest = vec![ids[0].clone(), ids[2].clone()];
    assert_eq!(listed("").await, rest);
    assert_eq!(listed("?filter=archived%20%3D%20false").await, rest);
    assert_eq!(listed("?filter=archived%20%3D%20true").await, ids[1..2]);
    let both = "?filter=archived%20%3D%20true%20OR%20archived%20%3D%20false";
    assert_eq!(listed(both).await, ids);
    for query in ["filter=state%3DFAILED", "pageSize=-1", "pageToken=AAAA"] {
        let reply = jules.ask(get(format!("/v1alpha/sessions?{query}"))).await;
        assert_eq!(refused(&reply), invalid(), "{query}");
    }
}

#[tokio::test]
async fn a_deleted_session_is_as_one_that_never_was() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    let fence = jules.server.work().await;
    let path = format!("/v1alpha/sessions/{id}");
    assert_eq!(jules.ask(delete(&path)).await.good(), json!({}));
    assert!(jules.server.is_stale(fence).await);
    let strange = jules.server.key("other@example.com").await;
    let theirs = jules.server.launch(&strange, "theirs").await;
    let gone = jules.ask(get(&path)).await;
    assert_eq!(refused(&gone), not_found());
    let never = "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
    for other in [theirs.as_str(), never, "314159", "x", "bc-1"] {
        for method in ["GET", "DELETE"] {
            let ask = crate::support::Ask::new(
                method.parse().unwrap(),
                format!("/v1alpha/sessions/{other}"),
            );
            let reply = jules.ask(ask).await;
            assert_eq!(
                (reply.status, &reply.bytes),
                (gone.status, &gone.bytes),
                "{other}"
            );
        }
        for method in ["archive", "unarchive", "approvePlan"] {
            let reply = jules.call(other, method, &json!({})).await;
            assert_eq!(
                (reply.status, &reply.bytes),
                (gone.status, &gone.bytes),
                "{other}"
            );
        }
        let reply = jules.message(other, "x").await;
        assert_eq!(
            (reply.status, &reply.bytes),
            (gone.status, &gone.bytes),
            "{other}"
        );
        let reply = jules
            .ask(get(format!("/v1alpha/sessions/{other}/activities")))
            .await;
        assert_eq!(
            (reply.status, &reply.bytes),
            (gone.status, &gone.bytes),
            "{other}"
        );
    }
    let agent = get(format!("/v0/agents/bc-{id}")).by(&jules.key);
    assert_eq!(jules.server.ask(agent).await.status, 404);
}

#[tokio::test]
async fn a_limited_key_keeps_to_its_projects() {
    let jules = Jules::new().await;
    let inside = jules.start("in").await;
    let outside = id_of(&jules.create(&json!({"prompt": "out"})).await);
    let rules = KeyRules {
        projects: vec!["docs".parse().unwrap()],
        ..KeyRules::default()
    };
    let limited = jules.server.limited(&jules.key, rules).await;
    let ask = async |ask: crate::support::Ask| jules.server.ask(ask.by(&limited)).await;
    let listed = ask(get("/v1alpha/sessions")).await.good();
    let ids: Vec<String> = listed["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(id_of)
        .collect();
    assert_eq!(ids, [inside.as_str()]);
    ask(get(format!("/v1alpha/sessions/{inside}"))).await.good();
    for path in [
        format!("/v1alpha/sessions/{outside}"),
        format!("/v1alpha/sessions/{outside}/activities"),
    ] {
        assert_eq!(refused(&ask(get(path)).await), not_found());
    }
    let delete = delete(format!("/v1alpha/sessions/{outside}"));
    assert_eq!(refused(&ask(delete).await), not_found());
    let bare: Value = json!({"prompt": "no repository"});
    let reply = ask(post("/v1alpha/sessions").json(&bare)).await;
    assert_eq!(refused(&reply), (403, "PERMISSION_DENIED".to_owned()));
}

#[tokio::test]
async fn a_page_of_sessions_ends_where_their_prompts_fill_it() {
    let jules = Jules::new().await;
    let count = DIFF_BYTES_MAX / PROMPT_BYTES_MAX + 1;
    for _ in 0..count {
        let body = json!({"prompt": "x".repeat(PROMPT_BYTES_MAX), "title": "long"});
        jules.create(&body).await;
    }
    let page = jules.ask(get("/v1alpha/sessions")).await.good();
    assert_eq!(page["sessions"].as_array().unwrap().len(), count - 1);
    let path = format!(
        "/v1alpha/sessions?pageToken={}",
        page["nextPageToken"].as_str().unwrap()
    );
    let rest = jules.ask(get(path)).await.good();
    assert_eq!(rest["sessions"].as_array().unwrap().len(), 1);
}
