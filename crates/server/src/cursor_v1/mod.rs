//! The Cursor Cloud Agents API v1: a durable agent, and one run for each prompt.
//!
//! Names, presence of fields, statuses and codes are fixed by the API's public specification. One file
//! a verb; what several verbs share is a file of its own.

mod agent;
mod archive_agent;
mod artifact;
mod cancel_run;
mod create_agent;
mod create_run;
mod create_sub_token;
mod delete_agent;
mod env;
mod environments;
mod get_agent;
mod get_artifact;
mod get_me;
mod get_run;
mod get_usage;
mod id;
mod image;
mod list_agents;
mod list_artifacts;
mod list_models;
mod list_repositories;
mod list_runs;
mod mcp_servers;
mod model;
mod new_agent;
mod path;
mod private_workers;
mod prompt;
mod repos;
mod run;
mod secrets;
mod status;
mod stream;
mod subagents;
mod unarchive_agent;
mod variables;
mod view;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

pub(crate) use private_workers::routes as private_worker_routes;

/// All routes of v1.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(
            list_agents::list_agents,
            create_agent::create_agent
        ))
        .routes(routes!(get_agent::get_agent, delete_agent::delete_agent))
        .routes(routes!(archive_agent::archive_agent))
        .routes(routes!(unarchive_agent::unarchive_agent))
        .routes(routes!(list_runs::list_runs, create_run::create_run))
        .routes(routes!(get_run::get_run))
        .routes(routes!(cancel_run::cancel_run))
        .routes(routes!(get_usage::get_usage))
        .routes(routes!(list_artifacts::list_artifacts))
        .routes(routes!(get_artifact::get_artifact))
        .routes(routes!(get_me::get_me))
        .routes(routes!(list_models::list_models))
        .routes(routes!(list_repositories::list_repositories))
        .routes(routes!(create_sub_token::create_sub_token))
        .merge(environments::routes())
        .merge(secrets::routes())
        .routes(routes!(stream::stream_run::stream_run))
}
