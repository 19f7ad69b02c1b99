//! The forge's clock: the machine's, moved ahead by whoever tests an expiry.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// What time it is for the forge.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ahead_secs: AtomicI64,
}

impl Clock {
    /// Seconds since 1970.
    pub(super) fn now_secs(&self) -> i64 {
        Timestamp::now().as_second() + self.ahead_secs.load(Ordering::Relaxed)
    }

    pub(super) fn advance(&self, by: Duration) {
        let secs = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.ahead_secs.fetch_add(secs, Ordering::Relaxed);
    }
}

/// An instant as all forges write it: `2026-01-15T10:30:00Z`.
pub(super) fn written(secs: i64) -> String {
    Timestamp::from_second(secs).map_or_else(|_| String::new(), |at| at.to_string())
}
