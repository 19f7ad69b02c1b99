//! One attempt: the call, and what is made of its answer.

use std::time::Duration;

use outwork_domain::limits::WEBHOOK_RETRY_AFTER_MAX;
use outwork_domain::{DeliveryAttempt, Jitter, Timestamp, Verdict, after_failure};
use outwork_store::{Outgoing, Settlement};
use tokio::time::Instant;

use super::signature::Signed;
use crate::Engine;
use crate::engine::random_u32;
use crate::outbound::{Answer, CallError, Kind, on_behalf_of};

/// Whether a receiver answers at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It does.
    Answers,
    /// It does not.
    Silent,
}

/// Sends a delivery once.
pub(super) async fn send(
    engine: &Engine,
    outgoing: &Outgoing,
    schedule: &[Duration],
) -> (Settlement, Presence) {
    let (at, began) = (engine.now(), Instant::now());
    let signed = Signed {
        id: outgoing.id,
        event: outgoing.event,
        secret: outgoing.target.secret(),
        body: &outgoing.body,
        now: at,
    };
    let outbound = &engine.inner.outbound;
    let (url, body) = (outgoing.target.url(), outgoing.body.clone());
    let call = outbound.post(url, signed.headers(), body, Kind::Webhook);
    let answer = on_behalf_of(outgoing.account_id, call).await;
    let now = engine.now();
    let presence = match &answer {
        Ok(_) => Presence::Answers,
        Err(_) => Presence::Silent,
    };
    let failed = outgoing.failure_count.saturating_add(1);
    let jitter = Jitter::from_random(random_u32());
    let verdict = verdict(&answer, schedule, failed, jitter, now);
    let attempt = attempt(&answer, at, began.elapsed());
    let settlement = Settlement {
        attempt,
        verdict,
        now,
    };
    (settlement, presence)
}

fn verdict(
    answer: &Result<Answer, CallError>,
    schedule: &[Duration],
    failed: u32,
    jitter: Jitter,
    now: Timestamp,
) -> Verdict {
    let asked = match answer {
        Ok(answer) => match answer.status {
            200..=299 => return Verdict::Delivered,
            410 => return Verdict::Stop,
            429 | 502 | 503 | 504 => wait_of(answer.retry_after.as_deref(), now),
            _ => None,
        },
        Err(_) => None,
    };
    after_failure(schedule, failed, jitter, asked)
}

/// The wait that `Retry-After` asks for: seconds, or a date (RFC 9110).
fn wait_of(text: Option<&str>, now: Timestamp) -> Option<Duration> {
    let text = text?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(text).ok()?;
            let at = Timestamp::from_millis(date.timestamp().as_millisecond());
            at.since(now)
        }
    };
    Some(wait.min(WEBHOOK_RETRY_AFTER_MAX))
}

fn attempt(answer: &Result<Answer, CallError>, at: Timestamp, took: Duration) -> DeliveryAttempt {
    let status = answer.as_ref().ok().map(|answer| answer.status);
    let failed = |answer: &&Answer| !(200..300).contains(&answer.status);
    DeliveryAttempt {
        // The store knows how many there were.
        number: 0,
        at,
        took,
        status,
        fault: answer.as_ref().err().map(ToString::to_string),
        excerpt: answer
            .as_ref()
            .ok()
            .filter(failed)
            .and_then(|answer| shown(&answer.excerpt)),
    }
}

/// What a receiver said, as text that does no harm where it is shown.
fn shown(excerpt: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(excerpt);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use outwork_domain::limits::WEBHOOK_SCHEDULE;

    const NOW: Timestamp = Timestamp::from_millis(784_111_777_000);

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Answer, CallError> {
        Ok(Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
            excerpt: b"<p>no\0\x1b[31m</p>\n".to_vec(),
        })
    }

    fn follows(answer: &Result<Answer, CallError>, failed: u32) -> Verdict {
        verdict(
            answer,
            &WEBHOOK_SCHEDULE,
            failed,
            Jitter::from_random(0),
            NOW,
        )
    }

    fn retry(secs: u64) -> Verdict {
        Verdict::Retry(Duration::from_secs(secs))
    }

    #[test]
    fn every_2xx_is_a_success_and_nothing_else_is() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(follows(&answer(status, None), 1), Verdict::Delivered);
        }
        for status in [
            100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 418, 429, 500, 503, 599,
        ] {
            assert_eq!(follows(&answer(status, None), 1), retry(5), "{status}");
            assert_eq!(follows(&answer(status, None), 10), Verdict::GiveUp);
        }
        assert_eq!(follows(&answer(410, None), 1), Verdict::Stop);
        assert_eq!(follows(&Err(CallError::TimedOut), 2), retry(300));
    }

    #[test]
    fn a_busy_receiver_is_left_alone_for_as_long_as_it_asks() {
        for status in [429, 502, 503, 504] {
            assert_eq!(follows(&answer(status, Some("120")), 1), retry(120));
            let date = "Sun, 06 Nov 1994 08:50:37 GMT";
            assert_eq!(follows(&answer(status, Some(date)), 1), retry(60));
            assert_eq!(follows(&answer(status, Some("1")), 1), retry(5));
            assert_eq!(follows(&answer(status, Some("soon")), 1), retry(5));
            assert_eq!(
                follows(&answer(status, Some("99999999")), 1),
                retry(24 * 3600)
            );
        }
        assert_eq!(follows(&answer(500, Some("120")), 1), retry(5));
    }

    #[test]
    fn of_a_failure_a_plain_excerpt_is_kept_and_of_a_success_none() {
        let took = Duration::from_millis(3);
        let failed = attempt(&answer(500, None), NOW, took);
        assert_eq!(failed.excerpt.as_deref(), Some("<p>no  [31m</p>"));
        assert_eq!((failed.status, failed.fault), (Some(500), None));
        assert_eq!(attempt(&answer(200, None), NOW, took).excerpt, None);
        let silent = attempt(&Err(CallError::TimedOut), NOW, took);
        assert_eq!(silent.status, None);
        assert_eq!(silent.fault.as_deref(), Some("there was no answer in time"));
    }
}
