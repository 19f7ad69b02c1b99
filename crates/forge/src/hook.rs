//! A webhook as it arrives from a forge.

use outwork_domain::InvalidRepository;

/// A request that came to the address of a forge's webhooks, before anything of it is believed.
#[derive(Clone, Copy, Debug)]
pub struct HookRequest<'a> {
    /// Its headers, names in any case; the first of a name counts.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body, byte for byte.
    pub body: &'a [u8],
}

impl HookRequest<'_> {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

/// What of a request whose signature is right has to be kept beside its body, so that it can be read
/// later and a repetition be recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The forge's id of this delivery; the same if it is sent again.
    pub id: String,
    /// The kind of event in the forge's own words, such as `issue_comment`.
    pub event: String,
}

/// Why a webhook was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// No secret is configured, so nothing can be believed.
    #[error("no webhook secret is configured for this forge")]
    NotConfigured,
    /// It bears no signature.
    #[error("it bears no signature: set the secret in the webhook's settings on the forge")]
    Unsigned,
    /// Its signature is not of our secret.
    #[error("its signature is wrong: the secrets here and on the forge differ")]
    WrongSignature,
    /// A header is missing that every webhook of this forge has.
    #[error("it has no header {0}")]
    HeaderMissing(&'static str),
    /// Its body is not what the forge documents for this event.
    #[error("its body is not understood: {0}")]
    Malformed(String),
}

impl From<serde_json::Error> for HookError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<InvalidRepository> for HookError {
    fn from(error: InvalidRepository) -> Self {
        Self::Malformed(error.to_string())
    }
}
