//! What is left of a limit, and how it is told.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use outwork_domain::Timestamp;

use crate::errors::Failure;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How a caller stands with the window that leaves the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Requests of the window.
    pub(super) limit: u32,
    /// How many of them are left.
    pub(super) remaining: u32,
    /// How long it takes until all of them are, if none is used.
    pub(super) whole_after: Duration,
}

/// A request that was one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(super) standing: Standing,
    /// How long it takes until another one is let through.
    pub(super) wait: Duration,
}

impl Standing {
    /// Writes the three headers, unless a tighter limit has done so.
    pub(crate) fn tell_unless_told(&self, headers: &mut HeaderMap, now: Timestamp) {
        if !headers.contains_key(LIMIT) {
            self.tell(headers, now);
        }
    }

    /// Writes the three headers.
    pub(crate) fn tell(&self, headers: &mut HeaderMap, now: Timestamp) {
        let whole_after = i64::try_from(self.whole_after.as_millis()).unwrap_or(i64::MAX);
        let whole_at = now.millis().saturating_add(whole_after);
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(seconds_up(whole_at)));
    }
}

impl Refused {
    /// 429 with all its headers.
    pub(crate) fn response(&self, now: Timestamp) -> Response {
        let mut response = self.failure().into_response();
        self.standing.tell(response.headers_mut(), now);
        response
    }

    /// The refusal as every surface tells it.
    pub(super) fn failure(&self) -> Failure {
        let secs = u64::try_from(self.wait.as_millis())
            .unwrap_or(u64::MAX)
            .div_ceil(1000);
        Failure::too_many_requests(u32::try_from(secs).unwrap_or(u32::MAX).max(1))
    }
}

/// Whole seconds, never earlier than the moment.
fn seconds_up(millis: i64) -> i64 {
    millis.div_euclid(1000) + i64::from(millis.rem_euclid(1000) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_away_from_now() {
        let standing = Standing {
            limit: 300,
            remaining: 0,
            whole_after: Duration::from_millis(59_001),
        };
        let mut headers = HeaderMap::new();
        standing.tell(&mut headers, Timestamp::from_millis(1_768_473_000_000));
        let value = |name: &HeaderName| headers[name].to_str().unwrap().to_owned();
        assert_eq!(
            [value(&LIMIT), value(&REMAINING), value(&RESET)],
            ["300", "0", "1768473060"]
        );
        for (millis, secs) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2)] {
            let wait = Duration::from_millis(millis);
            let failure = Refused { standing, wait }.failure();
            assert_eq!(failure.retry_after_secs, Some(secs), "{millis}");
        }
    }
}
