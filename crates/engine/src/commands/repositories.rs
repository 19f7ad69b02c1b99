//! Lists the repositories that agents can work on.

use outwork_domain::Repository;

use super::CommandError;
use crate::Engine;

impl Engine {
    /// Lists the local repositories; those of forges come with the forges.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if a folder of repositories cannot be read.
    pub async fn repositories(&self) -> Result<Vec<Repository>, CommandError> {
        Ok(self.inner.git.list_local().await?)
    }
}
