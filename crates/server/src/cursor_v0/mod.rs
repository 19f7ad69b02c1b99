//! The Cursor Cloud Agents API v0: one file a verb, and the wire types that they share.
//!
//! Names, presence of fields, statuses and codes are fixed by the API's public specification.

mod add_follow_up;
mod agent;
mod artifact;
mod create_agent;
mod cursor;
mod delete_agent;
mod get_agent;
mod get_artifact;
mod get_conversation;
mod get_me;
mod image;
mod list_agents;
mod list_artifacts;
mod list_models;
mod list_repositories;
mod new_agent;
mod prompt;
mod status;
mod stop_agent;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// All routes of v0.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v0/agents",
            get(list_agents::list_agents).post(create_agent::create_agent),
        )
        .route(
            "/v0/agents/{id}",
            get(get_agent::get_agent).delete(delete_agent::delete_agent),
        )
        .route(
            "/v0/agents/{id}/conversation",
            get(get_conversation::get_conversation),
        )
        .route(
            "/v0/agents/{id}/followup",
            post(add_follow_up::add_follow_up),
        )
        .route("/v0/agents/{id}/stop", post(stop_agent::stop_agent))
        .route(
            "/v0/agents/{id}/artifacts",
            get(list_artifacts::list_artifacts),
        )
        .route(
            "/v0/agents/{id}/artifacts/download",
            get(get_artifact::get_artifact),
        )
        .route("/v0/me", get(get_me::get_me))
        .route("/v0/models", get(list_models::list_models))
        .route(
            "/v0/repositories",
            get(list_repositories::list_repositories),
        )
}
