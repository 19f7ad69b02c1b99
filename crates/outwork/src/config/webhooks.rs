//! When deliveries to webhooks are tried again.

use std::time::Duration;

use outwork_domain::limits::{WEBHOOK_RETRIES_MAX, WEBHOOK_SCHEDULE};
use serde::Deserialize;

use crate::exit::Failure;

/// Longest wait between two attempts.
const WAIT_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// The `[webhooks]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSection {
    /// Waits between attempts.
    pub retry_secs: Option<Vec<u64>>,
}

impl WebhookSection {
    /// The waits between attempts.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for too many of them, or one that is too long.
    pub fn schedule(&self) -> Result<Vec<Duration>, Failure> {
        let Some(seconds) = &self.retry_secs else {
            return Ok(WEBHOOK_SCHEDULE.to_vec());
        };
        let waits: Vec<Duration> = seconds.iter().copied().map(Duration::from_secs).collect();
        if waits.len() > WEBHOOK_RETRIES_MAX || waits.iter().any(|wait| *wait > WAIT_MAX) {
            return Err(Failure::Usage(format!(
                "[webhooks] retry_secs: at most {WEBHOOK_RETRIES_MAX} waits of at most 30 days"
            )));
        }
        Ok(waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schedule_holds_unless_another_is_given() {
        let schedule = |retry_secs| WebhookSection { retry_secs }.schedule();
        assert_eq!(schedule(None).unwrap(), WEBHOOK_SCHEDULE);
        assert_eq!(schedule(Some(vec![])).unwrap(), Vec::<Duration>::new());
        let short = schedule(Some(vec![1, 2])).unwrap();
        assert_eq!(short, [Duration::from_secs(1), Duration::from_secs(2)]);
        for bad in [vec![1; 51], vec![u64::MAX]] {
            assert_eq!(schedule(Some(bad)).unwrap_err().status(), 2);
        }
    }
}
