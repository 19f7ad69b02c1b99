//! `/api/v1/pull-requests/{number}`: reads one, shows what it changes, merges or closes it.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_store::pull_requests;

use super::pull_request::PullRequestBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathPullRequest;
use crate::reply::{Answer, diff, json, typed};

pub(super) async fn get_pull_request(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = pull_requests::get(&mut reader, caller.account_id(), number).await?;
    drop(reader);
    let found = found.ok_or_else(Failure::pull_request_not_found)?;
    json(&PullRequestBody::of(&found, app.engine()))
}

pub(super) async fn get_diff(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
) -> Answer {
    Ok(diff(
        app.engine()
            .diff_of_pull_request(caller.account_id(), number)
            .await?,
    ))
}

pub(super) async fn get_patch(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
) -> Answer {
    let text = app
        .engine()
        .patch_of_pull_request(caller.account_id(), number)
        .await?;
    Ok(typed(StatusCode::OK, "text/x-patch; charset=utf-8", text))
}

pub(super) async fn merge(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
) -> Answer {
    let merged = app
        .engine()
        .merge_pull_request(caller.account_id(), number)
        .await?;
    json(&PullRequestBody::of(&merged, app.engine()))
}

pub(super) async fn close(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
) -> Answer {
    let closed = app
        .engine()
        .close_pull_request(caller.account_id(), number)
        .await?;
    json(&PullRequestBody::of(&closed, app.engine()))
}
