//! Lists the repositories that agents can work on.

use std::sync::Arc;

use outwork_domain::Repository;

use super::CommandError;
use crate::Engine;

impl Engine {
    /// Lists the local repositories, as they were a moment ago; those of forges come with the forges.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if a folder of repositories cannot be read, and never could.
    pub async fn repositories(&self) -> Result<Arc<[Repository]>, CommandError> {
        Ok(self.repository_list().await?)
    }
}
