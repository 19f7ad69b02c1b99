//! An agent: the durable record that a user creates.

use crate::{
    AccountId, AgentId, BaseRef, BranchName, CommitId, ModelId, Repository, Timestamp,
    WebhookTarget,
};

/// An agent: repository, conversation and runs under one id.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Whose it is.
    pub account_id: AccountId,
    /// A short name, 1 to 100 characters, from the first prompt.
    pub name: String,
    /// What answers its prompts.
    pub model: ModelId,
    /// Where its work starts.
    pub source: Source,
    /// The branch that its results go to, once its name is fixed.
    pub branch: Option<BranchName>,
    /// The branch that the caller asked for.
    pub branch_wish: BranchWish,
    /// What pull request the caller wants.
    pub pull_request: PullRequestWish,
    /// Where its pull request is read, once there is one.
    pub pull_request_url: Option<String>,
    /// The commit that its branch is at after the latest published run.
    pub head: Option<CommitId>,
    /// Where the ends of its runs are announced.
    pub webhook: Option<WebhookTarget>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was put away, if it was.
    pub archived_at: Option<Timestamp>,
}

/// Where an agent's work starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The repository.
    pub repository: Repository,
    /// The branch, tag or commit; the repository's default branch if absent.
    pub base_ref: Option<BaseRef>,
    /// The pull request that it continues, if it was started from one.
    pub pull_request_url: Option<String>,
}

/// How the branch gets its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchWish {
    /// Outwork makes one up: `<prefix>/<slug>-<4 hex>`.
    Generated,
    /// The caller named it.
    Named(BranchName),
    /// The head branch of the pull request that the agent continues; pushed to, never rewritten.
    Existing(BranchName),
}

/// What pull request the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullRequestWish {
    /// Whether one is opened at the end of a run that changed something.
    pub creation: PullRequestCreation,
    /// As whom (Cursor v0 `openAsCursorGithubApp`).
    pub identity: PullRequestIdentity,
    /// Whether the user is asked to review (Cursor v0 `skipReviewerRequest`).
    pub reviewer: ReviewerRequest,
}

/// Whether a pull request is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRequestCreation {
    /// Only the branch is pushed.
    Manual,
    /// One is opened, or the open one is kept.
    Automatic,
}

/// As whom a pull request is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRequestIdentity {
    /// The user.
    User,
    /// The server's own identity on the forge.
    Server,
}

/// Whether the user is asked to review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewerRequest {
    /// He is.
    Asked,
    /// He is not.
    Skipped,
}
