//! What goes wrong, and with which calls.

use std::time::Duration;

/// What a call asks for, whatever the forge names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The list of refs before a fetch.
    FetchStart,
    /// The objects of a fetch.
    Fetch,
    /// The list of refs before a push.
    PushStart,
    /// A push.
    Push,
    /// Who the caller is.
    GetUser,
    /// Another user, or whether there is one.
    FindUser,
    /// Which version the forge has.
    GetVersion,
    /// How much of the limit is left.
    GetRateLimit,
    /// The App behind a signed claim.
    GetApp,
    /// The installations of the App.
    ListInstallations,
    /// The installation that has a repository.
    FindInstallation,
    /// A token for an installation.
    MintToken,
    /// The repositories that the caller reaches.
    ListRepositories,
    /// One repository.
    GetRepository,
    /// The branches of a repository.
    ListBranches,
    /// One branch.
    GetBranch,
    /// What a person may do in a repository.
    GetPermission,
    /// The people of a repository.
    ListCollaborators,
    /// Pull requests by head, base and state.
    ListPullRequests,
    /// One pull request.
    GetPullRequest,
    /// The files that a pull request changes.
    ListPullRequestFiles,
    /// A new pull request.
    CreatePullRequest,
    /// New texts or a new state of a pull request.
    UpdatePullRequest,
    /// A merge.
    MergePullRequest,
    /// Asking people to review.
    RequestReviewers,
    /// Labels of an issue or pull request.
    SetLabels,
    /// The labels that a repository has.
    ListLabels,
    /// A new label of a repository.
    CreateLabel,
    /// Assignees of an issue or pull request.
    SetAssignees,
    /// One issue.
    GetIssue,
    /// The comments of an issue or pull request.
    ListComments,
    /// A new comment.
    CreateComment,
    /// Another text for a comment.
    UpdateComment,
    /// The comments on lines of a pull request.
    ListReviewComments,
    /// An answer to a comment on lines.
    ReplyToReviewComment,
    /// The reviews of a pull request.
    ListReviews,
    /// A new review.
    CreateReview,
    /// The reactions to something.
    ListReactions,
    /// A new reaction.
    React,
    /// The checks of a commit.
    ListChecks,
    /// The result of a check.
    SetCheck,
    /// The webhooks of a repository.
    ListWebhooks,
    /// A new webhook of a repository.
    CreateWebhook,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status instead; nothing happens.
    Status(u16),
    /// It happens, and this status is the answer all the same.
    StatusAfter(u16),
    /// This answer instead; nothing happens.
    Reply {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
    /// The connection is cut; nothing happens.
    Cut,
    /// It happens, and the connection is cut instead of an answer.
    DropReply,
    /// It happens, and the answer breaks off behind so many bytes of its body.
    CutAfter(usize),
    /// It happens, and behind so many bytes of the answer's body nothing more comes.
    StallAfter(usize),
    /// The answer waits for so long, then all is well.
    Slow(Duration),
    /// The forge's own answer to too many calls in an hour; the limit starts anew after so long.
    RateLimited(Duration),
    /// The forge's own answer to too many calls at once, with the time to wait.
    SlowDown(Duration),
    /// The token that is shown ends with this call, which is refused already.
    TokenExpires,
    /// Somebody pushes to this branch of the repository first.
    BranchMoves(String),
    /// The repository is deleted first.
    RepositoryGone,
}

/// A fault and the calls that it is for.
#[derive(Clone, Debug)]
pub struct Rule {
    operation: Option<Operation>,
    fault: Fault,
    skip: usize,
    times: usize,
}

impl Rule {
    /// Once, at the next call of that kind.
    #[must_use]
    pub const fn on(operation: Operation, fault: Fault) -> Self {
        Self {
            operation: Some(operation),
            fault,
            skip: 0,
            times: 1,
        }
    }

    /// Once, at the next call of any kind.
    #[must_use]
    pub const fn on_any(fault: Fault) -> Self {
        Self {
            operation: None,
            fault,
            skip: 0,
            times: 1,
        }
    }

    /// So many times instead of once.
    #[must_use]
    pub const fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Until it is taken back.
    #[must_use]
    pub const fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Lets so many calls pass first.
    #[must_use]
    pub const fn skipping(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }
}

/// The rules that still hold, first come, first served.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

impl Rules {
    pub(super) fn add(&mut self, rule: Rule) {
        self.0.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that this call meets; each rule that fits counts it until one strikes.
    pub(super) fn strike(&mut self, operation: Operation) -> Option<Fault> {
        for rule in &mut self.0 {
            if rule.operation.is_some_and(|wanted| wanted != operation) || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times != usize::MAX {
                rule.times -= 1;
            }
            return Some(rule.fault.clone());
        }
        None
    }
}
