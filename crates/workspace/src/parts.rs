//! What the functions of [`crate::Git`] take and give.

use std::path::{Path, PathBuf};

use outwork_domain::{BranchName, CommitId, Repository, Timestamp};

/// The branches of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// The default branch; none if it was never written, or has a name that no branch of ours could have.
    pub default: Option<BranchName>,
    /// All, the default branch first, the others by name.
    pub names: Vec<BranchName>,
}

/// Where a run starts, as the remote says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The commit.
    pub commit: CommitId,
    /// The branch that pull requests go to: the named one, else the default branch.
    pub branch: BranchName,
    /// The repository's default branch.
    pub default_branch: BranchName,
}

/// The server's bare copy of a repository; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    pub(crate) repository: Repository,
    pub(crate) path: PathBuf,
}

impl Mirror {
    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The folder of its objects, to be bound read-only at the same path in a sandbox.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }
}

/// Commits that came out of a sandbox, checked, in a throw-away repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub(crate) mirror: Mirror,
    pub(crate) folder: PathBuf,
    pub(crate) commit: CommitId,
}

impl Imported {
    /// The newest commit.
    #[must_use]
    pub fn commit(&self) -> &CommitId {
        &self.commit
    }

    /// The throw-away repository.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Whose objects a push sends.
#[derive(Clone, Copy, Debug)]
pub enum PushFrom<'a> {
    /// Just imported.
    Imported(&'a Imported),
    /// Kept in the mirror by an earlier attempt.
    Mirror(&'a Mirror),
}

impl PushFrom<'_> {
    pub(crate) fn mirror(&self) -> &Mirror {
        match self {
            Self::Imported(imported) => &imported.mirror,
            Self::Mirror(mirror) => mirror,
        }
    }

    pub(crate) fn git_dir(&self) -> &Path {
        match self {
            Self::Imported(imported) => &imported.folder,
            Self::Mirror(mirror) => &mirror.path,
        }
    }
}

/// What is pushed where.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// The commit.
    pub commit: &'a CommitId,
    /// The branch that shall be at it.
    pub branch: &'a BranchName,
    /// Where the branch is now; absent: it must not exist.
    pub expected: Option<&'a CommitId>,
    /// Whose branch it is.
    pub owner: BranchOwner,
}

/// Whose branch is pushed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchOwner {
    /// Made by Outwork: its own commits may be replaced, under the lease.
    Outwork,
    /// Somebody else's: only ever added to.
    Someone,
}

/// How a push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The branch was moved.
    Done,
    /// The branch was at the commit already.
    AlreadyThere,
}

/// What a fresh workspace is to show.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The commit to start from.
    pub commit: &'a CommitId,
    /// The branch that `HEAD` names; it is at `commit`.
    pub branch: &'a BranchName,
    /// The base branch, shown as `origin/<name>`.
    pub base_branch: Option<&'a BranchName>,
    /// Who signs the agent's own commits.
    pub identity: Option<&'a Identity>,
    /// Uid and gid that the folder is handed to; only root can.
    pub owner: Option<(u32, u32)>,
}

/// A name and an e-mail address in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// A difference between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The text in git's form; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Whether all of it is there.
    pub extent: Extent,
}

/// Whether all of a text is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It is.
    Whole,
    /// The end was cut off at the limit.
    Cut,
}

/// The size of a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiffStat {
    /// Changed files.
    pub file_count: u64,
    /// Lines added.
    pub insertions: u64,
    /// Lines removed.
    pub deletions: u64,
}

/// What is merged, and how the merge commit reads.
#[derive(Clone, Copy, Debug)]
pub struct Merge<'a> {
    /// The branch that takes the commits.
    pub base: &'a BranchName,
    /// The newest commit that it takes.
    pub head: &'a CommitId,
    /// The merge commit's message.
    pub message: &'a str,
    /// Author and committer.
    pub author: &'a Identity,
    /// Author and committer date.
    pub date: Timestamp,
}

/// What leftovers a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Throw-away repositories, half-made mirrors, deleted workspaces.
    pub folders: u32,
    /// Lock files and half-received packs.
    pub files: u32,
}
