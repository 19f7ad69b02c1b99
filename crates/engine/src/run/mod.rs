//! One attempt of a run, from claim to final state.
//!
//! Every step can be done again: what an earlier attempt finished is found in the transcript, in the
//! mirror or on the remote, never done twice. The sandbox is dead before the run's end is written.

mod artifacts;
mod attempt;
mod checks;
mod confined;
mod description;
mod desk;
mod error;
mod images;
mod network_wishes;
mod patience;
mod place;
mod prepare;
mod private_files;
mod publication;
mod publish;
mod pull_request;
mod redaction;
mod renamed;
mod set_up;
mod sink;
mod start;
mod target;
mod text;
mod way_out;
mod wishes;
mod work;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use outwork_agent::Models;
use outwork_domain::redact::Redactor;
use outwork_domain::{AgentId, Budget, RunId};
use outwork_forge::Forges;
use outwork_sandbox::{Launcher, ResourceLimits};
use outwork_workspace::Git;

use crate::clock::Clock;
use crate::egress::{Egress, EgressOptions};
use crate::ledger::Ledger;
use crate::run_variables::RunVariables;
use redaction::RedactingLedger;

pub(crate) use attempt::execute;
pub use wishes::{KnownPerson, PullRequestOptions};

/// The folder of all workspaces below the data folder.
pub(crate) const WORKSPACES_FOLDER: &str = "workspaces";
/// The folder of what comes out of sandboxes, below the data folder.
const INTAKE_FOLDER: &str = "intake";

/// Where what comes out of a run's sandbox is taken in; removed with the attempt.
fn intake_folder(data_dir: &std::path::Path, run_id: RunId) -> PathBuf {
    data_dir.join(INTAKE_FOLDER).join(run_id.to_string())
}

/// The name below `refs/keep/` that pins what an agent's workspace borrows from the mirror.
pub(crate) fn keep_name(agent_id: AgentId) -> String {
    agent_id.to_string()
}

/// How runs are executed.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The binary that serves as tool host, readable by every run's user.
    pub program: PathBuf,
    /// User ids for runs, and the group that may pass the data folder; none when the server itself is
    /// an ordinary user.
    pub users: Option<(Range<u32>, u32)>,
    /// What one run may spend.
    pub budget: Budget,
    /// What one run may use of the machine.
    pub limits: ResourceLimits,
    /// Who signs the commits.
    pub author: Author,
    /// What pull requests get beside their texts.
    pub pull_requests: PullRequestOptions,
    /// What commands may reach on the network.
    pub egress: EgressOptions,
}

/// Who signs the commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Who is named beside.
    pub co_author: CoAuthor,
}

/// Who is named in a commit beside its author.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CoAuthor {
    /// The user whose agent it is; a service is none.
    #[default]
    User,
    /// Nobody.
    Nobody,
}

/// What sandboxes are made of.
#[derive(Clone)]
pub(crate) struct Sandboxes {
    /// What starts them.
    pub(crate) launcher: Launcher,
    /// What leads out of them.
    pub(crate) egress: Egress,
}

/// What an attempt works with.
#[derive(Clone)]
pub(crate) struct RunParts {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) forges: Forges,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) git: Git,
    pub(crate) models: Arc<Models>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) data_dir: PathBuf,
    /// Where people reach the server, without a slash at the end.
    pub(crate) public_url: String,
    pub(crate) options: RunOptions,
    /// What the run's commands get in their environment.
    pub(crate) variables: Arc<[(String, String)]>,
    /// Stands before everything that the run shows.
    pub(crate) redactor: Redactor,
    /// Finds what the run must not leave behind.
    pub(crate) secrets: Redactor,
}

impl RunParts {
    /// The same for one run, with its variables, and a ledger that shows none of its secrets.
    fn with(&self, variables: RunVariables) -> Self {
        let RunVariables {
            pairs,
            redactor,
            secrets,
        } = variables;
        let mut parts = Self {
            variables: pairs,
            redactor: redactor.clone(),
            secrets,
            ..self.clone()
        };
        if !redactor.is_empty() {
            parts.ledger = Arc::new(RedactingLedger {
                ledger: Arc::clone(&self.ledger),
                redactor,
            });
        }
        parts
    }
}
