//! Signatures of webhooks, compared in constant time over the bytes as they came.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::hook::HookError;

/// Checks an HMAC of SHA-256, in hexadecimal.
pub(crate) fn check_hmac(
    secret: &SecretString,
    body: &[u8],
    signature: &str,
) -> Result<(), HookError> {
    let signature = hex::decode(signature).map_err(|_| HookError::WrongSignature)?;
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
    let mac = mac
        .map_err(|_| HookError::NotConfigured)?
        .chain_update(body);
    mac.verify_slice(&signature)
        .map_err(|_| HookError::WrongSignature)
}

/// Checks a secret that is sent as it is.
pub(crate) fn check_token(secret: &SecretString, token: &str) -> Result<(), HookError> {
    if bool::from(secret.expose_secret().as_bytes().ct_eq(token.as_bytes())) {
        return Ok(());
    }
    Err(HookError::WrongSignature)
}

/// The secret, if one is configured that is worth the name.
pub(crate) fn secret(configured: Option<&SecretString>) -> Result<&SecretString, HookError> {
    let secret = configured.filter(|secret| !secret.expose_secret().is_empty());
    secret.ok_or(HookError::NotConfigured)
}

/// An id for a delivery to which the forge gives none: the same bytes are the same delivery.
pub(crate) fn id_of(body: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(Sha256::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation on validating deliveries.
    #[test]
    fn the_documented_example_holds() {
        let secret = SecretString::from("It's a Secret to Everybody");
        let signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(check_hmac(&secret, b"Hello, World!", signature), Ok(()));
        for (body, signature) in [
            (&b"Hello, World?"[..], signature),
            (b"Hello, World!", &signature[..62]),
            (b"Hello, World!", "zz"),
            (b"Hello, World!", ""),
        ] {
            let checked = check_hmac(&secret, body, signature);
            assert_eq!(checked, Err(HookError::WrongSignature));
        }
    }

    #[test]
    fn tokens_are_compared_whole() {
        let own = SecretString::from("0123456789");
        assert_eq!(check_token(&own, "0123456789"), Ok(()));
        for other in ["", "012345678", "01234567890", "0123456788"] {
            assert_eq!(check_token(&own, other), Err(HookError::WrongSignature));
        }
        assert!(secret(Some(&SecretString::from(""))).is_err());
        assert!(secret(None).is_err());
    }
}
