//! `POST /v0/agents`: what is accepted, and what comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_store::runs;
use serde_json::{Value, json};

use crate::support::{Server, post};

/// A PNG of 640 by 480, as far as its header tells.
pub fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend_from_slice(&640_u32.to_be_bytes());
    bytes.extend_from_slice(&480_u32.to_be_bytes());
    bytes.extend_from_slice(&[8, 6, 0, 0, 0, 1, 2, 3, 4]);
    bytes
}

#[tokio::test]
async fn answers_the_new_agent() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let body = json!({
        "prompt": {"text": "# Add a README\nwith more"},
        "source": {"repository": repository, "ref": "main"},
    });
    let reply = server.ask(post("/v0/agents").by(&key).json(&body)).await;
    assert_eq!(reply.status, 201);
    let agent = reply.json();
    let id = agent["id"].as_str().unwrap();
    let branch = agent["target"]["branchName"].as_str().unwrap();
    let tail = branch.strip_prefix("outwork/add-a-readme-").unwrap();
    assert!(
        tail.len() == 4 && tail.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{branch}"
    );
    assert_eq!(
        reply.text(),
        format!(
            r#"{{"id":"{id}","name":"Add a README","status":"CREATING","source":{{"repository":"{repository}","ref":"main"}},"target":{{"branchName":"{branch}","url":"https://outwork.example.com/agents?id={id}","autoCreatePr":false,"openAsCursorGithubApp":false,"skipReviewerRequest":false}},"createdAt":"2026-01-15T10:30:00.000Z"}}"#
        )
    );
    assert_eq!(server.agent(&key, id).await, agent);
}

#[tokio::test]
async fn keeps_what_the_caller_wants() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let body = json!({
        "prompt": {"text": "x", "images": [], "more": 1},
        "name": "ignored",
        "model": "script",
        "source": {"repository": format!("{repository}/"), "ref": null, "unknown": {}},
        "target": {
            "autoCreatePr": true, "openAsCursorGithubApp": true, "skipReviewerRequest": true,
            "branchName": "feature/x", "autoBranch": false
        },
        "webhook": {"url": "https://hooks.example.com/x", "secret": "s".repeat(32)},
        "unknown": [1, {"a": null}],
    });
    let agent = server
        .ask(post("/v0/agents").by(&key).json(&body))
        .await
        .good();
    assert_eq!(agent["source"], json!({"repository": repository}));
    let target = json!({
        "branchName": "feature/x",
        "url": format!("https://outwork.example.com/agents?id={}", agent["id"].as_str().unwrap()),
        "autoCreatePr": true, "openAsCursorGithubApp": true, "skipReviewerRequest": true,
    });
    assert_eq!(agent["target"], target);
    let claimed = server.claimed().await;
    let webhook = claimed.agent.webhook.unwrap();
    assert_eq!(webhook.url().as_str(), "https://hooks.example.com/x");
    assert_eq!(webhook.secret(), Some("s".repeat(32).as_str()));
    assert_eq!(claimed.agent.account_id, key.account_id);
}

#[tokio::test]
async fn the_default_model_has_three_spellings() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    for model in [
        json!(null),
        json!("default"),
        json!("auto"),
        json!("script"),
    ] {
        let body = json!({
            "prompt": {"text": "x"}, "source": {"repository": repository}, "model": model,
        });
        let reply = server.ask(post("/v0/agents").by(&key).json(&body)).await;
        assert_eq!(reply.status, 201, "{model}: {}", reply.text());
        assert_eq!(server.claimed().await.agent.model.id.as_str(), "script");
    }
}

#[tokio::test]
async fn images_reach_the_run_as_bytes() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let data = STANDARD.encode(png());
    let body = json!({
        "prompt": {"text": "x", "images": [
            {"data": data},
            {"data": data, "dimension": {"width": 640, "height": 480.0}},
            {"data": data, "dimension": null},
            {"data": data}, {"data": data},
        ]},
        "source": {"repository": repository},
    });
    server
        .ask(post("/v0/agents").by(&key).json(&body))
        .await
        .good();
    let prompt = server.claimed_prompt().await;
    assert_eq!(prompt.images().len(), 5);
    for image in prompt.images() {
        assert_eq!(
            (image.bytes(), image.size()),
            (png().as_slice(), (640, 480))
        );
    }
}

#[tokio::test]
async fn a_body_of_many_megabytes_is_read() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let mut large = png();
    large.resize(15_000_000, 7);
    let data = STANDARD.encode(&large);
    let body = json!({
        "prompt": {"text": "x", "images": [{"data": data}, {"data": data}]},
        "source": {"repository": repository},
    });
    server
        .ask(post("/v0/agents").by(&key).json(&body))
        .await
        .good();
    let images = server.claimed_prompt().await;
    assert!(images.images().iter().all(|image| image.bytes() == large));
}

#[tokio::test]
async fn a_chunked_body_without_a_type_is_read() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let body = json!({"prompt": {"text": "x"}, "source": {"repository": repository}});
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = body
        .to_string()
        .bytes()
        .map(|byte| Ok(vec![byte]))
        .collect();
    let chunked = axum::body::Body::from_stream(futures::stream::iter(chunks));
    let reply = server.ask(post("/v0/agents").by(&key).body(chunked)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}

#[tokio::test]
async fn what_it_answered_is_there() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let mut reader = server.store.read().await.unwrap();
    let runs = runs::list(&mut reader, id[3..].parse().unwrap())
        .await
        .unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].number, 1);
}

#[tokio::test]
async fn a_pull_request_is_continued() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, repository) = server.pull_request(&key, "first").await;
    let url = format!("https://outwork.example.com/pulls/{number}");
    for (auto_branch, expected) in [
        (json!(false), Some("outwork/first")),
        (json!(true), None),
        (Value::Null, None),
    ] {
        let body = json!({
            "prompt": {"text": "go on"},
            "source": {"prUrl": url, "repository": "https://h/ignored/x", "ref": "ignored"},
            "target": {"autoBranch": auto_branch},
        });
        let agent = server
            .ask(post("/v0/agents").by(&key).json(&body))
            .await
            .good();
        assert_eq!(
            agent["source"],
            json!({"repository": repository, "ref": "outwork/first"})
        );
        let branch = agent["target"]["branchName"].as_str().unwrap();
        let shown = agent["target"].get("prUrl");
        match expected {
            Some(expected) => assert_eq!((branch, shown), (expected, Some(&json!(url)))),
            // The pull request does not show the new branch.
            None => assert!(
                branch.starts_with("outwork/go-on-") && shown.is_none(),
                "{agent}"
            ),
        }
    }
}
