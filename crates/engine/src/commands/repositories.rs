//! Lists the repositories that agents can work on: from memory, read again behind whoever asks.
//!
//! Folders of repositories may be large and lie on slow disks, and forges answer when they like; a
//! caller waits for neither, but for the very first list of the folders.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use outwork_domain::limits::FORGE_LIST_REFRESH;
use outwork_domain::{Backoff, Jitter, Repository};
use tracing::warn;

use super::CommandError;
use crate::Engine;
use crate::engine::random_u32;
use crate::forge_list::{ForgeList, RefreshFault, Refreshed};

/// How old a local list may be before whoever asks has it read again.
const FRESH: Duration = Duration::from_secs(1);
/// How often it is read again when nobody asks.
const REFRESH: Duration = Duration::from_secs(60);
/// The shortest wait for a forge that has no room for more requests.
const ROOM_WAIT_MIN: Duration = Duration::from_secs(1);

impl Engine {
    /// Lists the local repositories as they were a moment ago, and what the credentials of the forges
    /// reach as it was read last.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if a folder of repositories cannot be read, and never could, or the
    /// store cannot give the copies of the forges' lists.
    pub async fn repositories(&self) -> Result<Arc<[Repository]>, CommandError> {
        let local = self.repository_list().await?;
        let own = &self.inner.repositories;
        for list in &own.of_forges {
            list.recall(self.store()).await?;
        }
        Ok(own.with_forges(&local))
    }

    /// Reads the list of a forge again, as far as its limits allow; `None` if there is no such forge.
    ///
    /// # Errors
    ///
    /// [`RefreshFault`]; the copy stays, and the next call goes on where this one ended.
    pub async fn refresh_repositories_of(
        &self,
        forge: &str,
    ) -> Option<Result<Refreshed, RefreshFault>> {
        let list = self.list_of(forge)?;
        Some(list.refresh(self.store()).await)
    }

    /// Has the list of a forge read again soon, since it is known to have changed.
    pub(crate) fn repositories_changed(&self, forge: &str) {
        if let Some(list) = self.list_of(forge) {
            list.changed.notify_one();
        }
    }

    fn list_of(&self, forge: &str) -> Option<&Arc<ForgeList>> {
        let mut all = self.inner.repositories.of_forges.iter();
        all.find(|list| list.name() == forge)
    }

    /// Reads the lists of the forges again from time to time.
    pub(crate) async fn keep_forge_lists(&self) {
        let all = self.inner.repositories.of_forges.iter();
        join_all(all.map(|list| self.keep_forge_list(list))).await;
    }

    async fn keep_forge_list(&self, list: &ForgeList) {
        let mut failures = 0;
        loop {
            match list.refresh(self.store()).await {
                Ok(Refreshed::Complete) => {
                    failures = 0;
                    let rest = tokio::time::sleep(FORGE_LIST_REFRESH);
                    tokio::select! {
                        () = rest => {}
                        () = list.changed.notified() => {}
                    }
                }
                Ok(Refreshed::Later(wait)) => tokio::time::sleep(wait.max(ROOM_WAIT_MIN)).await,
                Err(fault) => {
                    failures += 1;
                    let forge = list.name();
                    warn!(forge, %fault, "the repositories of a forge cannot be listed; the last list stays");
                    tokio::time::sleep(wait_after(&fault, failures)).await;
                }
            }
        }
    }

    /// The latest local list; whoever asks first waits until there is one.
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
        let list = self.inner.git.list_local().await?;
        Ok(self.inner.repositories.keep(list))
    }
}

/// How long a forge is left alone that did not give its list.
fn wait_after(fault: &RefreshFault, failures: u32) -> Duration {
    let asked = match fault {
        RefreshFault::Forge(error) => error.retry_after(),
        RefreshFault::Store(_) => None,
    };
    let backoff = Backoff {
        most: FORGE_LIST_REFRESH,
        ..Backoff::default()
    };
    backoff.wait(failures, Jitter::from_random(random_u32()), asked)
}
