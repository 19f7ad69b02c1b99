//! What a webhook says, in the same words for all forges.

use outwork_domain::{BranchName, CommitId, PullRequestNumber, Repository};

use crate::person::Person;
use crate::remark::Remark;

/// What happened on a forge.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// Somebody said something: a new issue or pull request, a comment, a review.
    Said(Box<Said>),
    /// A pull request came to its end, or is open again.
    PullRequestChanged(PullRequestChanged),
    /// A check of a commit ended.
    CheckFinished(CheckFinished),
    /// A branch was moved, made or deleted.
    Pushed(Pushed),
    /// The repository has another address now.
    RepositoryRenamed {
        /// The old one; absent where the forge does not tell.
        from: Option<Repository>,
        /// The new one.
        to: Repository,
    },
    /// The repository is gone.
    RepositoryDeleted {
        /// It.
        repository: Repository,
    },
    /// The forge tries whether somebody listens.
    Ping,
    /// Nothing that we act on.
    Irrelevant,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Where, so that it can be answered there.
    pub remark: Remark,
    /// By whom.
    pub author: Person,
    /// The text, Markdown.
    pub text: String,
    /// Where people read it.
    pub url: Option<String>,
    /// The title of the issue or pull request.
    pub title: String,
    /// The description of the issue or pull request, if it came along.
    pub description: Option<String>,
    /// The head of the pull request, if it came along.
    pub head: Option<BranchName>,
    /// Where people read the issue or pull request.
    pub subject_url: Option<String>,
}

/// A pull request that came to its end, or is open again.
#[derive(Clone, Debug, PartialEq)]
pub struct PullRequestChanged {
    /// The repository.
    pub repository: Repository,
    /// Its number.
    pub number: PullRequestNumber,
    /// Where people read it.
    pub url: Option<String>,
    /// What happened.
    pub change: PullRequestChange,
    /// Its head.
    pub head: Option<BranchName>,
    /// By whom.
    pub author: Person,
}

/// What happened to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRequestChange {
    /// It was merged.
    Merged,
    /// It was turned down.
    Closed,
    /// It is open again.
    Reopened,
}

/// A check of a commit that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckFinished {
    /// The repository.
    pub repository: Repository,
    /// The commit.
    pub commit: CommitId,
    /// The branch, if the forge tells one.
    pub branch: Option<BranchName>,
    /// The check's name.
    pub name: String,
    /// How it ended.
    pub verdict: CheckVerdict,
    /// Where people read more.
    pub url: Option<String>,
    /// What it says about itself, if it came along.
    pub summary: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckVerdict {
    /// All is well, or it had nothing to look at.
    Succeeded,
    /// Something is wrong with the commit.
    Failed,
    /// It was stopped, or could not be done; that says nothing about the commit.
    Undecided,
}

/// A branch that was moved, made or deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// The repository.
    pub repository: Repository,
    /// The branch.
    pub branch: BranchName,
    /// What it was at; absent if it is new.
    pub before: Option<CommitId>,
    /// What it is at now; absent if it is gone.
    pub after: Option<CommitId>,
    /// By whom.
    pub author: Person,
}
