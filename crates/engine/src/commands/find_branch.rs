//! Finds out whether a branch is there, for callers who name one without knowing.

use outwork_domain::{BranchName, Repository};

use super::CommandError;
use crate::Engine;

/// What a name of a branch stands for in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchPlace {
    /// The default branch.
    Default,
    /// Another branch that is there.
    There,
    /// No branch yet.
    New,
}

impl Engine {
    /// Asks the repository, which may be far away, what a branch is there.
    ///
    /// # Errors
    ///
    /// [`CommandError::RepositoryAccess`] if the repository may not or cannot be asked,
    /// [`CommandError::Unavailable`] if its host is away.
    pub async fn find_branch(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<BranchPlace, CommandError> {
        let git = &self.inner.git;
        git.admit(repository, None)?;
        if git.resolve(repository, None).await?.default_branch == *branch {
            return Ok(BranchPlace::Default);
        }
        let tip = git.remote_tip(repository, branch).await?;
        Ok(if tip.is_some() {
            BranchPlace::There
        } else {
            BranchPlace::New
        })
    }
}
