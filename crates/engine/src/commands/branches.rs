//! Lists the branches of a repository.

use std::sync::Arc;

use outwork_domain::Repository;
use outwork_domain::limits::SOURCE_BRANCHES_MAX;
use outwork_workspace::{Branches, Error};

use crate::Engine;

impl Engine {
    /// The branches of a repository, which may be far away, as it told them within the last minute: the
    /// default branch first, the others by name, at most [`SOURCE_BRANCHES_MAX`] in all.
    ///
    /// # Errors
    ///
    /// Why git did not get them, for all who waited for them.
    pub async fn branches(&self, repository: &Repository) -> Result<Branches, Arc<Error>> {
        self.inner.git.admit(repository, None).map_err(Arc::new)?;
        let (engine, asked) = (self.clone(), repository.clone());
        let ask = async move {
            let mut branches = engine.inner.git.branches(&asked).await?;
            branches.names.truncate(SOURCE_BRANCHES_MAX);
            Ok(branches)
        };
        self.inner.branch_lists.get(repository, ask).await
    }
}
