//! Every field that takes an address, given every form of a closed one: none is accepted, and nobody is
//! called.

use std::net::TcpListener;

use axum::body::to_bytes;
use outwork_stand_ins::addresses::{closed_hosts, crooked_urls};
use serde_json::json;

use crate::support::{Ask, Key, Server, post};

/// What an address is for, and the request that brings it.
type Sink = (&'static str, Scheme, Box<dyn Fn(&str) -> Ask>);

#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    Any,
    /// Repositories: http is closed by itself, which would prove nothing.
    Https,
}

/// Brings an address by a POST; the JSON is made of it and of a repository that is open.
struct Bringer<'a> {
    key: &'a Key,
    repository: &'a str,
}

impl Bringer<'_> {
    fn of(
        &self,
        route: &str,
        make: fn(&str, &str) -> serde_json::Value,
    ) -> Box<dyn Fn(&str) -> Ask> {
        let (key, route) = (self.key.clone(), route.to_owned());
        let repository = self.repository.to_owned();
        Box::new(move |url| post(&route).by(&key).json(&make(url, &repository)))
    }
}

fn called(by: &Bringer<'_>, agent: &str) -> Vec<Sink> {
    let runs = format!("/v1/agents/{agent}/runs");
    vec![
        (
            "webhook of a v0 agent",
            Scheme::Any,
            by.of(
                "/v0/agents",
                |url, repository| json!({"prompt": {"text": "x"}, "source": {"repository": repository}, "webhook": {"url": url}}),
            ),
        ),
        (
            "webhook of a v1 agent",
            Scheme::Any,
            by.of(
                "/v1/agents",
                |url, repository| json!({"prompt": {"text": "x"}, "repos": [{"url": repository}], "webhook": {"url": url}}),
            ),
        ),
        (
            "endpoint of an account",
            Scheme::Any,
            by.of("/api/v1/webhooks", |url, _| json!({"url": url})),
        ),
        (
            "image of a first prompt",
            Scheme::Any,
            by.of(
                "/v1/agents",
                |url, repository| json!({"prompt": {"text": "x", "images": [{"url": url}]}, "repos": [{"url": repository}]}),
            ),
        ),
        (
            "image of a later prompt",
            Scheme::Any,
            by.of(
                &runs,
                |url, _| json!({"prompt": {"text": "x", "images": [{"url": url}]}}),
            ),
        ),
        (
            "server of the Model Context Protocol",
            Scheme::Any,
            by.of(
                "/v1/agents",
                |url, repository| json!({"prompt": {"text": "x"}, "repos": [{"url": repository}], "mcpServers": [{"name": "n", "url": url}]}),
            ),
        ),
    ]
}

fn repositories(by: &Bringer<'_>) -> Vec<Sink> {
    vec![
        (
            "repository of a v0 agent",
            Scheme::Https,
            by.of(
                "/v0/agents",
                |url, _| json!({"prompt": {"text": "x"}, "source": {"repository": url}}),
            ),
        ),
        (
            "repository of a v1 agent",
            Scheme::Https,
            by.of(
                "/v1/agents",
                |url, _| json!({"prompt": {"text": "x"}, "repos": [{"url": url}]}),
            ),
        ),
        (
            "pull request to start from",
            Scheme::Https,
            by.of(
                "/v1/agents",
                |url, _| json!({"prompt": {"text": "x"}, "repos": [{"prUrl": format!("{url}/pull/1")}]}),
            ),
        ),
        (
            "repository of an environment",
            Scheme::Https,
            by.of(
                "/v1/environments",
                |url, _| json!({"owner": "personal", "name": "E", "repos": [{"url": url}], "environmentJson": "{}"}),
            ),
        ),
    ]
}

#[tokio::test]
async fn no_field_takes_a_closed_address_in_any_form() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let agent = server.launch(&key, "x").await;
    let repository = server.repositories.make("ours.git");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts = closed_hosts();
    let mut forms: Vec<String> = hosts
        .iter()
        .map(|host| format!("https://{host}:{port}/a/b"))
        .collect();
    forms.extend(crooked_urls(port));
    assert!(forms.len() > 600, "{}", forms.len());
    let by = Bringer {
        key: &key,
        repository: &repository,
    };
    let sinks = || called(&by, &agent).into_iter().chain(repositories(&by));
    for (sink, scheme, ask) in sinks() {
        for form in &forms {
            let form = match scheme {
                Scheme::Any => form.clone(),
                Scheme::Https => form.replacen("http:", "https:", 1),
            };
            let response = server.send(ask(&form).request()).await;
            let status = response.status();
            let words = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let words = String::from_utf8_lossy(&words);
            assert!(
                status.is_client_error(),
                "{sink}: {form:?}: {status} {words}"
            );
        }
    }
    let dialled = listener.accept();
    assert!(dialled.is_err(), "{dialled:?}");
    // The control: what is public is taken, so it was the address that was refused.
    for (sink, _, ask) in sinks() {
        let public = "https://hooks.example.com/a/b";
        let takes = match sink {
            // An image is fetched at once, a pull request is read at once, and such servers are not there yet.
            "image of a first prompt" | "image of a later prompt" => false,
            "pull request to start from" | "server of the Model Context Protocol" => false,
            _ => true,
        };
        if takes {
            let response = server.send(ask(public).request()).await;
            assert!(
                response.status().is_success(),
                "{sink}: {}",
                response.status()
            );
        }
    }
}
