//! Branches as a forge sees them.

use outwork_domain::{AgentId, BranchName, CommitId, Repository};

/// A branch that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The commit that it is at.
    pub commit: CommitId,
    /// Whether rules stand before pushes.
    pub protection: Protection,
}

/// Whether rules stand before pushes to a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Whoever may write to the repository may push.
    Open,
    /// The forge has rules for it, and a push may be refused.
    Protected,
}

/// A branch that an agent's work has moved.
#[derive(Clone, Copy, Debug)]
pub struct HeadMoved<'a> {
    /// The agent.
    pub agent_id: AgentId,
    /// The repository.
    pub repository: &'a Repository,
    /// The branch.
    pub head: &'a BranchName,
    /// The commit that it is at now.
    pub commit: &'a CommitId,
}
