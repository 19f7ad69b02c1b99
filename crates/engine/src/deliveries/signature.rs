//! The headers of a delivery: Cursor's, and those of Standard Webhooks beside them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use outwork_domain::{DeliveryEvent, DeliveryId, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use sha2::Sha256;

/// What receivers of Cursor's webhooks look for.
const AGENT: &str = "Cursor-Agent-Webhook/1.0";
/// What stands before the base64 of a secret of Standard Webhooks.
const STANDARD_SECRET: &str = "whsec_";

/// What the headers of one attempt say.
pub(super) struct Signed<'a> {
    pub(super) id: DeliveryId,
    pub(super) event: DeliveryEvent,
    /// Without one there is no signature.
    pub(super) secret: Option<&'a str>,
    pub(super) body: &'a [u8],
    /// When this attempt is made.
    pub(super) now: Timestamp,
}

/// The id as receivers see it, the same at every attempt.
pub(super) fn wire_id(id: DeliveryId) -> String {
    format!("wh_{id}")
}

impl Signed<'_> {
    /// All headers of the attempt.
    pub(super) fn headers(&self) -> HeaderMap {
        let id = wire_id(self.id);
        let seconds = (self.now.millis() / 1000).to_string();
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| {
            // Hex, base64, digits and words of ours: all of them may stand in a header.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        put(CONTENT_TYPE, "application/json");
        put(USER_AGENT, AGENT);
        put(HeaderName::from_static("x-webhook-id"), &id);
        put(
            HeaderName::from_static("x-webhook-event"),
            self.event.word(),
        );
        put(HeaderName::from_static("webhook-id"), &id);
        put(HeaderName::from_static("webhook-timestamp"), &seconds);
        if let Some(secret) = self.secret {
            let signature = cursor_signature(secret, self.body);
            put(HeaderName::from_static("x-webhook-signature"), &signature);
            let signature = standard_signature(secret, &id, &seconds, self.body);
            put(HeaderName::from_static("webhook-signature"), &signature);
        }
        headers
    }
}

/// Cursor: `sha256=` and the hexadecimal HMAC of the body, under the secret as it was given.
fn cursor_signature(secret: &str, body: &[u8]) -> String {
    format!(
        "sha256={}",
        hex::encode(authenticate(secret.as_bytes(), &[body]))
    )
}

/// Standard Webhooks: `v1,` and the HMAC of id, time and body in base64; a secret in that standard's form
/// is decoded, any other is taken as it is.
fn standard_signature(secret: &str, id: &str, seconds: &str, body: &[u8]) -> String {
    let decoded = secret
        .strip_prefix(STANDARD_SECRET)
        .and_then(|text| STANDARD.decode(text).ok());
    let key = decoded.unwrap_or_else(|| secret.as_bytes().to_vec());
    let parts = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
    format!("v1,{}", STANDARD.encode(authenticate(&key, &parts)))
}

fn authenticate(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use standardwebhooks::Webhook;

    const BODY: &[u8] =
        br#"{"event":"statusChange","id":"bc-00000000-0000-4000-8000-000000000001","status":"FINISHED"}"#;

    fn headers(secret: Option<&str>) -> HeaderMap {
        let signed = Signed {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            event: DeliveryEvent::StatusChange,
            secret,
            body: BODY,
            now: Timestamp::from_millis(jiff::Timestamp::now().as_millisecond()),
        };
        signed.headers()
    }

    /// The test vector of the reference.
    #[test]
    fn the_cursor_signature_is_that_of_the_test_vector() {
        let secret = "0123456789abcdef0123456789abcdef";
        let expected = "sha256=120fdedf07f25addea99afe0e2099041b219d4ab0ea2f3d30f9e1f1ee6d9d08d";
        assert_eq!(cursor_signature(secret, BODY), expected);
        assert_eq!(headers(Some(secret))["x-webhook-signature"], expected);
    }

    #[test]
    fn the_standards_own_library_verifies() {
        let standard = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";
        let verified = Webhook::new(standard)
            .unwrap()
            .verify(BODY, &headers(Some(standard)));
        assert!(verified.is_ok());
        let plain = "a secret of no standard at all, 40 chars";
        let library = Webhook::from_bytes(plain.as_bytes().to_vec()).unwrap();
        assert!(library.verify(BODY, &headers(Some(plain))).is_ok());
        assert!(library.verify(b"{}", &headers(Some(plain))).is_err());
        assert!(library.verify(BODY, &headers(Some(standard))).is_err());
    }

    #[test]
    fn without_a_secret_nothing_is_signed() {
        let headers = headers(None);
        assert!(!headers.contains_key("x-webhook-signature"));
        assert!(!headers.contains_key("webhook-signature"));
        assert_eq!(
            headers["x-webhook-id"],
            "wh_01890a5d-ac96-774b-bcce-b302099a8057"
        );
        assert_eq!(headers["webhook-id"], headers["x-webhook-id"]);
        assert_eq!(headers["x-webhook-event"], "statusChange");
        assert_eq!(headers["user-agent"], "Cursor-Agent-Webhook/1.0");
        assert_eq!(headers["content-type"], "application/json");
    }
}
