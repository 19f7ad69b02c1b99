//! Webhook endpoints and deliveries as our own API shows them.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use outwork_domain::{Delivery, DeliveryAttempt, DeliveryId, EndpointId, WebhookEndpoint};
use outwork_store::deliveries::Content;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::errors::Failure;
use crate::path::parameter;
use crate::wire::{Moment, WireAgentId, WireRunId};

macro_rules! wire_id {
    ($(#[$doc:meta])* $name:ident, $id:ident, $prefix:literal, $pattern:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
        #[schema(value_type = String, pattern = $pattern, example = $example)]
        pub(super) struct $name(pub(super) $id);

        impl $name {
            /// Reads an id; what is none reads as the nil id, which nothing has.
            pub(super) fn read(text: &str) -> $id {
                let rest = text.strip_prefix($prefix).filter(|rest| rest.len() == 36);
                let uuid = rest.and_then(|rest| Uuid::try_parse(rest).ok());
                $id::new(uuid.unwrap_or_else(Uuid::nil))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl FromRequestParts<App> for $name {
            type Rejection = Failure;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
                let text = parameter(parts, app, "id").await.unwrap_or_default();
                Ok(Self(Self::read(&text)))
            }
        }
    };
}

wire_id!(
    /// An endpoint's id: `hook_<uuid>`.
    WireEndpointId, EndpointId, "hook_",
    "^hook_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "hook_0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11"
);
wire_id!(
    /// A delivery's id, as receivers see it in `X-Webhook-ID`: `wh_<uuid>`.
    WireDeliveryId, DeliveryId, "wh_",
    "^wh_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "wh_0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11"
);

/// A webhook endpoint of the account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub(super) struct EndpointBody<'a> {
    id: WireEndpointId,
    #[schema(format = "uri")]
    url: &'a str,
    /// What its deliveries are signed with; shown once, when it is added.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    /// The endings that are announced; all of them if empty.
    #[schema(example = json!(["FINISHED", "ERROR"]))]
    statuses: Vec<&'static str>,
    created_at: Moment,
    /// When its receiver answered 410: nothing more is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<Moment>,
}

impl<'a> EndpointBody<'a> {
    /// An endpoint without its secret.
    pub(super) fn of(endpoint: &'a WebhookEndpoint) -> Self {
        Self {
            id: WireEndpointId(endpoint.id),
            url: endpoint.target.url().as_str(),
            secret: None,
            statuses: endpoint.endings.iter().map(|one| one.word()).collect(),
            created_at: Moment(endpoint.created_at),
            stopped_at: endpoint.stopped_at.map(Moment),
        }
    }

    /// The same with its secret.
    pub(super) fn with_secret(endpoint: &'a WebhookEndpoint) -> Self {
        Self {
            secret: endpoint.target.secret(),
            ..Self::of(endpoint)
        }
    }
}

/// One announcement to one receiver.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryBody {
    id: WireDeliveryId,
    /// `statusChange`, or `test`.
    #[schema(pattern = "^(statusChange|test)$", example = "statusChange")]
    event: &'static str,
    /// `waiting`, `delivered` or `given_up`.
    #[schema(pattern = "^(waiting|delivered|given_up)$", example = "delivered")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<WireAgentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<WireRunId>,
    /// The endpoint that it goes to; the agent's own webhook if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint_id: Option<WireEndpointId>,
    attempt_count: u32,
    /// When the next attempt is due; absent while an earlier delivery of the same agent is to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Moment>,
    created_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

/// One announcement to one receiver, with what was tried and what is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeDelivery)]
pub(super) struct WholeDeliveryBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// What was tried, in its order.
    attempts: Vec<AttemptBody>,
    /// The receiver's address as it is now; absent if the agent has none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    url: Option<String>,
    /// The text that is sent, the same at every attempt.
    body: String,
}

/// One try to send a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryAttempt)]
pub(super) struct AttemptBody {
    number: u32,
    at: Moment,
    duration_ms: u64,
    /// The HTTP status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The beginning of an answer that was no success, if it came from a public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<String>,
}

impl DeliveryBody {
    /// A delivery by itself.
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            id: WireDeliveryId(delivery.id),
            event: delivery.event.word(),
            state: delivery.state.word(),
            agent_id: delivery.about.map(|(agent_id, _)| WireAgentId(agent_id)),
            run_id: delivery.about.map(|(_, run_id)| WireRunId(run_id)),
            endpoint_id: delivery.endpoint_id.map(WireEndpointId),
            attempt_count: delivery.attempt_count,
            due_at: delivery.due_at.map(Moment),
            created_at: Moment(delivery.created_at),
            ended_at: delivery.ended_at.map(Moment),
        }
    }
}

impl WholeDeliveryBody {
    /// A delivery with its attempts and its content.
    pub(super) fn of(
        delivery: &Delivery,
        attempts: Vec<DeliveryAttempt>,
        content: Content,
    ) -> Self {
        Self {
            delivery: DeliveryBody::of(delivery),
            attempts: attempts.into_iter().map(AttemptBody::of).collect(),
            url: content.url,
            body: content.body,
        }
    }
}

impl AttemptBody {
    fn of(attempt: DeliveryAttempt) -> Self {
        Self {
            number: attempt.number,
            at: Moment(attempt.at),
            duration_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            status: attempt.status,
            error: attempt.fault,
            excerpt: attempt.excerpt,
        }
    }
}
