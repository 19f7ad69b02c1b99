//! What users can ask for, one file a verb. Each is one transaction; what follows from it is done by
//! the worker and the reconcilers.

mod add_follow_up;
mod admit;
mod agent_totals;
mod announce_once;
mod approve_plan;
mod archive_agent;
mod artifact;
mod branches;
mod cancel_run;
mod create_agent;
mod create_sub_token;
mod delete_agent;
mod diff;
mod environments;
mod error;
mod find_branch;
mod keys;
mod locked_view;
mod once;
mod projects;
mod pull_requests;
mod repositories;
mod secrets;
mod sessions;
mod stop_agent;
mod usage;
mod webhooks;

pub use add_follow_up::{FollowUp, WaitingPlan, WhenBusy};
pub use agent_totals::AgentTotals;
pub(crate) use artifact::artifact_folder;
pub use create_agent::{NewAgent, NewRepository};
pub use create_sub_token::SubToken;
pub use diff::pushed_commit;
pub use environments::NewEnvironment;
pub use error::CommandError;
pub use find_branch::BranchPlace;
pub use keys::{NewKey, fresh_token};
pub use once::{Begun, Once, Receipt, Render};
pub use projects::find_project;
pub use pull_requests::PullRequestSource;
pub(crate) use pull_requests::pull_request_url;
pub use secrets::{SecretPut, SecretTarget};
pub use sessions::SessionsOf;
pub use usage::{AgentUsage, RunUsage};
