//! What each call sends, and how answers and refusals are read.

use std::time::Duration;

use outwork_client::{
    Client, Error, Image, Launch, LaunchSource, LaunchTarget, ListQuery, PromptBody,
    PullRequestCreation, PullRequestQuery, Webhook,
};

use crate::support::{Server, answer, install_tls, json};

const AGENT: &str = r#"{"id":"bc-1","name":"Add README","status":"CREATING",
    "source":{"repository":"https://h/a/b","ref":"main"},
    "target":{"url":"http://o/agents?id=bc-1","autoCreatePr":true,"of":"tomorrow"},
    "createdAt":"2026-05-02T08:00:00.000Z"}"#;

fn launch() -> Launch {
    Launch {
        prompt: PromptBody {
            text: "do it".into(),
            images: vec![Image {
                data: "aGk=".into(),
            }],
        },
        model: None,
        source: LaunchSource {
            repository: Some("https://h/a/b".into()),
            base_ref: Some("main".into()),
            pr_url: None,
        },
        target: LaunchTarget {
            auto_create_pr: PullRequestCreation::Automatic,
            draft_pr: outwork_client::Readiness::Draft,
            branch_name: None,
        },
        webhook: Some(Webhook {
            url: "https://h/hook".into(),
            secret: None,
        }),
    }
}

#[tokio::test]
async fn launching_sends_the_body_of_v0_and_the_key() {
    let server = Server::start(vec![answer("201 Created", "application/json", AGENT)]).await;
    let agent = server.client().launch(&launch()).await.unwrap();
    assert_eq!(
        (agent.id.as_str(), agent.status.as_str()),
        ("bc-1", "CREATING")
    );
    assert_eq!(agent.target.pr_url, None);
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /v0/agents HTTP/1.1");
    assert_eq!(asked.header("authorization"), Some("Bearer key_secret"));
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "prompt": {"text": "do it", "images": [{"data": "aGk="}]},
            "source": {"repository": "https://h/a/b", "ref": "main"},
            "target": {"autoCreatePr": true, "draftPr": true},
            "webhook": {"url": "https://h/hook"},
        })
    );
}

#[tokio::test]
async fn every_other_call_goes_to_its_route() {
    let id = r#"{"id":"bc-1"}"#;
    let server = Server::start(vec![
        json(r#"{"agents":[],"nextCursor":"c"}"#),
        json(id),
        json(id),
        json(id),
        json(r#"{"pullRequests":[]}"#),
        answer("200 OK", "text/x-diff", "+a"),
        json(r#"{"models":["script"]}"#),
    ])
    .await;
    let client = server.client();
    let query = ListQuery {
        limit: Some(5),
        cursor: Some("a b".into()),
        pull_request_url: None,
    };
    let page = client.list_agents(&query).await.unwrap();
    assert_eq!(page.next_cursor.as_deref(), Some("c"));
    let prompt = PromptBody {
        text: "more".into(),
        images: vec![],
    };
    client.follow_up("bc-1", &prompt).await.unwrap();
    client.stop("bc-1").await.unwrap();
    assert_eq!(client.delete("bc-1/../x").await.unwrap(), "bc-1");
    let open = PullRequestQuery {
        state: Some("open".into()),
        ..PullRequestQuery::default()
    };
    assert!(client.list_pull_requests(&open).await.unwrap().is_empty());
    assert_eq!(client.pull_request_diff(3).await.unwrap(), "+a");
    assert_eq!(client.models().await.unwrap(), ["script"]);
    let lines: Vec<String> = server.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(
        lines,
        [
            "GET /v0/agents?limit=5&cursor=a%20b HTTP/1.1",
            "POST /v0/agents/bc-1/followup HTTP/1.1",
            "POST /v0/agents/bc-1/stop HTTP/1.1",
            "DELETE /v0/agents/bc-1%2F..%2Fx HTTP/1.1",
            "GET /api/v1/pull-requests?state=open HTTP/1.1",
            "GET /api/v1/pull-requests/3/diff HTTP/1.1",
            "GET /v0/models HTTP/1.1",
        ]
    );
}

#[tokio::test]
async fn an_artifact_is_fetched_without_the_key() {
    let file = Server::start(vec![answer("200 OK", "image/png", "bytes")]).await;
    let link = format!(
        r#"{{"url":"{}/artifacts/x?signature=s","expiresAt":"2026-05-02T08:00:00.000Z"}}"#,
        file.url
    );
    let server = Server::start(vec![json(&link)]).await;
    let mut into = Vec::new();
    let count = server
        .client()
        .download_artifact("bc-1", "a/b.png", &mut into)
        .await
        .unwrap();
    assert_eq!((count, into.as_slice()), (5, b"bytes".as_slice()));
    assert_eq!(
        server.asked()[0].line,
        "GET /v0/agents/bc-1/artifacts/download?path=a%2Fb.png HTTP/1.1"
    );
    assert_eq!(file.asked()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_refusal_keeps_status_code_words_and_wait() {
    let body = r#"{"error":{"code":"unavailable","message":"Shutting down."}}"#;
    let busy = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    let server = Server::start(vec![busy]).await;
    let error = server.client().me().await.unwrap_err();
    assert!(error.is_passing());
    let Error::Refused {
        status,
        code,
        message,
        retry_after,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((status, code.as_str()), (503, "unavailable"));
    assert_eq!(message, "Shutting down.");
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::start(vec![json(AGENT)]).await;
    let moved = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nlocation: {}/v0/me\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n",
        other.url
    );
    let server = Server::start(vec![moved]).await;
    let error = server.client().me().await.unwrap_err();
    assert!(error.to_string().contains("use that address"), "{error}");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn nobody_there_and_nonsense_are_told_apart() {
    install_tls();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(&url, None).unwrap().me().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");

    let server = Server::start(vec![json("[]")]).await;
    let error = server.client().me().await.unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error}");
}

#[tokio::test]
async fn a_key_that_no_header_carries_is_refused() {
    install_tls();
    let error = Client::new("http://127.0.0.1:1", Some(&"a\nb".into())).unwrap_err();
    assert!(matches!(error, Error::Key));
    assert!(!format!("{error:?}").contains("a\\nb"));
}
