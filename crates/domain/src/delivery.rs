//! A delivery: one announcement to one webhook, with its attempts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{AccountId, AgentId, DeliveryId, EndpointId, Jitter, RunId, Timestamp};

/// How long the jitter may stretch a wait: a tenth of it.
const JITTER_PART: u32 = 10;

/// A delivery without the bytes of its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its id; the same on every attempt.
    pub id: DeliveryId,
    /// Whose agent it is about.
    pub account_id: AccountId,
    /// The agent and the run that it is about; none for a test.
    pub about: Option<(AgentId, RunId)>,
    /// The endpoint that it goes to; the agent's own webhook if absent.
    pub endpoint_id: Option<EndpointId>,
    /// What is announced.
    pub event: DeliveryEvent,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts that have ended.
    pub attempt_count: u32,
    /// When the next attempt is due, by the database's clock; none while an earlier delivery of the
    /// same agent to the same receiver is still to be made, and none after its end.
    pub due_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
}

/// What a delivery announces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeliveryEvent {
    /// A run has ended (Cursor `statusChange`).
    StatusChange,
    /// Somebody tries whether an endpoint works.
    Test,
}

impl DeliveryEvent {
    /// The word that receivers see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::StatusChange => "statusChange",
            Self::Test => "test",
        }
    }
}

impl FromStr for DeliveryEvent {
    type Err = UnknownDeliveryWord;

    fn from_str(text: &str) -> Result<Self, UnknownDeliveryWord> {
        [Self::StatusChange, Self::Test]
            .into_iter()
            .find(|event| event.word() == text)
            .ok_or_else(|| UnknownDeliveryWord(text.to_owned()))
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeliveryState {
    /// It is to be sent, for the first time or again.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It is not tried any more.
    GivenUp,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    /// The stable word for it, such as `given_up`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for DeliveryState {
    type Err = UnknownDeliveryWord;

    fn from_str(text: &str) -> Result<Self, UnknownDeliveryWord> {
        let found = Self::ALL.into_iter().find(|state| state.word() == text);
        found.ok_or_else(|| UnknownDeliveryWord(text.to_owned()))
    }
}

/// The text is no word for a delivery's event or state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no word of deliveries")]
pub struct UnknownDeliveryWord(String);

/// One try to send a delivery, after its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryAttempt {
    /// Its place among the attempts of its delivery, from 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// What went wrong before there was an answer; a sentence of ours.
    pub fault: Option<String>,
    /// The beginning of an answer that was no success, if it came from a public address.
    pub excerpt: Option<String>,
}

/// What follows an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The receiver took it.
    Delivered,
    /// It is tried again after that time.
    Retry(Duration),
    /// It was tried often enough.
    GiveUp,
    /// The receiver is gone for good: nothing that waits for it is sent any more (HTTP 410).
    Stop,
}

/// What follows a failed attempt by the schedule of waits between attempts.
///
/// `failed` counts the attempts so far, this one included. Up to a tenth of a wait is added, so that
/// receivers that come back are not met by everybody at once; what the receiver asks for is respected
/// where it is longer.
#[must_use]
pub fn after_failure(
    schedule: &[Duration],
    failed: u32,
    jitter: Jitter,
    retry_after: Option<Duration>,
) -> Verdict {
    let place = usize::try_from(failed.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(wait) = schedule.get(place) else {
        return Verdict::GiveUp;
    };
    let wait = *wait + jitter.of(*wait / JITTER_PART);
    Verdict::Retry(retry_after.map_or(wait, |asked| asked.max(wait)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::WEBHOOK_SCHEDULE;

    fn wait(failed: u32, random: u32, asked: Option<u64>) -> Option<Duration> {
        let asked = asked.map(Duration::from_secs);
        let jitter = Jitter::from_random(random);
        match after_failure(&WEBHOOK_SCHEDULE, failed, jitter, asked) {
            Verdict::Retry(wait) => Some(wait),
            Verdict::GiveUp => None,
            Verdict::Delivered | Verdict::Stop => panic!("a failure has no such end"),
        }
    }

    /// The schedule of Standard Webhooks: ten attempts over 75 h 35 min 5 s, the first at once.
    #[test]
    fn ten_attempts_follow_the_published_schedule() {
        let hour = 3600;
        let expected = [
            5,
            300,
            1800,
            2 * hour,
            5 * hour,
            10 * hour,
            14 * hour,
            20 * hour,
            24 * hour,
        ];
        let waits: Vec<Duration> = (1..=20).map_while(|failed| wait(failed, 0, None)).collect();
        assert_eq!(waits, expected.map(Duration::from_secs));
        let all: Duration = waits.iter().sum();
        assert_eq!(all.as_secs(), 75 * hour + 35 * 60 + 5);
    }

    #[test]
    fn jitter_adds_at_most_a_tenth_and_what_is_asked_for_counts_where_it_is_longer() {
        assert_eq!(wait(1, u32::MAX, None), Some(Duration::from_millis(5_500)));
        assert_eq!(wait(9, u32::MAX, None), Some(Duration::from_secs(95_040)));
        assert_eq!(wait(1, 0, Some(60)), Some(Duration::from_secs(60)));
        assert_eq!(wait(2, 0, Some(60)), Some(Duration::from_secs(300)));
        assert_eq!(wait(10, 0, Some(60)), None);
    }

    #[test]
    fn words_are_read_back() {
        for state in DeliveryState::ALL {
            assert_eq!(state.word().parse(), Ok(state));
        }
        for event in [DeliveryEvent::StatusChange, DeliveryEvent::Test] {
            assert_eq!(event.word().parse(), Ok(event));
        }
        assert!("lost".parse::<DeliveryState>().is_err());
    }
}
