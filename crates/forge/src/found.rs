//! A pull request as a forge shows it.

use outwork_domain::{
    BranchName, CommitId, PullRequestNumber, PullRequestState, Readiness, Repository,
};

/// A pull request that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its number on its forge.
    pub number: PullRequestNumber,
    /// Where people read it.
    pub url: String,
    /// Whether it can still be merged.
    pub state: PullRequestState,
    /// Whether it waits for review.
    pub readiness: Readiness,
    /// Title.
    pub title: String,
    /// Description, Markdown; empty if there is none.
    pub body: String,
    /// The branch that it wants to change.
    pub base: BranchName,
    /// The change.
    pub head: Head,
}

/// Where the change of a pull request is.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its branch.
    pub branch: BranchName,
    /// The commit that the branch is at; absent where the forge does not tell.
    pub commit: Option<CommitId>,
    /// Which repository the branch is in, and whether the owner of the base may push there.
    pub access: HeadAccess,
}

/// Which repository the head of a pull request is in.
#[derive(Clone, Debug, PartialEq)]
pub enum HeadAccess {
    /// The one that it is to be merged in.
    Same,
    /// A fork whose owner lets the maintainers of the base push to this branch.
    OpenFork(Repository),
    /// A fork that only its owner pushes to.
    ClosedFork(Repository),
    /// A fork that is no longer there, or not for us.
    Gone,
}
