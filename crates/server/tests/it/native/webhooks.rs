//! `/api/v1/webhooks` and `/api/v1/deliveries`.

use serde_json::{Value, json};

use crate::support::{Key, Server, delete, get, post};

async fn add(server: &Server, key: &Key, body: Value) -> Value {
    let reply = server
        .ask(post("/api/v1/webhooks").by(key).json(&body))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// An agent with a webhook of its own whose run has ended.
async fn ended(server: &Server, key: &Key) -> String {
    let repository = server.repositories.make("hooked.git");
    let body = json!({
        "prompt": {"text": "x"},
        "source": {"repository": repository},
        "webhook": {"url": "https://hooks.example.com/x", "secret": "s".repeat(32)},
    });
    let agent = server
        .ask(post("/v0/agents").by(key).json(&body))
        .await
        .good();
    let fence = server.work().await;
    server.succeed(fence, "Done.").await;
    agent["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn endpoints_are_added_listed_and_removed() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let url = "https://hooks.example.com/all";
    let added = add(
        &server,
        &key,
        json!({"url": url, "statuses": ["ERROR", "FINISHED", "ERROR"]}),
    )
    .await;
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        (&added["url"], &added["statuses"]),
        (&json!(url), &json!(["FINISHED", "ERROR"]))
    );
    let listed = server.ask(get("/api/v1/webhooks").by(&key)).await.good();
    assert_eq!(listed["webhooks"][0]["id"], added["id"]);
    assert_eq!(
        listed["webhooks"][0].get("secret"),
        None,
        "it is shown once"
    );
    let path = format!("/api/v1/webhooks/{}", added["id"].as_str().unwrap());
    let foreign = server.ask(delete(&path).by(&other)).await;
    let unknown = server
        .ask(delete("/api/v1/webhooks/hook_x").by(&other))
        .await;
    assert_eq!(
        (foreign.status, &foreign.bytes),
        (unknown.status, &unknown.bytes)
    );
    assert_eq!(foreign.refusal().1, "webhook_not_found");
    assert_eq!(server.ask(delete(&path).by(&key)).await.status, 204);
    assert_eq!(server.ask(delete(&path).by(&key)).await.status, 404);
}

#[tokio::test]
async fn addresses_that_may_not_be_called_are_refused_wherever_they_are_given() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("refused.git");
    for url in [
        "http://hooks.example.com/",
        "https://localhost/",
        "https://127.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
        "https://u:p@hooks.example.com/",
        "ftp://hooks.example.com/",
        "nonsense",
    ] {
        let endpoint = post("/api/v1/webhooks").by(&key).json(&json!({"url": url}));
        let (status, code, message) = server.ask(endpoint).await.refusal();
        assert_eq!(
            (status, code.as_str()),
            (400, "validation_error"),
            "{url}: {message}"
        );
        let agent = json!({
            "prompt": {"text": "x"}, "source": {"repository": repository}, "webhook": {"url": url},
        });
        let (status, code, message) = server
            .ask(post("/v0/agents").by(&key).json(&agent))
            .await
            .refusal();
        assert_eq!(
            (status, code.as_str()),
            (400, "validation_error"),
            "{url}: {message}"
        );
        assert!(message.contains("webhook.url"), "{message}");
    }
    for body in [
        json!({}),
        json!({"url": "https://h.example.com/", "secret": "short"}),
        json!({"url": "https://h.example.com/", "statuses": ["RUNNING"]}),
        json!({"url": "https://h.example.com/", "events": ["push"]}),
    ] {
        let reply = server
            .ask(post("/api/v1/webhooks").by(&key).json(&body))
            .await;
        assert_eq!(reply.refusal().0, 400, "{body}");
    }
}

#[tokio::test]
async fn the_log_shows_what_is_to_be_sent_and_only_to_its_account() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let endpoint = add(
        &server,
        &key,
        json!({"url": "https://hooks.example.com/all"}),
    )
    .await;
    let agent = ended(&server, &key).await;
    let listed = server
        .ask(get(format!("/api/v1/deliveries?agent={agent}&state=waiting")).by(&key))
        .await
        .good();
    let all = listed["deliveries"].as_array().unwrap().clone();
    assert_eq!(all.len(), 2);
    let of_endpoint = all
        .iter()
        .find(|one| one["endpointId"] == endpoint["id"])
        .unwrap();
    assert_eq!(
        (&of_endpoint["event"], &of_endpoint["attemptCount"]),
        (&json!("statusChange"), &json!(0))
    );
    let one = format!("/api/v1/deliveries/{}", of_endpoint["id"].as_str().unwrap());
    let whole = server.ask(get(&one).by(&key)).await.good();
    assert_eq!(
        (&whole["attempts"], &whole["url"]),
        (&json!([]), &json!("https://hooks.example.com/all"))
    );
    let sent: Value = serde_json::from_str(whole["body"].as_str().unwrap()).unwrap();
    assert_eq!(sent["id"], agent);
    let foreign = server.ask(get(&one).by(&other)).await;
    let unknown = server.ask(get("/api/v1/deliveries/wh_x").by(&other)).await;
    assert_eq!(
        (foreign.status, &foreign.bytes),
        (unknown.status, &unknown.bytes)
    );
    let again = server
        .ask(post(format!("{one}/redeliver")).by(&key))
        .await
        .good();
    assert_eq!(again["id"], of_endpoint["id"]);
    assert_eq!(
        server
            .ask(post(format!("{one}/redeliver")).by(&other))
            .await
            .refusal()
            .1,
        "delivery_not_found"
    );
    let none = server
        .ask(get("/api/v1/deliveries").by(&other))
        .await
        .good();
    assert_eq!(none, json!({"deliveries": []}));
    let before = format!(
        "/api/v1/deliveries?before={}",
        all[1]["id"].as_str().unwrap()
    );
    assert_eq!(
        server.ask(get(before).by(&key)).await.good(),
        json!({"deliveries": []})
    );
}

#[tokio::test]
async fn the_log_refuses_filters_that_cannot_be() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    for query in ["state=lost", "limit=0", "agent=x"] {
        let reply = server
            .ask(get(format!("/api/v1/deliveries?{query}")).by(&key))
            .await;
        assert_eq!(reply.refusal().0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_test_is_written_once_for_one_key_of_idempotency() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let endpoint = add(
        &server,
        &key,
        json!({"url": "https://hooks.example.com/all"}),
    )
    .await;
    let path = format!("/api/v1/webhooks/{}/test", endpoint["id"].as_str().unwrap());
    let test = || post(&path).by(&key).header("idempotency-key", "once");
    let first = server.ask(test()).await.good();
    assert_eq!(
        (&first["event"], first.get("agentId")),
        (&json!("test"), None)
    );
    assert_eq!(server.ask(test()).await.good(), first);
    let listed = server.ask(get("/api/v1/deliveries").by(&key)).await.good();
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(
        server.ask(post(&path).by(&other)).await.refusal().1,
        "webhook_not_found"
    );
}
