//! The Cursor Cloud Agents API v1, one file a verb.

mod archive;
mod artifacts;
mod create_agent;
mod create_agent_refused;
mod create_run;
mod environments;
mod get_agent;
mod get_run;
mod keys;
mod list_agents;
mod list_runs;
mod lists;
mod private_workers;
mod secrets;
mod statuses;
mod usage;
