//! The Cursor Cloud Agents API v0: one file a verb, and the wire types that they share.
//!
//! Names, presence of fields, statuses and codes are fixed by the API's public specification.

mod add_follow_up;
mod agent;
mod artifact;
mod create_agent;
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

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// All routes of v0.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(
            list_agents::list_agents,
            create_agent::create_agent
        ))
        .routes(routes!(get_agent::get_agent, delete_agent::delete_agent))
        .routes(routes!(get_conversation::get_conversation))
        .routes(routes!(add_follow_up::add_follow_up))
        .routes(routes!(stop_agent::stop_agent))
        .routes(routes!(list_artifacts::list_artifacts))
        .routes(routes!(get_artifact::get_artifact))
        .routes(routes!(get_me::get_me))
        .routes(routes!(list_models::list_models))
        .routes(routes!(list_repositories::list_repositories))
}
