//! The `id:` of a frame: `<unix ms>-<seq>`, the event's time and its number in the agent's history.
//!
//! Order and resuming go by the number; the time is checked, so that an id made up is told from ours.

use std::fmt;
use std::str::FromStr;

use outwork_domain::{Event, Seq, Timestamp};

/// The id of an event's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventId {
    pub(super) at: Timestamp,
    pub(super) seq: Seq,
}

/// The text has not the form of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MalformedEventId;

impl EventId {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            at: event.at,
            seq: event.seq,
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.millis(), self.seq.0)
    }
}

impl FromStr for EventId {
    type Err = MalformedEventId;

    fn from_str(text: &str) -> Result<Self, MalformedEventId> {
        let (at, seq) = text.split_once('-').ok_or(MalformedEventId)?;
        let number = |digits: &str| -> Result<i64, MalformedEventId> {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .parse()
                .ok()
                .filter(|_| plain)
                .ok_or(MalformedEventId)
        };
        let seq = u64::try_from(number(seq)?).map_err(|_| MalformedEventId)?;
        Ok(Self {
            at: Timestamp::from_millis(number(at)?),
            seq: Seq(seq),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let id = EventId {
            at: Timestamp::from_millis(1_767_225_600_100),
            seq: Seq(42),
        };
        assert_eq!(id.to_string(), "1767225600100-42");
        assert_eq!("1767225600100-42".parse(), Ok(id));
        for text in [
            "",
            "-",
            "1-",
            "-1",
            "1",
            "1--1",
            "-1-1",
            "+1-1",
            "1-1 ",
            "1-1-1",
            "a-1",
            "1-\u{661}",
            "1-9223372036854775808",
            "9223372036854775808-1",
        ] {
            assert_eq!(text.parse::<EventId>(), Err(MalformedEventId), "{text:?}");
        }
    }
}
