//! Whether the store answers, asked at most once a second however often the question comes.

use std::time::{Duration, Instant};

use outwork_store::Store;
use tokio::sync::Mutex;

const FRESH: Duration = Duration::from_secs(1);
const PROBE_WAIT: Duration = Duration::from_secs(5);

/// The latest answer of the store.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), String>)>>);

impl Readiness {
    /// Writes to the store and reads back, or repeats the answer of less than a second ago.
    pub(crate) async fn ask(&self, store: &Store) -> Result<(), String> {
        // Whoever comes meanwhile waits for the same answer.
        let mut latest = self.0.lock().await;
        if let Some((at, answer)) = &*latest
            && at.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = match tokio::time::timeout(PROBE_WAIT, store.probe()).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("the store did not answer in time".to_owned()),
        };
        *latest = Some((Instant::now(), answer.clone()));
        answer
    }
}
