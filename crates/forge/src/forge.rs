//! What the engine asks of a forge.

use async_trait::async_trait;

use crate::{Draft, Error, Found, HeadMoved};

/// Keeps the pull requests of repositories.
#[async_trait]
pub trait Forge: Send + Sync {
    /// Finds the pull requests of that head and base in all states, newest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the forge cannot be asked.
    async fn find(&self, draft: &Draft) -> Result<Vec<Found>, Error>;

    /// Opens the pull request.
    ///
    /// # Errors
    ///
    /// [`Error`] if the forge refuses or cannot be asked.
    async fn open(&self, draft: &Draft) -> Result<Found, Error>;

    /// Tells the forge that somebody's work moved a branch; forges that watch their own branches have
    /// nothing to do.
    ///
    /// # Errors
    ///
    /// [`Error`] if the forge cannot be told.
    async fn head_moved(&self, moved: &HeadMoved<'_>) -> Result<(), Error>;
}
