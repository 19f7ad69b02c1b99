//! Who writes what webhooks are told.
//!
//! The bytes of a delivery are fixed in the transaction that ends the run, but a webhook's format is no
//! business of the store: whoever opens the engine gives it a function that writes them.

use std::sync::{Arc, OnceLock};

use outwork_domain::{Agent, Run};

use crate::Error;
use crate::error::corrupt;

/// Writes the body of the announcement that a run of an agent has ended.
pub type Announce = dyn Fn(&Agent, &Run) -> Result<Vec<u8>, serde_json::Error> + Send + Sync;

/// The place where that function will be; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Announcer(Arc<OnceLock<Box<Announce>>>);

impl Announcer {
    /// Takes the function; the first one stays.
    pub(crate) fn set(&self, announce: Box<Announce>) {
        if self.0.set(announce).is_err() {
            tracing::debug!("the ends of runs are announced by another engine of this store");
        }
    }

    /// The body for that run.
    pub(crate) fn body(&self, agent: &Agent, run: &Run) -> Result<Vec<u8>, Error> {
        let announce = self.0.get().ok_or(Error::NoAnnouncer)?;
        announce(agent, run).map_err(|fault| corrupt("body", &fault))
    }
}
