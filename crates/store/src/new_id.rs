//! Ids that sort by the time at which they were made.

use outwork_domain::Timestamp;
use uuid::Uuid;

/// A UUID of version 7 (RFC 9562), of that instant.
#[must_use]
pub fn new_id(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
    Uuid::new_v7(uuid::Timestamp::from_unix_time(millis / 1000, nanos, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_its_instant_and_no_two_are_alike() {
        let now = Timestamp::from_millis(1_700_000_000_123);
        let (one, other) = (new_id(now), new_id(now));
        assert_ne!(one, other);
        for id in [one, other] {
            assert_eq!(
                id.get_timestamp().unwrap().to_unix(),
                (1_700_000_000, 123_000_000)
            );
        }
        assert!(new_id(Timestamp::from_millis(1_700_000_000_124)) > one);
    }
}
