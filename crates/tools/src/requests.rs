//! What the server asks of a tool host beside tool calls, and what it gets.

use std::path::PathBuf;

use outwork_domain::{BranchName, CommitId, Timestamp};

/// Makes the work tree ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The folder of the checkout below the workspace; the workspace itself if absent.
    pub folder: Option<String>,
    /// The commit to start from.
    pub commit: CommitId,
    /// The branch that `HEAD` names.
    pub branch: BranchName,
    /// The objects of the mirror; the same path inside as outside.
    pub mirror_objects: PathBuf,
}

/// What a checkout found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedOut {
    /// A fresh folder: the commit's files are there now.
    Fresh,
    /// Files of an earlier run or attempt: they were kept as they are.
    Kept,
}

/// Makes one commit of the work tree, or finds that nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitRequest {
    /// The folder of the checkout below the workspace; the workspace itself if absent.
    pub folder: Option<String>,
    /// The commit that the agent started from.
    pub base: CommitId,
    /// The commit to build on: what was published last, else `base`.
    pub parent: CommitId,
    /// The message.
    pub message: String,
    /// Author and committer.
    pub author_name: String,
    /// Their address.
    pub author_email: String,
    /// Their date; the same request on the same files gives the same commit.
    pub date: Timestamp,
    /// The objects of the mirror; the same path inside as outside.
    pub mirror_objects: PathBuf,
}

/// What came of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// The work tree equals the tree of the parent.
    Unchanged,
    /// There is something to publish.
    Tip {
        /// The commit that holds the work tree.
        commit: CommitId,
        /// What became of commits that the agent made itself.
        history: History,
        /// Files that could not be committed, if any; for people.
        skipped: Option<String>,
    },
}

/// What became of commits that the agent made itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// They are below the tip, or there were none.
    Kept,
    /// They did not descend from the base: the tip holds their files as one commit.
    Flattened,
    /// The agent destroyed or replaced its `.git`: the tip holds the files as one commit.
    Lost,
}
