//! The routes of Cursor v0, one file a route and verb.

mod add_follow_up;
pub(crate) mod create_agent;
mod create_agent_refused;
mod delete_agent;
mod get_agent;
mod get_artifact;
mod get_conversation;
mod get_me;
mod list_agents;
mod list_artifacts;
mod list_models;
mod list_repositories;
mod stop_agent;
