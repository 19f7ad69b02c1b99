//! What was found when the machine was last looked at.
//!
//! Looking starts programs and asks forges, so all who ask within a minute get the same answer, and one look
//! is made at a time.

use std::time::Duration;

use tokio::time::Instant;

use crate::about::{Examine, Finding};

/// How long an answer is kept.
const FRESH: Duration = Duration::from_secs(60);

/// The last look.
#[derive(Default)]
pub(crate) struct Findings(tokio::sync::Mutex<Option<(Instant, Vec<Finding>)>>);

impl Findings {
    /// What is found, as of a minute ago at most.
    pub(crate) async fn ask(&self, examine: &Examine) -> Vec<Finding> {
        // Held over the look: who comes meanwhile waits for its answer instead of looking too.
        let mut last = self.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let found = examine().await;
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_one_look() {
        let looks = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&looks);
        let examine: Examine = Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Vec::new() })
        });
        let findings = Findings::default();
        tokio::join!(findings.ask(&examine), findings.ask(&examine));
        tokio::time::advance(FRESH - Duration::from_millis(1)).await;
        findings.ask(&examine).await;
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        findings.ask(&examine).await;
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }
}
