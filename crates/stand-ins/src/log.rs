//! What a server was sent, in the order of receipt, and a bell for those who wait for more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// All that a server was sent.
#[derive(Debug)]
pub(crate) struct Log<T> {
    entries: Mutex<Vec<Arc<T>>>,
    count: watch::Sender<usize>,
}

impl<T> Log<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }

    /// Adds what is made of its number, which counts from 0.
    pub(crate) fn add(&self, make: impl FnOnce(usize) -> T) -> Arc<T> {
        let mut entries = self.lock();
        let entry = Arc::new(make(entries.len()));
        entries.push(Arc::clone(&entry));
        self.count.send_replace(entries.len());
        entry
    }

    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        self.lock().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn forget(&self) {
        self.lock().clear();
        self.count.send_replace(0);
    }

    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Arc<T>> {
        let mut bell = self.count.subscribe();
        // The sender lives as long as the log, so waiting cannot fail.
        let _ = bell.wait_for(|there| *there >= count).await;
        self.all()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<T>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
