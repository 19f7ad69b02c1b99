//! Where the ends of runs are announced.

use crate::limits::{WEBHOOK_SECRET_BYTES, WEBHOOK_URL_BYTES_MAX};

/// A webhook's address and secret, checked for form; whether the address may be called is judged
/// where it is called.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookTarget {
    url: String,
    secret: Option<String>,
}

impl std::fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookTarget")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Address or secret break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhook {
    /// Not an address.
    #[error("url must be an https or http address with a host and without credentials")]
    Url,
    /// Too long.
    #[error("url must be at most 2048 characters")]
    UrlTooLong,
    /// Too short or too long.
    #[error("secret must be 32 to 256 characters")]
    SecretLength,
}

impl WebhookTarget {
    /// Takes an address and a secret.
    ///
    /// # Errors
    ///
    /// [`InvalidWebhook`] names the broken rule.
    pub fn new(url: String, secret: Option<String>) -> Result<Self, InvalidWebhook> {
        if url.len() > WEBHOOK_URL_BYTES_MAX {
            return Err(InvalidWebhook::UrlTooLong);
        }
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let authority = rest
            .and_then(|rest| rest.split(['/', '?', '#']).next())
            .unwrap_or_default();
        let odd = |c: char| c.is_control() || c.is_whitespace();
        if authority.is_empty() || authority.contains('@') || url.contains(odd) {
            return Err(InvalidWebhook::Url);
        }
        if secret
            .as_ref()
            .is_some_and(|secret| !WEBHOOK_SECRET_BYTES.contains(&secret.len()))
        {
            return Err(InvalidWebhook::SecretLength);
        }
        Ok(Self { url, secret })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The secret that deliveries are signed with.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_form_and_lengths() {
        let url = || "https://example.com/hook".to_owned();
        assert!(WebhookTarget::new(url(), None).is_ok());
        assert!(WebhookTarget::new(url(), Some("s".repeat(32))).is_ok());
        assert_eq!(
            WebhookTarget::new(url(), Some("s".repeat(31))),
            Err(InvalidWebhook::SecretLength)
        );
        for bad in [
            "ftp://x/",
            "https://",
            "https:///x",
            "https://u@h/",
            "nonsense",
            "https://h/a b",
        ] {
            assert_eq!(
                WebhookTarget::new(bad.into(), None),
                Err(InvalidWebhook::Url),
                "{bad}"
            );
        }
        let long = format!("https://h/{}", "a".repeat(2048));
        assert_eq!(
            WebhookTarget::new(long, None),
            Err(InvalidWebhook::UrlTooLong)
        );
    }
}
