//! What was found when the machine was last looked at.
//!
//! Looking starts programs and asks forges, so all who ask within a minute get the same answer, and one look
//! is made at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinError;
use tokio::time::Instant;

use crate::about::{Examine, Finding};

/// How long an answer is kept.
const FRESH: Duration = Duration::from_secs(60);

/// The last look, if there was one.
#[derive(Default)]
pub(crate) struct Findings(Arc<Mutex<Option<Look>>>);

/// What was found, and when.
struct Look {
    at: Instant,
    found: Vec<Finding>,
}

impl Findings {
    /// What is found, as of a minute ago at most.
    ///
    /// # Errors
    ///
    /// Looking broke down.
    pub(crate) async fn ask(&self, examine: &Examine) -> Result<Vec<Finding>, JoinError> {
        // Held over the look: who comes meanwhile waits for its answer instead of looking too.
        let mut last = Arc::clone(&self.0).lock_owned().await;
        if let Some(look) = &*last
            && look.at.elapsed() < FRESH
        {
            return Ok(look.found.clone());
        }
        let examine = Arc::clone(examine);
        // A task of its own: a client that goes away would else leave half a look, and programs, behind.
        let looking = tokio::spawn(async move {
            let found = examine().await;
            *last = Some(Look {
                at: Instant::now(),
                found: found.clone(),
            });
            found
        });
        looking.await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

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
        let (one, other) = tokio::join!(findings.ask(&examine), findings.ask(&examine));
        assert!(one.is_ok() && other.is_ok());
        tokio::time::advance(FRESH - Duration::from_millis(1)).await;
        findings.ask(&examine).await.unwrap();
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        findings.ask(&examine).await.unwrap();
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_look_goes_on_when_whoever_asked_is_gone() {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let looks = Arc::new(AtomicU32::new(0));
        let (told, told_to, ended) = (Arc::clone(&begun), Arc::clone(&go), Arc::clone(&looks));
        let examine: Examine = Arc::new(move || {
            let (told, told_to, ended) =
                (Arc::clone(&told), Arc::clone(&told_to), Arc::clone(&ended));
            Box::pin(async move {
                told.notify_one();
                told_to.notified().await;
                ended.fetch_add(1, Ordering::Relaxed);
                Vec::new()
            })
        });
        let findings = Findings::default();
        {
            let asked = findings.ask(&examine);
            tokio::pin!(asked);
            tokio::select! {
                _ = &mut asked => panic!("nobody let it end"),
                () = begun.notified() => {}
            }
        }
        go.notify_one();
        // What it found is there for the next one, who does not look again.
        let next = tokio::time::timeout(Duration::from_secs(30), findings.ask(&examine));
        assert!(next.await.unwrap().is_ok());
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_look_that_breaks_down_is_an_error_and_the_next_one_looks() {
        let broken: Examine = Arc::new(|| Box::pin(async { panic!("for the test") }));
        let whole: Examine = Arc::new(|| Box::pin(async { Vec::new() }));
        let findings = Findings::default();
        assert!(findings.ask(&broken).await.is_err());
        assert!(findings.ask(&whole).await.is_ok());
    }
}
