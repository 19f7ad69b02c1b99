//! Lists the repositories that agents can work on: from memory, read again behind whoever asks.
//!
//! Folders of repositories may be large and lie on slow disks, and code hosts answer when they like; a
//! caller waits for neither, but for the very first list.

use std::sync::Arc;
use std::time::Duration;

use outwork_domain::Repository;
use tracing::warn;

use super::CommandError;
use crate::Engine;

/// How old a list may be before whoever asks has it read again.
const FRESH: Duration = Duration::from_secs(1);
/// How often it is read again when nobody asks.
const REFRESH: Duration = Duration::from_secs(60);

impl Engine {
    /// Lists the local repositories, as they were a moment ago; those of forges come with the forges.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if a folder of repositories cannot be read, and never could.
    pub async fn repositories(&self) -> Result<Arc<[Repository]>, CommandError> {
        Ok(self.repository_list().await?)
    }

    /// The latest list; whoever asks first waits until there is one.
    pub(crate) async fn repository_list(
        &self,
    ) -> Result<Arc<[Repository]>, outwork_workspace::Error> {
        let own = &self.inner.repositories;
        if let Some((list, read_at)) = own.latest() {
            if read_at.elapsed() >= FRESH {
                self.read_behind();
            }
            return Ok(list);
        }
        let _reading = own.reading.lock().await;
        match own.latest() {
            Some((list, _)) => Ok(list),
            None => self.read_repositories().await,
        }
    }

    /// Reads the list again from time to time.
    pub(crate) async fn keep_repository_list(&self) {
        loop {
            self.read_behind();
            tokio::time::sleep(REFRESH).await;
        }
    }

    /// Reads the list again in a task of its own, unless that is being done.
    fn read_behind(&self) {
        let reading = Arc::clone(&self.inner.repositories.reading);
        let Ok(reading) = reading.try_lock_owned() else {
            return;
        };
        let engine = self.clone();
        tokio::spawn(async move {
            if let Err(error) = engine.read_repositories().await {
                warn!(%error, "the repositories cannot be listed; the last list stays");
            }
            drop(reading);
        });
    }

    async fn read_repositories(&self) -> Result<Arc<[Repository]>, outwork_workspace::Error> {
        let list: Arc<[Repository]> = self.inner.git.list_local().await?.into();
        self.inner.repositories.keep(&list);
        Ok(list)
    }
}
