//! What each call sends, and how answers and refusals are read.

use std::time::Duration;

use outwork_client::{
    Archived, Client, Error, Image, Launch, LaunchEnvironment, LaunchRepository, ListQuery, Mode,
    NewSecret, PromptBody, PullRequestCreation, PullRequestQuery, Readiness, SecretScope, Webhook,
};

use crate::support::{Server, answer, install_tls, json};

const AGENT: &str = r#"{"agent":{"id":"bc-1","name":"Add README","status":"ACTIVE",
    "url":"http://o/agents/bc-1","latestRunId":"run-1","of":"tomorrow",
    "createdAt":"2026-05-02T08:00:00.000Z"},"run":{"id":"run-1"}}"#;

fn launch() -> Launch {
    Launch {
        prompt: PromptBody {
            text: "do it".into(),
            images: vec![Image {
                data: "aGk=".into(),
                media_type: "image/png".into(),
            }],
        },
        repositories: vec![LaunchRepository {
            url: "https://h/a/b".into(),
            base_ref: Some("main".into()),
            pr_url: None,
        }],
        pull_request: PullRequestCreation::Automatic,
        readiness: Readiness::Draft,
        mode: Mode::Plan,
        variables: [("A".to_owned(), "b".to_owned())].into(),
        webhook: Some(Webhook {
            url: "https://h/hook".into(),
            secret: None,
        }),
        ..Launch::default()
    }
}

#[tokio::test]
async fn launching_sends_the_body_of_v1_and_the_key() {
    let answers = || answer("201 Created", "application/json", AGENT);
    let server = Server::start(vec![answers(), answers()]).await;
    let agent = server.client().launch(&launch()).await.unwrap();
    assert_eq!(
        (agent.id.as_str(), agent.status.as_str()),
        ("bc-1", "ACTIVE")
    );
    let named = Launch {
        environment: Some(LaunchEnvironment {
            name: "tools".into(),
        }),
        ..Launch::default()
    };
    server.client().launch(&named).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /v1/agents HTTP/1.1");
    assert_eq!(asked.header("authorization"), Some("Bearer key_secret"));
    let body = |at: usize| -> serde_json::Value {
        serde_json::from_str(&server.asked()[at].body).unwrap()
    };
    assert_eq!(
        body(0),
        serde_json::json!({
            "prompt": {"text": "do it", "images": [{"data": "aGk=", "mimeType": "image/png"}]},
            "repos": [{"url": "https://h/a/b", "startingRef": "main"}],
            "autoCreatePR": true, "draftPR": true, "mode": "plan", "envVars": {"A": "b"},
            "webhook": {"url": "https://h/hook"},
        })
    );
    assert_eq!(
        body(1),
        serde_json::json!({
            "prompt": {"text": ""}, "env": {"type": "cloud", "name": "tools"}, "autoCreatePR": false,
        })
    );
    let shown = format!("{:?}", launch());
    assert!(
        !shown.contains("\"b\""),
        "variables are not printed: {shown}"
    );
}

#[tokio::test]
async fn secrets_and_environments_go_to_the_routes_of_their_holders() {
    let secret = r#"{"id":"secv_1","name":"A","type":"runtime_secret","repos":[],"createdAt":"x"}"#;
    let page = |cursor: &str| json(&format!(r#"{{"items":[{secret}],"nextCursor":{cursor}}}"#));
    let server = Server::start(vec![
        page(r#""c d""#),
        page("null"),
        page("null"),
        page("null"),
        json(secret),
        json(r#"{"name":"A"}"#),
        json(r#"{"items":[]}"#),
        json(r#"{"items":[]}"#),
    ])
    .await;
    let client = server.client();
    assert_eq!(client.secrets(None).await.unwrap().len(), 2);
    let own = client.secrets(Some(&SecretScope::User)).await.unwrap();
    assert_eq!(own[0].name, "A");
    client.secrets(Some(&SecretScope::Team)).await.unwrap();
    let new = NewSecret {
        value: "hunter2hunter2".into(),
        kind: None,
        repos: Some(vec!["h/a/b".into()]),
    };
    let of = SecretScope::Environment("e/1".into());
    client
        .put_secret(&of, "A", Some("secv_1"), &new)
        .await
        .unwrap();
    client
        .delete_secret(&SecretScope::Team, "A", None)
        .await
        .unwrap();
    client.environments().await.unwrap();
    client.environment_history("e").await.unwrap();
    let lines: Vec<String> = server.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/secrets?limit=100 HTTP/1.1",
            "GET /v1/secrets?limit=100&cursor=c%20d HTTP/1.1",
            "GET /v1/secrets?scope=user&limit=100 HTTP/1.1",
            "GET /v1/team/secrets?limit=100 HTTP/1.1",
            "PUT /v1/environments/e%2F1/secrets/A?id=secv_1 HTTP/1.1",
            "DELETE /v1/team/secrets/A HTTP/1.1",
            "GET /v1/environments?limit=100 HTTP/1.1",
            "GET /v1/environments/e/history?limit=100 HTTP/1.1",
        ]
    );
    let body: serde_json::Value = serde_json::from_str(&server.asked()[4].body).unwrap();
    let sent = serde_json::json!({"value": "hunter2hunter2", "repos": ["h/a/b"]});
    assert_eq!(body, sent);
}

#[tokio::test]
async fn every_other_call_goes_to_its_route() {
    let id = r#"{"id":"bc-1"}"#;
    let server = Server::start(vec![
        json(r#"{"agents":[],"nextCursor":"c"}"#),
        json(id),
        json(id),
        json(r#"{"totalUsage":{"inputTokens":1,"outputTokens":2,"cacheWriteTokens":3,"cacheReadTokens":4,
            "totalTokens":10},"runs":[]}"#),
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
        archived: Archived::Shown,
    };
    let page = client.list_agents(&query).await.unwrap();
    assert_eq!(page.next_cursor.as_deref(), Some("c"));
    client.archive("bc-1").await.unwrap();
    client.unarchive("bc-1").await.unwrap();
    let usage = client.usage("bc-1").await.unwrap();
    assert_eq!(usage.total_usage.total_tokens, 10);
    let prompt = PromptBody {
        text: "more".into(),
        images: vec![],
    };
    client
        .follow_up("bc-1", &prompt, Mode::Agent)
        .await
        .unwrap();
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
            "GET /api/v1/agents?limit=5&cursor=a%20b&archived=true HTTP/1.1",
            "POST /v1/agents/bc-1/archive HTTP/1.1",
            "POST /v1/agents/bc-1/unarchive HTTP/1.1",
            "GET /v1/agents/bc-1/usage HTTP/1.1",
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
