//! Signatures, verified by other implementations than the one that made them.

use ring::hmac;
use standardwebhooks::Webhook;

use super::Seen;

/// Verifies both signatures of a request; an error says which one is wrong.
pub fn verify(seen: &Seen, secret: &str) -> Result<(), &'static str> {
    cursor(seen, secret).ok_or("X-Webhook-Signature")?;
    let library = match secret.starts_with("whsec_") {
        true => Webhook::new(secret),
        false => Webhook::from_bytes(secret.as_bytes().to_vec()),
    };
    // The library's own `verify` also wants the time to be now, which is past when a campaign is judged.
    let signed = library.ok().and_then(|library| {
        let seconds = seen.timestamp.parse().ok()?;
        library.sign(&seen.standard_id, seconds, &seen.body).ok()
    });
    let is_same = signed.as_deref() == Some(seen.standard_signature.as_str());
    if !is_same || seen.standard_id != seen.id {
        return Err("webhook-signature");
    }
    Ok(())
}

fn cursor(seen: &Seen, secret: &str) -> Option<()> {
    let tag = hex::decode(seen.signature.strip_prefix("sha256=")?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &seen.body, &tag).ok()
}
