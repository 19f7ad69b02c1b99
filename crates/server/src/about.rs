//! What the program around the server tells of itself.

use std::sync::Arc;

use futures::future::BoxFuture;
use outwork_domain::IsolationLevel;
use outwork_store::WorkerId;

/// The worker of the same process.
#[derive(Clone, Debug)]
pub struct OwnWorker {
    /// As whom it holds runs.
    pub id: WorkerId,
    /// How many runs it executes at the same time.
    pub slots: u32,
    /// How it confines what they execute.
    pub isolation: IsolationLevel,
}

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// It does not work.
    Missing,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub name: &'static str,
    /// How it was.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Looks at the machine, beside the server.
pub type Examine = Arc<dyn Fn() -> BoxFuture<'static, Vec<Finding>> + Send + Sync>;
