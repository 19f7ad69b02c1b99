//! Our own API, `/api/v1`: what the dialects have no words for. Faults are `application/problem+json`.

mod agent;
mod agent_query;
mod approve_plan;
mod deliveries;
mod event;
mod follow_events;
mod get_agent;
mod get_agent_diff;
mod get_run_diff;
mod get_run_image;
mod keys;
mod list_agents;
mod list_events;
mod list_facets;
mod list_forge_pull_requests;
mod list_pull_requests;
mod operator;
mod path;
mod projects;
mod pull_request;
mod pull_request_states;
mod pull_requests;
mod server;
mod session;
mod webhook;
mod webhooks;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// All routes of our own API.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(server::get_server))
        .routes(routes!(server::get_doctor))
        .routes(routes!(session::get_session))
        .routes(routes!(session::delete_sessions))
        .routes(routes!(list_agents::list_agents))
        .routes(routes!(list_facets::list_facets))
        .routes(routes!(get_agent::get_agent))
        .routes(routes!(list_events::list_events))
        .routes(routes!(get_agent_diff::get_agent_diff))
        .routes(routes!(approve_plan::approve_plan))
        .routes(routes!(get_run_diff::get_run_diff))
        .routes(routes!(get_run_image::get_run_image))
        .routes(routes!(list_pull_requests::list_pull_requests))
        .routes(routes!(list_forge_pull_requests::list_forge_pull_requests))
        .routes(routes!(pull_requests::get_pull_request))
        .routes(routes!(pull_requests::get_diff))
        .routes(routes!(pull_requests::get_patch))
        .routes(routes!(pull_requests::merge))
        .routes(routes!(pull_requests::close))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(webhooks::delete_webhook))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(keys::list_keys, keys::create_key))
        .routes(routes!(keys::delete_key))
        .routes(routes!(projects::list_projects, projects::create_project))
        .routes(routes!(projects::delete_project))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::get_delivery))
        .routes(routes!(deliveries::redeliver))
}

/// The routes by which a browser signs in and out, which need no key in a header.
pub(crate) fn sign_in_routes() -> Routes<App> {
    Routes::new().routes(routes!(session::create_session, session::delete_session))
}
