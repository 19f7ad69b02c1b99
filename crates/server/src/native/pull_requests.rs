//! `/api/v1/pull-requests/{number}`: reads one, shows what it changes, merges or closes it.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::PullRequest;
use outwork_store::{Reply, pull_requests};

use super::pull_request::PullRequestBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::once::{NoBody, Post, json_reply};
use crate::path::PathPullRequest;
use crate::reply::{Answer, diff, json, typed};

/// Reads a pull request.
#[utoipa::path(
    get,
    path = "/api/v1/pull-requests/{number}",
    params(("number" = u64, Path, description = "Its number.", example = 1)),
    responses(
        (status = 200, description = "The pull request as it is now.", body = PullRequestBody),
        (status = 404, description = "`pull_request_not_found`: none of that number, or somebody else's."),
    ),
)]
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

/// Shows what a pull request changes.
#[utoipa::path(
    get,
    path = "/api/v1/pull-requests/{number}/diff",
    params(("number" = u64, Path, description = "Its number.", example = 1)),
    operation_id = "get_pull_request_diff",
    responses(
        (
            status = 200,
            description = "A difference as git writes it.",
            body = String,
            content_type = "text/x-diff",
        ),
        (status = 404, description = "`pull_request_not_found`: none of that number, or somebody else's."),
    ),
)]
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

/// Gives the commits of a pull request as `git am` reads them.
#[utoipa::path(
    get,
    path = "/api/v1/pull-requests/{number}/patch",
    params(("number" = u64, Path, description = "Its number.", example = 1)),
    operation_id = "get_pull_request_patch",
    responses(
        (
            status = 200,
            description = "The commits, each with its message and difference.",
            body = String,
            content_type = "text/x-patch",
        ),
        (status = 404, description = "`pull_request_not_found`: none of that number, or somebody else's."),
    ),
)]
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

/// Merges a pull request into its base; a conflict changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/pull-requests/{number}/merge",
    params(("number" = u64, Path, description = "Its number.", example = 1)),
    operation_id = "merge_pull_request",
    responses(
        (status = 200, description = "It is merged.", body = PullRequestBody),
        (status = 400, description = "`repository_access`: its repository is out of reach."),
        (status = 404, description = "`pull_request_not_found`: none of that number, or somebody else's."),
        (
            status = 409,
            description = "`pull_request_not_open`: it was merged or closed before. \
                `merge_conflict`: both sides changed the same places.",
        ),
    ),
)]
pub(super) async fn merge(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = rendering(&app);
    let merge = async move |receipt| {
        Ok(engine
            .merge_pull_request(account_id, number, receipt)
            .await?)
    };
    repeatable.once(&app, &caller, render, merge).await
}

/// Closes a pull request without merging it.
#[utoipa::path(
    post,
    path = "/api/v1/pull-requests/{number}/close",
    params(("number" = u64, Path, description = "Its number.", example = 1)),
    operation_id = "close_pull_request",
    responses(
        (status = 200, description = "It is closed.", body = PullRequestBody),
        (status = 404, description = "`pull_request_not_found`: none of that number, or somebody else's."),
        (status = 409, description = "`pull_request_not_open`: it was merged or closed before."),
    ),
)]
pub(super) async fn close(
    State(app): State<App>,
    caller: Caller,
    PathPullRequest(number): PathPullRequest,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = rendering(&app);
    let close = async move |receipt| {
        Ok(engine
            .close_pull_request(account_id, number, receipt)
            .await?)
    };
    repeatable.once(&app, &caller, render, close).await
}

/// How the end of a pull request is answered.
fn rendering(app: &App) -> impl Fn(&PullRequest) -> Result<Reply, Failure> + use<> {
    let engine = app.engine().clone();
    move |ended| json_reply(StatusCode::OK, &PullRequestBody::of(ended, &engine))
}
