//! Where somebody said something on a forge, so that it can be answered there.

use outwork_domain::{PullRequestIdentity, PullRequestNumber, Repository};

/// One thing that was said, by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The repository.
    pub repository: Repository,
    /// What it was said to.
    pub subject: Subject,
    /// Where there.
    pub place: Place,
    /// As whom it is answered.
    pub identity: PullRequestIdentity,
}

/// What a remark belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An issue, by its number.
    Issue(u64),
    /// A pull request.
    PullRequest(PullRequestNumber),
}

impl Subject {
    /// Its number in the repository.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Issue(number) | Self::PullRequest(PullRequestNumber(number)) => number,
        }
    }
}

/// Where a remark stands in an issue or pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The description with which it began.
    Description,
    /// A comment below it, by its number; with the thread where the forge keeps comments in threads.
    Comment {
        /// The comment.
        id: u64,
        /// The thread.
        thread: Option<String>,
    },
    /// The text of a review as a whole, by the review's number.
    Review {
        /// The review.
        id: u64,
    },
    /// A comment on a line of the change.
    Line(Line),
}

/// A comment on a line of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The comment.
    pub id: u64,
    /// The thread that it belongs to, as the forge names it, where it does.
    pub thread: Option<String>,
    /// The file, from the root of the repository.
    pub path: String,
    /// The line, from 1; absent for a comment on a file, or on a line that is gone.
    pub line: Option<u64>,
    /// Of which side of the change.
    pub side: Side,
    /// The lines of the change around it, as a diff, if the forge sent them.
    pub hunk: Option<String>,
}

/// A side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As it was.
    Old,
    /// As it is to be.
    New,
}

/// A short answer without words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Seen; work begins.
    Eyes,
    /// Done.
    Rocket,
    /// Agreed.
    ThumbsUp,
    /// It cannot be done.
    Confused,
}

/// An answer that stands on the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub id: u64,
    /// Where people read it; absent where the forge does not tell.
    pub url: Option<String>,
}
