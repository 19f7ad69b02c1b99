//! A pull request before it exists, and how one that exists is named.

use outwork_domain::{
    AgentId, BranchName, CommitId, PullRequestIdentity, PullRequestNumber, Readiness, Repository,
};

/// A pull request that is to exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The agent whose work it shows; its marker in the body.
    pub agent_id: AgentId,
    /// The repository that it is to be merged in.
    pub repository: Repository,
    /// Title.
    pub title: String,
    /// Description, Markdown; ends with a marker that names agent and run.
    pub body: String,
    /// The branch that it wants to change.
    pub base: BranchName,
    /// The branch with the change.
    pub head: BranchName,
    /// The fork that `head` is in, if that is another repository.
    pub head_repository: Option<Repository>,
    /// The commit that the work started from.
    pub base_commit: CommitId,
    /// The commit that `head` is at.
    pub head_commit: CommitId,
    /// Whether it waits for review at once.
    pub readiness: Readiness,
    /// As whom it is opened.
    pub identity: PullRequestIdentity,
}

impl Draft {
    /// How it is looked for.
    #[must_use]
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            agent_id: self.agent_id,
            repository: &self.repository,
            head: &self.head,
            head_repository: self.head_repository.as_ref(),
            base: Some(&self.base),
            identity: self.identity,
        }
    }
}

/// Pull requests that are looked for, in every state.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The agent that asks; forges of others do not look at it.
    pub agent_id: AgentId,
    /// The repository that they are to be merged in.
    pub repository: &'a Repository,
    /// The branch with the change.
    pub head: &'a BranchName,
    /// The fork that `head` is in, if that is another repository.
    pub head_repository: Option<&'a Repository>,
    /// The branch that they want to change; any if absent.
    pub base: Option<&'a BranchName>,
    /// As whom is asked.
    pub identity: PullRequestIdentity,
}

/// A pull request that exists, and as whom it is spoken to.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The repository that it is to be merged in.
    pub repository: &'a Repository,
    /// Its number there.
    pub number: PullRequestNumber,
    /// As whom.
    pub identity: PullRequestIdentity,
}

/// New texts of a pull request; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Title.
    pub title: Option<String>,
    /// Description, Markdown.
    pub body: Option<String>,
}
