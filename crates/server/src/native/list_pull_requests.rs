//! `GET /api/v1/pull-requests`: newest first, by pages, optionally of one state.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{PullRequestNumber, PullRequestState};
use outwork_store::pull_requests;
use serde::Serialize;
use utoipa::ToSchema;

use super::pull_request::PullRequestBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};

/// What every store can hold.
const NUMBER_MAX: u64 = i64::MAX as u64;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PullRequestList)]
struct ListBody<'a> {
    pull_requests: Vec<PullRequestBody<'a>>,
}

/// Lists the pull requests that Outwork keeps, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/pull-requests",
    params(
        ("state" = Option<String>, Query, description = "Only those `open`, `merged` or `closed`.",
            pattern = "^(open|merged|closed)$", example = "open"),
        ("limit" = Option<u32>, Query, description = "Pull requests on a page; 20 if absent.",
            minimum = 1, maximum = 100),
        ("before" = Option<u64>, Query, description = "Only those with a lower number."),
    ),
    responses((status = 200, description = "A page.", body = ListBody)),
)]
pub(super) async fn list_pull_requests(
    State(app): State<App>,
    caller: Caller,
    pairs: Pairs,
) -> Answer {
    let state: Option<Result<PullRequestState, _>> = pairs.text("state")?.map(str::parse);
    let state = state
        .transpose()
        .map_err(|_| Failure::invalid("state must be open, merged or closed"))?;
    let size = pairs.limit(PAGE_MAX, PAGE_DEFAULT)?;
    let before = pairs
        .number("before", 0..=NUMBER_MAX)?
        .map(PullRequestNumber);
    let mut reader = app.store().read().await?;
    let found = pull_requests::list(&mut reader, caller.account_id(), state, before, size).await?;
    drop(reader);
    let engine = app.engine();
    let pull_requests = found
        .iter()
        .map(|one| PullRequestBody::of(one, engine))
        .collect();
    json(&ListBody { pull_requests })
}
