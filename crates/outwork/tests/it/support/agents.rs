//! A client in verbs: launch, wait, read.

use std::time::Duration;

use serde_json::{Value, json};

use super::server::Server;

const PATIENCE: Duration = Duration::from_secs(180);

impl Server {
    /// Sends a request and gives status and body.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.try_call(method, path, body).await.unwrap()
    }

    /// The same, where the server may be away.
    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), reqwest::Error> {
        let url = format!("{}{path}", self.url);
        let mut request = self
            .http
            .request(method.parse().unwrap(), url)
            .basic_auth(&self.key, Some(""));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }

    /// Launches an agent of the `script` model and gives its id.
    pub async fn launch(&self, repository: &str, prompt: &str) -> String {
        let body = json!({
            "prompt": { "text": prompt },
            "model": "script",
            "source": { "repository": repository, "ref": "main" },
            "target": { "autoCreatePr": true },
        });
        let (status, agent) = self.call("POST", "/v0/agents", Some(&body)).await;
        assert_eq!(status, 201, "{agent}");
        assert_eq!(agent["status"], "CREATING");
        agent["id"].as_str().unwrap().to_owned()
    }

    /// Gives an agent another prompt.
    pub async fn follow_up(&self, id: &str, prompt: &str) {
        let body = json!({ "prompt": { "text": prompt } });
        let (status, answer) = self
            .call("POST", &format!("/v0/agents/{id}/followup"), Some(&body))
            .await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Reads an agent.
    pub async fn agent(&self, id: &str) -> Value {
        let (status, agent) = self.call("GET", &format!("/v0/agents/{id}"), None).await;
        assert_eq!(status, 200, "{agent}");
        agent
    }

    /// Waits until an agent has ended what it was asked to do.
    pub async fn ended(&self, id: &str) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let agent = self.agent(id).await;
            if !matches!(agent["status"].as_str(), Some("CREATING" | "RUNNING")) {
                return agent;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "still going: {agent}\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until an agent has finished well.
    pub async fn finished(&self, id: &str) -> Value {
        let agent = self.ended(id).await;
        assert_eq!(
            agent["status"],
            "FINISHED",
            "{agent}\n{}\n{}",
            self.details(id).await,
            self.log()
        );
        agent
    }

    /// What our own API says of an agent.
    pub async fn details(&self, id: &str) -> Value {
        self.call("GET", &format!("/api/v1/agents/{id}"), None)
            .await
            .1
    }

    /// All events of an agent.
    pub async fn events(&self, id: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().map_or(0, |event| event["seq"].as_u64().unwrap());
            let path = format!("/api/v1/agents/{id}/events?after={after}&limit=500");
            let (status, page) = self.call("GET", &path, None).await;
            assert_eq!(status, 200, "{page}");
            let page = page["events"].as_array().unwrap().clone();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// Follows an agent's event stream to the first event of a kind and gives its data.
    pub async fn stream(&self, id: &str, kind: &str) -> String {
        let url = format!("{}/api/v1/agents/{id}/events?after=0", self.url);
        let request = self.http.get(url).header("accept", "text/event-stream");
        let mut response = request
            .basic_auth(&self.key, Some(""))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let mut text = String::new();
        let reading = async {
            loop {
                let chunk = response
                    .chunk()
                    .await
                    .unwrap()
                    .expect("the stream ended early");
                text.push_str(&String::from_utf8_lossy(&chunk));
                let marker = format!("event: {kind}\n");
                let found = text
                    .split("\n\n")
                    .find(|block| block.contains(marker.trim_end()) && block.contains("\ndata:"));
                if let Some(block) = found {
                    return block.to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .expect("the event never came")
    }

    /// The messages of an agent's conversation: type and text.
    pub async fn conversation(&self, id: &str) -> Vec<(String, String)> {
        let (status, talk) = self
            .call("GET", &format!("/v0/agents/{id}/conversation"), None)
            .await;
        assert_eq!(status, 200, "{talk}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        talk["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| (text(&m["type"]), text(&m["text"])))
            .collect()
    }

    /// The pull requests that this server keeps.
    pub async fn pull_requests(&self) -> Vec<Value> {
        let (status, list) = self
            .call("GET", "/api/v1/pull-requests?limit=100", None)
            .await;
        assert_eq!(status, 200, "{list}");
        list["pullRequests"].as_array().unwrap().clone()
    }
}
