//! An SSH key that signs commits, in the form that git and the forges verify (`gpg.format=ssh`).
//!
//! Only Ed25519: its signatures depend on key and text alone, so a repetition signs the same commit
//! with the same bytes and finds what it has pushed. The key never leaves this process.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ring::signature::Ed25519KeyPair;
use ssh_key::private::KeypairData;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};

use crate::error::{Error, Result};

/// What git signs commits for (`ssh-keygen -Y sign -n git`).
const NAMESPACE: &str = "git";

/// A private key for signing; cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Ed25519KeyPair>,
    public: PublicKey,
}

impl SigningKey {
    /// Reads a private key from a file, as `ssh-keygen -t ed25519` writes it.
    ///
    /// # Errors
    ///
    /// [`Error::UnusableSigningKey`] for a file that cannot be read, another kind of key, or one with
    /// a passphrase.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
        Self::parse(&text)
    }

    /// Reads a private key in OpenSSH's form.
    ///
    /// # Errors
    ///
    /// As for [`SigningKey::read`].
    pub fn parse(text: &str) -> Result<Self> {
        let key = PrivateKey::from_openssh(text)
            .map_err(|_| unusable("it is no private key in OpenSSH's form"))?;
        if key.is_encrypted() {
            return Err(unusable("it has a passphrase, which nobody could type"));
        }
        let KeypairData::Ed25519(pair) = key.key_data() else {
            return Err(unusable(
                "it is no Ed25519 key; `ssh-keygen -t ed25519 -N ''` makes one",
            ));
        };
        let (seed, public) = (pair.private.to_bytes(), pair.public.0);
        let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &public)
            .map_err(|_| unusable("its two halves do not fit"))?;
        Ok(Self {
            pair: Arc::new(pair),
            public: key.public_key().clone(),
        })
    }

    /// The public half as one line, for forges and lists of allowed signers.
    ///
    /// # Errors
    ///
    /// [`Error::UnusableSigningKey`] if it cannot be written.
    pub fn public_line(&self) -> Result<String> {
        self.public
            .to_openssh()
            .map_err(|error| unusable(error.to_string()))
    }

    /// The armored signature of a commit's bytes, its lines ended by `\n`.
    pub(crate) fn sign(&self, commit: &[u8]) -> Result<String> {
        let failed = |error: ssh_key::Error| unusable(error.to_string());
        let hash = HashAlg::Sha512;
        let data = SshSig::signed_data(NAMESPACE, hash, commit).map_err(failed)?;
        let signed = self.pair.sign(&data).as_ref().to_vec();
        let signature = Signature::new(Algorithm::Ed25519, signed).map_err(failed)?;
        SshSig::new(self.public.key_data().clone(), NAMESPACE, hash, signature)
            .and_then(|signature| signature.to_pem(LineEnding::LF))
            .map_err(failed)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SigningKey({})",
            self.public.fingerprint(HashAlg::Sha256)
        )
    }
}

fn unusable(why: impl Into<String>) -> Error {
    Error::UnusableSigningKey(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for text in [
            "",
            "hunter2hunter2",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n",
        ] {
            let error = SigningKey::parse(text).unwrap_err();
            assert!(matches!(error, Error::UnusableSigningKey(_)));
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
