//! Our own API, `/api/v1`: what the dialects have no words for. Faults are `application/problem+json`.

mod agent;
mod event;
mod follow_events;
mod get_agent;
mod get_agent_diff;
mod list_events;
mod list_pull_requests;
mod pull_request;
mod pull_requests;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// All routes of our own API.
pub(crate) fn routes() -> Router<App> {
    let one = "/api/v1/pull-requests/{number}";
    Router::new()
        .route("/api/v1/agents/{id}", get(get_agent::get_agent))
        .route("/api/v1/agents/{id}/events", get(list_events::list_events))
        .route(
            "/api/v1/agents/{id}/diff",
            get(get_agent_diff::get_agent_diff),
        )
        .route(
            "/api/v1/pull-requests",
            get(list_pull_requests::list_pull_requests),
        )
        .route(one, get(pull_requests::get_pull_request))
        .route(&format!("{one}/diff"), get(pull_requests::get_diff))
        .route(&format!("{one}/patch"), get(pull_requests::get_patch))
        .route(&format!("{one}/merge"), post(pull_requests::merge))
        .route(&format!("{one}/close"), post(pull_requests::close))
}
