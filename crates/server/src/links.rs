//! Links to artifacts that work for a while without a key: HMAC-SHA256 over agent, path and expiry.
//!
//! The signing key is made once and lies in the store, so that links survive a restart and hold on
//! every server of the same store.

use hmac::{Hmac, KeyInit, Mac};
use outwork_domain::{AgentId, ArtifactPath};
use outwork_store::{Store, secrets};
use sha2::Sha256;
use tokio::sync::OnceCell;

use crate::errors::Failure;

const KEY_NAME: &str = "artifact-links";

/// Signs links and checks them.
#[derive(Debug, Default)]
pub(crate) struct Links {
    key: OnceCell<[u8; 32]>,
}

/// What a link gives access to, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) agent_id: AgentId,
    pub(crate) path: &'a ArtifactPath,
    /// Unix seconds.
    pub(crate) expires: i64,
}

impl Links {
    /// The signature of a claim, in hex.
    pub(crate) async fn sign(&self, store: &Store, claim: &Claim<'_>) -> Result<String, Failure> {
        let mac = keyed(&self.key(store).await?, claim)?;
        Ok(hex::encode(mac.finalize().into_bytes()))
    }

    /// Whether the signature is that of the claim; takes the same time wherever they differ.
    pub(crate) async fn verify(
        &self,
        store: &Store,
        claim: &Claim<'_>,
        signature: &str,
    ) -> Result<bool, Failure> {
        let Ok(signature) = hex::decode(signature) else {
            return Ok(false);
        };
        let mac = keyed(&self.key(store).await?, claim)?;
        Ok(mac.verify_slice(&signature).is_ok())
    }

    async fn key(&self, store: &Store) -> Result<[u8; 32], Failure> {
        let make = || async {
            let mut random = [0; 32];
            getrandom::fill(&mut random).map_err(|error| Failure::internal(error.to_string()))?;
            let made: Result<[u8; 32], outwork_store::Error> = store
                .write(move |tx| {
                    Box::pin(async move { secrets::get_or_create(tx, KEY_NAME, random).await })
                })
                .await;
            Ok::<_, Failure>(made?)
        };
        self.key.get_or_try_init(make).await.copied()
    }
}

fn keyed(key: &[u8; 32], claim: &Claim<'_>) -> Result<Hmac<Sha256>, Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|error| Failure::internal(error.to_string()))?;
    let Claim {
        agent_id,
        path,
        expires,
    } = claim;
    // A path has no control characters, so no two claims have the same text.
    mac.update(format!("artifact\n{agent_id}\n{path}\n{expires}").as_bytes());
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_part_of_a_claim_counts() {
        let sign = |agent: u128, path: &str, expires: i64| {
            let path: ArtifactPath = path.parse().unwrap();
            let agent_id = AgentId::new(Uuid::from_u128(agent));
            let claim = Claim {
                agent_id,
                path: &path,
                expires,
            };
            keyed(&[7; 32], &claim).unwrap().finalize().into_bytes()
        };
        let first = sign(1, "a", 1);
        assert_eq!(first, sign(1, "a", 1));
        for other in [sign(2, "a", 1), sign(1, "b", 1), sign(1, "a", 2)] {
            assert_ne!(first, other);
        }
    }
}
