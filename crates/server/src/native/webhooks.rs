//! `/api/v1/webhooks`: the endpoints to which the ends of all runs of an account are announced.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use outwork_domain::limits::BODY_BYTES_MAX;
use outwork_domain::{Delivery, WebhookEndpoint};
use outwork_store::webhooks;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhook::{DeliveryBody, EndpointBody, WireEndpointId};
use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::errors::Failure;
use crate::once::{NoBody, Post, json_reply};
use crate::reply::{Answer, json};

/// An endpoint that is to be added.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewWebhookBody {
    #[schema(value_type = String, format = "uri", max_length = 2048)]
    url: Option<String>,
    /// What its deliveries are signed with; made up if absent.
    #[schema(min_length = 32, max_length = 256)]
    secret: Option<String>,
    /// The events that are sent; there is one.
    #[schema(max_items = 1, example = json!(["statusChange"]))]
    events: Option<Vec<String>>,
    /// The endings that are announced, `FINISHED`, `ERROR`, `EXPIRED`; all of them if absent or empty.
    #[schema(max_items = 3, example = json!(["ERROR"]))]
    statuses: Option<Vec<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointList)]
struct ListBody<'a> {
    webhooks: Vec<EndpointBody<'a>>,
}

/// Lists the account's webhook endpoints, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    responses((status = 200, description = "All of them, without their secrets.", body = ListBody)),
)]
pub(super) async fn list_webhooks(State(app): State<App>, caller: Caller) -> Answer {
    let mut reader = app.store().read().await?;
    let found = webhooks::list(&mut reader, caller.account_id()).await?;
    drop(reader);
    json(&ListBody {
        webhooks: found.iter().map(EndpointBody::of).collect(),
    })
}

/// Adds a webhook endpoint, to which the ends of all runs of the account are announced.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    request_body = NewWebhookBody,
    responses(
        (status = 201, description = "The endpoint with its secret, which is not shown again.",
            body = EndpointBody),
        (status = 400, description = "`validation_error`: also an address that may not be called. \
            `missing_body`."),
        (status = 409, description = "`too_many_webhooks`: the account has as many as it may have."),
    ),
)]
pub(super) async fn create_webhook(
    State(app): State<App>,
    caller: Caller,
    Post {
        body: JsonBody(body),
        repeatable,
    }: Post<JsonBody<NewWebhookBody, BODY_BYTES_MAX>>,
) -> Answer {
    let url = body
        .url
        .ok_or_else(|| Failure::invalid("url is required"))?;
    if body
        .secret
        .as_ref()
        .is_some_and(|secret| secret.contains('\0'))
    {
        return Err(Failure::invalid("secret must not contain a NUL character"));
    }
    if body
        .events
        .into_iter()
        .flatten()
        .any(|event| event != "statusChange")
    {
        return Err(Failure::invalid("events must be statusChange"));
    }
    let mut endings = Vec::new();
    for status in body.statuses.into_iter().flatten() {
        let ending = status.parse();
        endings.push(ending.map_err(|why| Failure::invalid(format!("statuses {why}")))?);
    }
    endings.sort_unstable();
    endings.dedup();
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = |added: &WebhookEndpoint| {
        json_reply(StatusCode::CREATED, &EndpointBody::with_secret(added))
    };
    let create = async move |receipt| {
        let new = (url.as_str(), body.secret, endings);
        Ok(engine.add_webhook(account_id, new, receipt).await?)
    };
    repeatable.once(&app, &caller, render, create).await
}

/// Removes a webhook endpoint with everything that was to be sent to it.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{id}",
    params(("id" = WireEndpointId, Path, description = "Its id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "`webhook_not_found`: none of that id, or somebody else's."),
    ),
)]
pub(super) async fn delete_webhook(
    State(app): State<App>,
    caller: Caller,
    WireEndpointId(id): WireEndpointId,
) -> Result<Response, Failure> {
    app.engine().remove_webhook(caller.account_id(), id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sends a webhook endpoint an event `test`, to try whether it works.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/test",
    params(("id" = WireEndpointId, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The delivery, which is about to be sent.", body = DeliveryBody),
        (status = 404, description = "`webhook_not_found`: none of that id, or somebody else's."),
    ),
)]
pub(super) async fn test_webhook(
    State(app): State<App>,
    caller: Caller,
    WireEndpointId(id): WireEndpointId,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = |made: &Delivery| json_reply(StatusCode::OK, &DeliveryBody::of(made));
    let test = async move |receipt| Ok(engine.test_webhook(account_id, id, receipt).await?);
    repeatable.once(&app, &caller, render, test).await
}
