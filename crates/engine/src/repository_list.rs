//! The list of repositories that agents can work on, as it was last read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use outwork_domain::Repository;

/// The latest list.
#[derive(Debug, Default)]
pub(crate) struct RepositoryList {
    latest: Mutex<Option<(Arc<[Repository]>, Instant)>>,
    /// Held by whoever reads the list anew.
    pub(crate) reading: Arc<tokio::sync::Mutex<()>>,
}

impl RepositoryList {
    /// The list, and when it was read.
    pub(crate) fn latest(&self) -> Option<(Arc<[Repository]>, Instant)> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
    }

    /// Takes a list that was just read.
    pub(crate) fn keep(&self, list: &Arc<[Repository]>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Some((Arc::clone(list), Instant::now()));
    }
}
