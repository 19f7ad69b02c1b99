//! Sealing: how values that must not be read from a copy of the database lie in its rows.
//!
//! XChaCha20-Poly1305 with a random nonce. A sealed value says which key sealed it, and opens only in
//! the table, row and column that it was sealed for: moved elsewhere it is damage. The newest key
//! seals, all keys open, so a key can be replaced while its values are still there.

use std::sync::Arc;

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead as _, Payload};

use crate::Error;
use crate::error::corrupt;
use crate::sealing_key::{KEY_ID_BYTES, SealingKey, SealingKeyId};

/// The first byte of a sealed value: this layout.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEAD_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// The keys of a server; clones share them.
#[derive(Clone, Debug)]
pub struct Sealer {
    /// The newest first.
    pub(crate) keys: Arc<[SealingKey]>,
}

/// Where a sealed value lies; it opens nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Place<'r> {
    /// The table.
    pub(crate) table: &'static str,
    /// The column.
    pub(crate) column: &'static str,
    /// What identifies the row and never changes.
    pub(crate) row: &'r [u8],
}

impl Place<'_> {
    fn associated(&self) -> Vec<u8> {
        // No name of a table or column holds a NUL, so no two places read alike.
        [
            self.table.as_bytes(),
            b"\0",
            self.column.as_bytes(),
            b"\0",
            self.row,
        ]
        .concat()
    }
}

impl Sealer {
    /// Seals with the newest key; all keys open.
    #[must_use]
    pub fn new(newest: SealingKey, older: Vec<SealingKey>) -> Self {
        Self {
            keys: std::iter::once(newest).chain(older).collect(),
        }
    }

    /// No key: what needs one gives [`Error::NoSealingKey`]. For work that touches nothing sealed.
    #[must_use]
    pub fn absent() -> Self {
        Self { keys: Arc::new([]) }
    }

    /// The key that seals.
    pub(crate) fn newest(&self) -> Result<SealingKeyId, Error> {
        let newest = self.keys.first().ok_or(Error::NoSealingKey)?;
        Ok(newest.id())
    }

    /// The names of all keys, the newest first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<SealingKeyId> {
        self.keys.iter().map(SealingKey::id).collect()
    }

    fn key(&self, id: SealingKeyId) -> Result<&SealingKey, Error> {
        let found = self.keys.iter().find(|key| key.id == id);
        found.ok_or(match self.keys.is_empty() {
            true => Error::NoSealingKey,
            false => Error::UnknownSealingKey { id },
        })
    }

    /// Seals a value for its place.
    pub(crate) fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.keys.first().ok_or(Error::NoSealingKey)?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
        let payload = Payload {
            msg: value,
            aad: &place.associated(),
        };
        // It fails only beyond 256 GiB.
        let text = key.cipher.encrypt(&XNonce::from(nonce), payload);
        let text = text.map_err(|_| corrupt(place.column, &"too much to seal"))?;
        let mut sealed = Vec::with_capacity(HEAD_BYTES + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id.0);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// Opens what was sealed for that place.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let damaged = || corrupt(place.column, &"no value that was sealed for this place");
        let (head, text) = sealed.split_at_checked(HEAD_BYTES).ok_or_else(damaged)?;
        let (version, head) = head.split_first().ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        let (id, nonce) = head.split_at(KEY_ID_BYTES);
        let id = SealingKeyId(id.try_into().map_err(|_| damaged())?);
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| damaged())?;
        let payload = Payload {
            msg: text,
            aad: &place.associated(),
        };
        let cipher = &self.key(id)?.cipher;
        cipher
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| damaged())
    }

    /// The same for a text.
    pub(crate) fn open_text(&self, place: Place<'_>, sealed: &[u8]) -> Result<String, Error> {
        let text = String::from_utf8(self.open(place, sealed)?);
        // The fault of the standard library shows the bytes.
        text.map_err(|_| corrupt(place.column, &"a sealed value that is no text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        table: "t",
        column: "c",
        row: b"1",
    };

    fn key(byte: u8) -> SealingKey {
        SealingKey::new([byte; 32])
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let sealer = Sealer::new(key(1), Vec::new());
        let sealed = sealer.seal(PLACE, b"hidden value").unwrap();
        assert_eq!(sealer.open(PLACE, &sealed).unwrap(), b"hidden value");
        assert!(!sealed.windows(6).any(|bytes| bytes == b"hidden"));
        assert_ne!(sealer.seal(PLACE, b"hidden value").unwrap(), sealed);
        for place in [
            Place {
                table: "u",
                ..PLACE
            },
            Place {
                column: "d",
                ..PLACE
            },
            Place { row: b"2", ..PLACE },
        ] {
            let refused = sealer.open(place, &sealed);
            assert!(matches!(refused, Err(Error::Corrupt { .. })), "{refused:?}");
        }
    }

    #[test]
    fn every_changed_or_missing_byte_is_damage() {
        let sealer = Sealer::new(key(1), Vec::new());
        let sealed = sealer.seal(PLACE, b"v").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(PLACE, &changed).is_err(), "{at}");
            assert!(sealer.open(PLACE, &sealed[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn the_newest_key_seals_and_older_ones_open() {
        let old = Sealer::new(key(1), Vec::new());
        let both = Sealer::new(key(2), vec![key(1)]);
        let before = old.seal(PLACE, b"v").unwrap();
        assert_eq!(both.open(PLACE, &before).unwrap(), b"v");
        let after = both.seal(PLACE, b"v").unwrap();
        let id = key(2).id();
        let refused = old.open(PLACE, &after);
        assert!(matches!(refused, Err(Error::UnknownSealingKey { id: found }) if found == id));
        let absent = Sealer::absent();
        assert!(matches!(
            absent.open(PLACE, &after),
            Err(Error::NoSealingKey)
        ));
        assert!(matches!(absent.seal(PLACE, b"v"), Err(Error::NoSealingKey)));
    }

    #[test]
    fn a_key_is_read_and_never_shown() {
        let text = "0a".repeat(32);
        let key: SealingKey = format!(" {text}\n").parse().unwrap();
        assert_eq!(key.id(), SealingKey::new([10; 32]).id());
        let shown = format!("{key:?} {:?}", Sealer::new(key.clone(), Vec::new()));
        assert!(
            shown.contains(&key.id().to_string()) && !shown.contains("0a0a0a"),
            "{shown}"
        );
        for bad in ["", "0a", &"0g".repeat(32), &"0a".repeat(33)] {
            assert!(bad.parse::<SealingKey>().is_err(), "{bad}");
        }
    }
}
