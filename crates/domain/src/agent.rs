//! An agent: the durable record that a user creates.

use std::collections::BTreeMap;

use crate::{
    AccountId, AgentId, BaseRef, BranchName, CommitId, EnvironmentId, ModelChoice, ProjectName,
    Readiness, Repository, Terms, Timestamp, WebhookTarget,
};

/// An agent: repositories, conversation and runs under one id.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Whose it is.
    pub account_id: AccountId,
    /// A short name, 1 to 100 characters, given by the caller or taken from the first prompt.
    pub name: String,
    /// What answers its next prompt, unless that names another.
    pub model: ModelChoice,
    /// What it works on, in the caller's order: none to [`REPOSITORIES_MAX`], no two alike.
    ///
    /// [`REPOSITORIES_MAX`]: crate::limits::REPOSITORIES_MAX
    pub repositories: Vec<AgentRepository>,
    /// What pull requests the caller wants.
    pub pull_request: PullRequestWish,
    /// How it came to be.
    pub origin: Origin,
    /// Where the ends of its runs are announced, beside the endpoints of its account.
    pub webhook: Option<WebhookTarget>,
    /// The named environment that it runs in.
    pub environment: Option<NamedEnvironment>,
    /// The caller's own notes, given back as they came (Cursor v1 `metadata`).
    pub metadata: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was put away, if it was.
    pub archived_at: Option<Timestamp>,
}

impl Agent {
    /// The repository that dialects with room for one show.
    #[must_use]
    pub fn first_repository(&self) -> Option<&AgentRepository> {
        self.repositories.first()
    }
}

/// How an agent came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Through which interface.
    pub dialect: Dialect,
    /// In which project, if it was made in one.
    pub project: Option<ProjectName>,
    /// On what terms.
    pub terms: Terms,
}

impl Origin {
    /// Made through that interface, in no project, on the usual terms.
    #[must_use]
    pub fn of(dialect: Dialect) -> Self {
        Self {
            dialect,
            project: None,
            terms: Terms::default(),
        }
    }
}

/// Through which interface an agent was made; decides what its webhooks look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Cursor Cloud Agents v0.
    CursorV0,
    /// Cursor Cloud Agents v1.
    CursorV1,
    /// Mintlify's agent jobs, v1 and v2.
    Mintlify,
    /// Jules's sessions, v1alpha.
    Jules,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CursorV0, Self::CursorV1, Self::Mintlify, Self::Jules];

    /// The stable word for it, such as `cursor_v0`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CursorV0 => "cursor_v0",
            Self::CursorV1 => "cursor_v1",
            Self::Mintlify => "mintlify",
            Self::Jules => "jules",
        }
    }
}

/// A repository that an agent works on, and what has come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRepository {
    /// Where its work starts.
    pub source: Source,
    /// The folder of its checkout below the workspace; the workspace itself is the checkout if absent,
    /// as it is for an agent with one repository.
    pub folder: Option<String>,
    /// How its branch gets its name.
    pub branch_wish: BranchWish,
    /// The branch that its results go to, once the name is fixed.
    pub branch: Option<BranchName>,
    /// The commit that its branch is at after the latest published run.
    pub head: Option<CommitId>,
    /// Where its pull request is read, once there is one.
    pub pull_request_url: Option<String>,
}

/// An environment as an agent remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEnvironment {
    /// Its id.
    pub id: EnvironmentId,
    /// The name that it had when the agent was made.
    pub name: String,
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
    /// A branch that is there: the head of the pull request that the agent continues, or the branch that
    /// it starts from; pushed to, never rewritten.
    Existing(BranchName),
}

/// What pull request the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullRequestWish {
    /// Whether one is opened at the end of a run that changed something.
    pub creation: PullRequestCreation,
    /// Whether it waits for review at once.
    pub readiness: Readiness,
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
