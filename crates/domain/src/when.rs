//! Points in time, as the database and the wire know them: Unix milliseconds.

use std::fmt;
use std::time::Duration;

/// A point in time with millisecond precision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Nanoseconds since the Unix epoch of an RFC 3339 text with any offset; none if it is not one.
    #[must_use]
    pub fn nanos_of(text: &str) -> Option<i128> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(moment.as_nanosecond())
    }

    /// The moment `duration` later; saturates at the far end of time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The text is no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no point in time as in RFC 3339, such as 2026-01-15T10:30:00Z")]
pub struct InvalidTimestamp(pub String);

/// Reads RFC 3339; what is finer than a millisecond is left out.
impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment: Result<jiff::Timestamp, _> = text.parse();
        let moment = moment.map_err(|_| InvalidTimestamp(text.chars().take(100).collect()))?;
        Ok(Self(moment.as_millisecond()))
    }
}

/// RFC 3339 in UTC with milliseconds, such as `2026-01-15T10:30:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_milliseconds_and_z() {
        assert_eq!(
            Timestamp::from_millis(1_768_473_000_000).to_string(),
            "2026-01-15T10:30:00.000Z"
        );
        assert_eq!(
            Timestamp::from_millis(1_768_473_000_007).to_string(),
            "2026-01-15T10:30:00.007Z"
        );
    }

    #[test]
    fn reads_any_precision_and_offset() {
        let second = 1_768_473_000_000_000_000;
        for (text, nanos) in [
            ("2026-01-15T10:30:00Z", second),
            ("2026-01-15T10:30:00.000000007Z", second + 7),
            ("2026-01-15T12:30:00.5+02:00", second + 500_000_000),
        ] {
            assert_eq!(Timestamp::nanos_of(text), Some(nanos), "{text}");
        }
        for text in ["", "2026-01-15", "2026-01-15T10:30:00", "now"] {
            assert_eq!(Timestamp::nanos_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_reads_back() {
        let read = |text: &str| text.parse::<Timestamp>().map(Timestamp::millis);
        for (text, millis) in [
            ("2026-01-15T10:30:00.007Z", 1_768_473_000_007),
            ("2026-01-15T10:30:00Z", 1_768_473_000_000),
            ("2026-01-15T11:30:00.0079+01:00", 1_768_473_000_007),
        ] {
            assert_eq!(read(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "2026-01-15",
            "now",
            "1768473000007",
            "2026-13-15T10:30:00Z",
        ] {
            assert_eq!(read(text), Err(InvalidTimestamp(text.to_owned())));
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let start = Timestamp::from_millis(5);
        assert_eq!(start.plus(Duration::from_secs(1)).millis(), 1_005);
        assert_eq!(
            start.since(start.plus(Duration::from_secs(1))),
            Duration::ZERO
        );
        assert_eq!(
            Timestamp::from_millis(i64::MAX)
                .plus(Duration::MAX)
                .millis(),
            i64::MAX
        );
    }
}
