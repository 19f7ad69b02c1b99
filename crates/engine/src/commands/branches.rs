//! Lists the branches of a repository.

use outwork_domain::Repository;
use outwork_workspace::Branches;

use super::CommandError;
use crate::Engine;

impl Engine {
    /// Asks the repository, which may be far away, for its branches: the default branch first, the others
    /// by name, at most `limit` in all.
    ///
    /// # Errors
    ///
    /// [`CommandError::RepositoryAccess`] if the repository may not or cannot be asked,
    /// [`CommandError::Unavailable`] if its host is away.
    pub async fn branches(
        &self,
        repository: &Repository,
        limit: usize,
    ) -> Result<Branches, CommandError> {
        let git = &self.inner.git;
        git.admit(repository, None)?;
        let mut branches = git.branches(repository).await?;
        branches.names.truncate(limit);
        Ok(branches)
    }
}
