//! Where the parts meet: commands of users, the worker that executes runs, the reconcilers that mend
//! what a crash left.
//!
//! Everything durable is a row; channels only wake. A worker's every write carries its fencing token.

#![forbid(unsafe_code)]

mod admission;
mod agent_page;
mod announcement;
mod approval;
mod branch_lists;
mod clock;
mod commands;
mod deliveries;
mod egress;
mod engine;
mod flights;
mod forge_credentials;
mod forge_list;
mod hooks;
mod ledger;
mod local_forge;
pub mod outbound;
mod reconcile;
mod repository_list;
mod run;
mod run_variables;
mod running;
mod visible;
mod worker;

pub use clock::{Clock, SystemClock};
pub use commands::{
    AgentTotals, AgentUsage, Begun, BranchPlace, CommandError, FollowUp, NewAgent, NewEnvironment,
    NewKey, NewRepository, Once, PullRequestSource, Receipt, Render, RunUsage, SecretPut,
    SecretTarget, SessionsOf, SubToken, WaitingPlan, WhenBusy, find_project, fresh_token,
    pushed_commit,
};
pub use deliveries::{Dispatcher, DispatcherOptions};
pub use egress::EgressOptions;
pub use engine::{Engine, EngineOptions};
pub use flights::Flight;
pub use forge_credentials::ForgeCredentials;
pub use forge_list::{RefreshFault, Refreshed};
pub use hooks::{HookRefusal, HookRules, Hooks, People};
pub use ledger::{Ledger, Step, StoreLedger};
pub use local_forge::LocalForge;
pub use outwork_forge::{Decoration, Forge, Forges, HookError, HookRequest};
pub use outwork_store::Received;
pub use outwork_workspace::Branches;
pub use reconcile::{Reconciler, ReconcilerOptions};
pub use run::{Author, CoAuthor, KnownPerson, PullRequestOptions, RunOptions};
pub use run_variables::{RunVariables, VariablesError};
pub use worker::{Worker, WorkerOptions, WorkerParts};
