//! A pull request before it exists, and one that was found.

use outwork_domain::{
    AgentId, BranchName, CommitId, PullRequestNumber, PullRequestState, Repository,
};

/// A pull request that is to exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The agent whose work it shows; its marker in the body.
    pub agent_id: AgentId,
    /// The repository.
    pub repository: Repository,
    /// Title.
    pub title: String,
    /// Description, Markdown.
    pub body: String,
    /// The branch that it wants to change.
    pub base: BranchName,
    /// The branch with the change.
    pub head: BranchName,
    /// The commit that the work started from.
    pub base_commit: CommitId,
    /// The commit that `head` is at.
    pub head_commit: CommitId,
}

/// A pull request that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its number on its forge.
    pub number: PullRequestNumber,
    /// Where people read it.
    pub url: String,
    /// Whether it can still be merged.
    pub state: PullRequestState,
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
