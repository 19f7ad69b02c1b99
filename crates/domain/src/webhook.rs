//! Where the ends of runs are announced: to an agent's own webhook, and to the endpoints of its account.

use std::fmt;
use std::str::FromStr;

use crate::address::{InvalidOutboundUrl, OutboundUrl, Plain};
use crate::limits::WEBHOOK_SECRET_BYTES;
use crate::run_state::RunState;
use crate::{AccountId, EndpointId, Timestamp};

/// A webhook's address and secret, checked for form; whether the address may be called is judged
/// where it is accepted and where it is called.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookTarget {
    url: OutboundUrl,
    secret: Option<String>,
}

impl fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookTarget")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

/// Address or secret break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhook {
    /// Not an address that could be called.
    #[error("url {0}")]
    Url(#[from] InvalidOutboundUrl),
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
    pub fn new(url: &str, secret: Option<String>) -> Result<Self, InvalidWebhook> {
        let url = OutboundUrl::parse(url, Plain::Allowed)?;
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
    pub const fn url(&self) -> &OutboundUrl {
        &self.url
    }

    /// The secret that deliveries are signed with.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }
}

/// How a run ended, in the three words of Cursor's webhooks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// It succeeded, or somebody stopped it.
    Finished,
    /// It failed.
    Error,
    /// Nobody began it in time.
    Expired,
}

impl Ending {
    /// All endings.
    pub const ALL: [Self; 3] = [Self::Finished, Self::Error, Self::Expired];

    /// What a state is announced as; nothing for a run that has not ended.
    #[must_use]
    pub const fn of(state: RunState) -> Option<Self> {
        match state {
            RunState::Succeeded | RunState::Cancelled => Some(Self::Finished),
            RunState::Failed => Some(Self::Error),
            RunState::Expired => Some(Self::Expired),
            RunState::Queued
            | RunState::Preparing
            | RunState::Working
            | RunState::Publishing
            | RunState::Cancelling => None,
        }
    }

    /// The word, such as `FINISHED`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Finished => "FINISHED",
            Self::Error => "ERROR",
            Self::Expired => "EXPIRED",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text is no ending.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be FINISHED, ERROR or EXPIRED")]
pub struct UnknownEnding;

impl FromStr for Ending {
    type Err = UnknownEnding;

    fn from_str(text: &str) -> Result<Self, UnknownEnding> {
        let found = Self::ALL.into_iter().find(|ending| ending.word() == text);
        found.ok_or(UnknownEnding)
    }
}

/// An address to which the ends of all runs of an account are announced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Where it is, and what its deliveries are signed with; the secret is always there.
    pub target: WebhookTarget,
    /// The endings that are announced; all of them if empty.
    pub endings: Vec<Ending>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its receiver said that it is gone for good (HTTP 410), if it did: nothing more is sent.
    pub stopped_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_form_and_lengths() {
        let url = "https://example.com/hook";
        assert!(WebhookTarget::new(url, None).is_ok());
        assert!(WebhookTarget::new(url, Some("s".repeat(32))).is_ok());
        for length in [31, 257] {
            let fault = WebhookTarget::new(url, Some("s".repeat(length)));
            assert_eq!(fault, Err(InvalidWebhook::SecretLength));
        }
        for bad in [
            "ftp://x/",
            "https://",
            "https://u@h/",
            "nonsense",
            "https://h/a b",
        ] {
            let fault = WebhookTarget::new(bad, None);
            assert!(matches!(fault, Err(InvalidWebhook::Url(_))), "{bad}");
        }
        let shown = format!("{:?}", WebhookTarget::new(url, Some("s".repeat(40))));
        assert!(!shown.contains("sss"), "{shown}");
    }

    /// The table of what is sent when a run ends.
    #[test]
    fn every_state_has_its_ending_or_none() {
        let table = [
            (RunState::Queued, None),
            (RunState::Preparing, None),
            (RunState::Working, None),
            (RunState::Publishing, None),
            (RunState::Cancelling, None),
            (RunState::Succeeded, Some("FINISHED")),
            (RunState::Failed, Some("ERROR")),
            (RunState::Cancelled, Some("FINISHED")),
            (RunState::Expired, Some("EXPIRED")),
        ];
        assert_eq!(table.map(|(state, _)| state), RunState::ALL);
        for (state, word) in table {
            assert_eq!(Ending::of(state).map(Ending::word), word, "{state}");
            assert_eq!(word.is_some(), state.is_final());
        }
        for ending in Ending::ALL {
            assert_eq!(ending.word().parse(), Ok(ending));
        }
        assert_eq!("RUNNING".parse::<Ending>(), Err(UnknownEnding));
    }
}
