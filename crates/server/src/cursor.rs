//! The opaque cursors of lists: a place, and a check that this server made it for that list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outwork_domain::{AgentId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const CHECK_BYTES: usize = 6;
const AGENT_PLACE_BYTES: usize = 24;

/// Where the next page of agents begins: behind this one.
pub(crate) type AgentPlace = (Timestamp, AgentId);

/// Writes a place in a list of agents as text.
pub(crate) fn write_agent_cursor(list: &str, (created_at, id): AgentPlace) -> String {
    let mut place = Vec::with_capacity(AGENT_PLACE_BYTES);
    place.extend_from_slice(&created_at.millis().to_be_bytes());
    place.extend_from_slice(id.uuid().as_bytes());
    write_cursor(list, &place)
}

/// Reads a place in a list of agents back.
pub(crate) fn read_agent_cursor(list: &str, text: &str) -> Option<AgentPlace> {
    let place = read_cursor(list, text)?;
    let (millis, uuid) = place.split_at_checked(8)?;
    let millis = i64::from_be_bytes(millis.try_into().ok()?);
    let uuid = Uuid::from_slice(uuid).ok()?;
    Some((Timestamp::from_millis(millis), AgentId::new(uuid)))
}

/// Writes a place as text.
pub(crate) fn write_cursor(list: &str, place: &[u8]) -> String {
    let mut bytes = place.to_vec();
    bytes.extend_from_slice(&check(list, place));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place back; nothing if the text is not one that [`write_cursor`] made for that list.
pub(crate) fn read_cursor(list: &str, text: &str) -> Option<Vec<u8>> {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let told = bytes.split_off(bytes.len().checked_sub(CHECK_BYTES)?);
    (told == check(list, &bytes)).then_some(bytes)
}

/// Tells our cursors from foreign text. No secret: a forged one shows its forger his own agents.
fn check(list: &str, place: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new()
        .chain_update(list)
        .chain_update(place)
        .finalize();
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: AgentPlace = (
        Timestamp::from_millis(1_768_473_000_000),
        AgentId::new(Uuid::from_u128(7)),
    );

    #[test]
    fn reads_back_what_it_wrote() {
        let text = write_agent_cursor("agents", PLACE);
        assert_eq!(read_agent_cursor("agents", &text), Some(PLACE));
        assert_eq!(
            read_cursor("runs", &write_cursor("runs", b"x")).as_deref(),
            Some(b"x".as_slice())
        );
    }

    #[test]
    fn refuses_foreign_text() {
        let good = write_agent_cursor("agents", PLACE);
        let mut bent = good.clone().into_bytes();
        bent[3] = if bent[3] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        let longer = format!("{good}A");
        let padded = format!("{good}=");
        let other_list = write_agent_cursor("others", PLACE);
        let other_place = write_cursor("agents", b"x");
        for text in [
            "",
            "x",
            "bc_xyz789",
            &good[1..],
            &bent,
            &longer,
            &padded,
            &other_list,
            &other_place,
        ] {
            assert_eq!(read_agent_cursor("agents", text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_refused_without_harm(text in "\\PC{0,60}") {
            proptest::prop_assert_eq!(read_cursor("agents", &text), None);
        }
    }
}
