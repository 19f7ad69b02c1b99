//! Pull requests, also those that a forge calls merge requests.

use std::fmt;
use std::str::FromStr;

use crate::{AgentId, BranchName, CommitId, PullRequestIdentity, Readiness, Repository, Timestamp};

/// The number of a pull request on its forge; for local ones, unique on this server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PullRequestNumber(pub u64);

impl fmt::Display for PullRequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a pull request can still be merged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PullRequestState {
    /// It waits for review.
    Open,
    /// Its commits are in the base branch.
    Merged,
    /// It was turned down.
    Closed,
}

impl PullRequestState {
    /// The stable word for it, such as `open`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

/// The text is no state of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a pull request's state: open, merged or closed")]
pub struct UnknownPullRequestState(pub String);

impl FromStr for PullRequestState {
    type Err = UnknownPullRequestState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Open, Self::Merged, Self::Closed]
            .into_iter()
            .find(|state| state.word() == text)
            .ok_or_else(|| UnknownPullRequestState(text.to_owned()))
    }
}

/// A pull request on a forge that an agent works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgePullRequest {
    /// The repository that it is to be merged in, as the forge addresses it.
    pub repository: Repository,
    /// Its number there.
    pub number: PullRequestNumber,
    /// The agent: who opened it, or took it over last.
    pub agent_id: AgentId,
    /// Where people read it.
    pub url: String,
    /// The branch that it wants to change.
    pub base: BranchName,
    /// The branch with the change.
    pub head: BranchName,
    /// Whether it can still be merged.
    pub state: PullRequestState,
    /// Whether it waits for review.
    pub readiness: Readiness,
    /// As whom it was opened.
    pub identity: PullRequestIdentity,
}

/// A description as people read it: without the comments, each a line of its own, by which Outwork knows its
/// own part, and which every renderer of Markdown hides.
#[must_use]
pub fn shown_body(body: &str) -> String {
    let is_ours = |line: &&str| {
        let inner = line.strip_prefix("<!-- outwork ");
        let inner = inner.and_then(|rest| rest.trim_end().strip_suffix("-->"));
        inner.is_some_and(|inner| !inner.contains("-->"))
    };
    let shown: Vec<&str> = body.lines().filter(|line| !is_ours(line)).collect();
    shown.join("\n").trim().to_owned()
}

/// A pull request that Outwork keeps itself, for a repository without a forge.
#[derive(Clone, Debug, PartialEq)]
pub struct PullRequest {
    /// Its number.
    pub number: PullRequestNumber,
    /// The agent that opened it.
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
    /// The commit that `base` was at when the work started.
    pub base_commit: CommitId,
    /// The commit that `head` is at.
    pub head_commit: CommitId,
    /// Whether it can still be merged.
    pub state: PullRequestState,
    /// Whether it waits for review.
    pub readiness: Readiness,
    /// The commit in the base branch that merged it.
    pub merge_commit: Option<CommitId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything in it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_comments_are_hidden() {
        for (body, shown) in [
            ("Done.\n\n<!-- outwork agent=1 run=2 -->\n", "Done."),
            ("<!-- outwork agent=1 run=2 -->", ""),
            ("Done.\n", "Done."),
            (
                "Above\n<!-- outwork begin=1 -->\nDone.\n<!-- outwork agent=1 run=2 -->\nBelow",
                "Above\nDone.\nBelow",
            ),
            (
                "<!-- outwork a --> said somebody -->",
                "<!-- outwork a --> said somebody -->",
            ),
            ("Done.\n<!-- else -->", "Done.\n<!-- else -->"),
        ] {
            assert_eq!(shown_body(body), shown, "{body:?}");
        }
    }
}
