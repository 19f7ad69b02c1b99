//! The routes of our own API, one file a route and verb.

mod follow_events;
mod forge_pull_requests;
mod get_agent;
mod get_agent_diff;
mod list_agents;
mod list_events;
mod pull_requests;
mod webhooks;
