//! Times as v1alpha has them: RFC 3339 in UTC, always with six fractional digits.
//!
//! Clients compare them as text in one place and as numbers in another, so no two forms may mean the same.

use outwork_domain::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(as = PreciseMoment, value_type = String, format = DateTime,
    example = "2026-01-15T10:30:00.000000Z")]
pub(super) struct Moment(pub(super) Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        let millis = text.strip_suffix('Z').unwrap_or(&text);
        serializer.collect_str(&format_args!("{millis}000Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_six_digits() {
        for (millis, text) in [
            (1_768_473_000_000, "\"2026-01-15T10:30:00.000000Z\""),
            (1_768_473_000_007, "\"2026-01-15T10:30:00.007000Z\""),
        ] {
            let moment = Moment(Timestamp::from_millis(millis));
            assert_eq!(serde_json::to_string(&moment).unwrap(), text);
        }
    }
}
