//! The routes of our own API, one file a route and verb.

mod follow_events;
mod forge_pull_requests;
mod get_agent;
mod get_agent_diff;
mod get_run_diff;
mod get_run_image;
mod keys;
mod list_agents;
mod list_events;
mod projects;
mod pull_requests;
mod server;
mod session;
mod webhooks;
