//! Webhook endpoints, and the log of what they were told.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::connection::{query, segment};
use crate::{Client, Error};

/// A webhook endpoint of the account.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: String,
    /// Its address.
    pub url: String,
    /// What its deliveries are signed with; only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The endings that are announced; all of them if empty.
    pub statuses: Vec<String>,
    /// When it was added, RFC 3339.
    pub created_at: String,
    /// When its receiver said that it is gone for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<String>,
}

impl std::fmt::Debug for WebhookEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookEndpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// An endpoint that is to be added.
#[derive(Clone, Default, Serialize)]
pub struct NewWebhook {
    /// Its address.
    pub url: String,
    /// What its deliveries are signed with; made up if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `FINISHED`, `ERROR`, `EXPIRED`; all of them if empty.
    pub statuses: Vec<String>,
}

/// One announcement to one receiver.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id, as the receiver sees it.
    pub id: String,
    /// `statusChange` or `test`.
    pub event: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// The agent that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The run that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The endpoint that it goes to; the agent's own webhook if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// Attempts so far.
    pub attempt_count: u32,
    /// When the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// When it was written.
    pub created_at: String,
    /// When it was delivered or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// What was tried; only where one delivery is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<DeliveryAttempt>>,
}

/// One try to send a delivery.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// Its place, from 1.
    pub number: u32,
    /// When it began.
    pub at: String,
    /// How long it took.
    pub duration_ms: u64,
    /// The HTTP status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of an answer that was no success, if it came from a public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

/// Which deliveries are listed.
#[derive(Clone, Debug, Default)]
pub struct DeliveryQuery {
    /// Only those about this agent.
    pub agent: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// How many at most.
    pub limit: Option<u32>,
    /// Only those older than this one.
    pub before: Option<String>,
}

#[derive(Deserialize)]
struct Webhooks {
    webhooks: Vec<WebhookEndpoint>,
}

#[derive(Deserialize)]
struct Deliveries {
    deliveries: Vec<Delivery>,
}

impl Client {
    /// Adds a webhook endpoint; the answer has its secret.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn add_webhook(&self, new: &NewWebhook) -> Result<WebhookEndpoint, Error> {
        self.post("adding a webhook", "/api/v1/webhooks", new).await
    }

    /// Lists the account's webhook endpoints, the oldest first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn list_webhooks(&self) -> Result<Vec<WebhookEndpoint>, Error> {
        let all: Webhooks = self.get("listing webhooks", "/api/v1/webhooks").await?;
        Ok(all.webhooks)
    }

    /// Removes a webhook endpoint.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn remove_webhook(&self, id: &str) -> Result<(), Error> {
        let path = format!("/api/v1/webhooks/{}", segment(id));
        let request = self.request(Method::DELETE, &path);
        self.send(request).await.map(drop)
    }

    /// Sends a webhook endpoint something that only tries whether it works.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn test_webhook(&self, id: &str) -> Result<Delivery, Error> {
        let path = format!("/api/v1/webhooks/{}/test", segment(id));
        let request = self.request(Method::POST, &path);
        self.json("testing a webhook", request).await
    }

    /// Lists deliveries, newest first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn list_deliveries(&self, which: &DeliveryQuery) -> Result<Vec<Delivery>, Error> {
        let mut pairs = Vec::new();
        for (name, value) in [
            ("agent", which.agent.clone()),
            ("state", which.state.clone()),
            ("limit", which.limit.map(|limit| limit.to_string())),
            ("before", which.before.clone()),
        ] {
            pairs.extend(value.map(|value| (name, value)));
        }
        let path = format!("/api/v1/deliveries{}", query(&pairs));
        let all: Deliveries = self.get("listing deliveries", &path).await?;
        Ok(all.deliveries)
    }

    /// Reads a delivery with its attempts.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn delivery(&self, id: &str) -> Result<Delivery, Error> {
        let path = format!("/api/v1/deliveries/{}", segment(id));
        self.get("reading a delivery", &path).await
    }

    /// Sends a delivery once more: one attempt, now.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn redeliver(&self, id: &str) -> Result<Delivery, Error> {
        let path = format!("/api/v1/deliveries/{}/redeliver", segment(id));
        let request = self.request(Method::POST, &path);
        self.json("sending a delivery again", request).await
    }
}
