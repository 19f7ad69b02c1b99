//! The opaque cursor of the list: the place of the last agent shown, and a check that we made it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outwork_domain::{AgentId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const PLACE_BYTES: usize = 24;
const CHECK_BYTES: usize = 6;

/// Where the next page begins: behind this agent.
pub(super) type Place = (Timestamp, AgentId);

/// Writes a place as text.
pub(super) fn write_cursor((created_at, id): Place) -> String {
    let mut bytes = Vec::with_capacity(PLACE_BYTES + CHECK_BYTES);
    bytes.extend_from_slice(&created_at.millis().to_be_bytes());
    bytes.extend_from_slice(id.uuid().as_bytes());
    let check = check(&bytes);
    bytes.extend_from_slice(&check);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place back; nothing if the text is not one that [`write_cursor`] made.
pub(super) fn read_cursor(text: &str) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (place, told) = bytes.split_at_checked(PLACE_BYTES)?;
    if told != check(place) {
        return None;
    }
    let (millis, uuid) = place.split_at_checked(8)?;
    let millis = i64::from_be_bytes(millis.try_into().ok()?);
    let uuid = Uuid::from_slice(uuid).ok()?;
    Some((Timestamp::from_millis(millis), AgentId::new(uuid)))
}

/// Tells our cursors from foreign text. No secret: a forged one shows its forger his own agents.
fn check(place: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new()
        .chain_update(b"agents v0")
        .chain_update(place)
        .finalize();
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_wrote() {
        let place = (
            Timestamp::from_millis(1_768_473_000_000),
            AgentId::new(Uuid::from_u128(7)),
        );
        assert_eq!(read_cursor(&write_cursor(place)), Some(place));
    }

    #[test]
    fn refuses_foreign_text() {
        let place = (Timestamp::from_millis(1), AgentId::new(Uuid::nil()));
        let good = write_cursor(place);
        let mut bent = good.clone().into_bytes();
        bent[3] = if bent[3] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        let longer = format!("{good}A");
        let padded = format!("{good}=");
        for text in ["", "x", "bc_xyz789", &good[1..], &bent, &longer, &padded] {
            assert_eq!(read_cursor(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_refused_without_harm(text in "\\PC{0,60}") {
            proptest::prop_assert_eq!(read_cursor(&text), None);
        }
    }
}
