//! Repositories as a forge describes them.

use outwork_domain::{BranchName, Repository};

use crate::person::Permission;

/// A repository that our credentials reach.
#[derive(Clone, Debug, PartialEq)]
pub struct RepositoryFacts {
    /// Its address as the forge writes it today; another one than was asked for if it was renamed.
    pub repository: Repository,
    /// The branch that work starts from; absent if it is empty.
    pub default_branch: Option<BranchName>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whether it takes changes.
    pub standing: Standing,
    /// What our credentials may do with it; absent where the forge does not tell.
    pub permission: Option<Permission>,
}

/// Who may see a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Whoever is allowed to; on some forges also everybody with an account.
    Private,
}

/// Whether a repository takes changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Active,
    /// It was put away and can only be read.
    Archived,
}
