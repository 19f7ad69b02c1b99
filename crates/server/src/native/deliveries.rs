//! `/api/v1/deliveries`: the log of what webhooks were told.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{Delivery, DeliveryState};
use outwork_store::{DeliveryFilter, deliveries};
use serde::Serialize;
use utoipa::ToSchema;

use super::webhook::{DeliveryBody, WholeDeliveryBody, WireDeliveryId};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::once::{NoBody, Post, json_reply};
use crate::query::Pairs;
use crate::reply::{Answer, json};
use crate::wire::WireAgentId;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryList)]
struct ListBody {
    deliveries: Vec<DeliveryBody>,
}

/// Lists deliveries to webhooks, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/deliveries",
    params(
        ("agent" = Option<WireAgentId>, Query, description = "Only those about this agent."),
        ("state" = Option<String>, Query, description = "Only those `waiting`, `delivered` or `given_up`.",
            pattern = "^(waiting|delivered|given_up)$", example = "waiting"),
        ("limit" = Option<u32>, Query, description = "Deliveries on a page; 20 if absent.",
            minimum = 1, maximum = 100),
        ("before" = Option<WireDeliveryId>, Query, description = "Only those older than this one."),
    ),
    responses((status = 200, description = "A page, without attempts.", body = ListBody)),
)]
pub(super) async fn list_deliveries(
    State(app): State<App>,
    caller: Caller,
    pairs: Pairs,
) -> Answer {
    let agent_id = pairs.text("agent")?.map(WireAgentId::read).transpose();
    let state: Option<Result<DeliveryState, _>> = pairs.text("state")?.map(str::parse);
    let filter = DeliveryFilter {
        agent_id: agent_id.map_err(|_| Failure::invalid("agent is malformed"))?,
        state: state
            .transpose()
            .map_err(|_| Failure::invalid("state must be waiting, delivered or given_up"))?,
    };
    let size = pairs.limit(PAGE_MAX, PAGE_DEFAULT)?;
    let before = pairs.text("before")?.map(WireDeliveryId::read);
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let found = deliveries::list(&mut reader, account_id, filter, before, size).await?;
    drop(reader);
    json(&ListBody {
        deliveries: found.iter().map(DeliveryBody::of).collect(),
    })
}

/// Reads a delivery with its attempts and what is sent.
#[utoipa::path(
    get,
    path = "/api/v1/deliveries/{id}",
    params(("id" = WireDeliveryId, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The delivery as it is now.", body = WholeDeliveryBody),
        (status = 404, description = "`delivery_not_found`: none of that id, or somebody else's."),
    ),
)]
pub(super) async fn get_delivery(
    State(app): State<App>,
    caller: Caller,
    WireDeliveryId(id): WireDeliveryId,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = deliveries::find(&mut reader, caller.account_id(), id).await?;
    let content = deliveries::find_content(&mut reader, caller.account_id(), id).await?;
    drop(reader);
    let (delivery, attempts) = found.ok_or_else(Failure::delivery_not_found)?;
    let content = content.ok_or_else(Failure::delivery_not_found)?;
    json(&WholeDeliveryBody::of(&delivery, attempts, content))
}

/// Sends a delivery once more, with the same id and bytes.
///
/// One that has ended gets one attempt. One that waits for its next attempt gets that now. One that is
/// being sent, or that waits for an earlier one, stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/deliveries/{id}/redeliver",
    params(("id" = WireDeliveryId, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The delivery, which is about to be sent.", body = DeliveryBody),
        (status = 404, description = "`delivery_not_found`: none of that id, or somebody else's."),
    ),
)]
pub(super) async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    WireDeliveryId(id): WireDeliveryId,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = |again: &Delivery| json_reply(StatusCode::OK, &DeliveryBody::of(again));
    let redeliver = async move |receipt| Ok(engine.redeliver(account_id, id, receipt).await?);
    repeatable.once(&app, &caller, render, redeliver).await
}
