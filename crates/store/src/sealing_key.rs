//! The keys that seal, and the names that sealed values know them by.

use std::fmt;
use std::str::FromStr;

use chacha20poly1305::aead::KeyInit as _;
use chacha20poly1305::{Key, XChaCha20Poly1305};
use sha2::{Digest as _, Sha256};

/// Bytes of a key's name.
pub(crate) const KEY_ID_BYTES: usize = 8;

/// Names a sealing key without telling anything about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealingKeyId(pub(crate) [u8; KEY_ID_BYTES]);

impl fmt::Display for SealingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SealingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKeyId({self})")
    }
}

/// A key that seals: 32 bytes that must be kept with every backup of the database.
#[derive(Clone)]
pub struct SealingKey {
    pub(crate) id: SealingKeyId,
    pub(crate) cipher: XChaCha20Poly1305,
}

/// A text is no sealing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 64 hexadecimal digits, such as `openssl rand -hex 32` prints")]
pub struct InvalidSealingKey;

impl SealingKey {
    /// Takes the bytes of a key, which must be random.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        let digest: [u8; 32] = Sha256::new_with_prefix(b"outwork sealing key\0")
            .chain_update(bytes)
            .finalize()
            .into();
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Self {
            id: SealingKeyId(id),
            cipher: XChaCha20Poly1305::new(&Key::from(bytes)),
        }
    }

    /// What names it.
    #[must_use]
    pub const fn id(&self) -> SealingKeyId {
        self.id
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({}, …)", self.id)
    }
}

impl FromStr for SealingKey {
    type Err = InvalidSealingKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| InvalidSealingKey)?;
        Ok(Self::new(bytes))
    }
}
