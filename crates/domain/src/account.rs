//! Who owns keys and agents.

use crate::{AccountId, KeyId, KeyRules, KeyScope, Timestamp};

/// An account: the owner of keys and agents; other accounts cannot tell that they exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The e-mail address that names it, in lower case; unique.
    pub email: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The number of an account, for interfaces whose users have numbers; from 1, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserNumber(pub i64);

/// Who may act with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The user whose account it is.
    User,
    /// A service, on its account's behalf: no user, and it may make keys for users.
    Service,
    /// A user, by the word of a service: a sub-token.
    Delegated {
        /// The service's key; this one ends with it.
        by: KeyId,
    },
}

/// An API key as the server knows it: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The e-mail address of its account.
    pub email: String,
    /// What its owner calls it.
    pub name: String,
    /// Who may act with it.
    pub kind: KeyKind,
    /// What it may be used for.
    pub rules: KeyRules,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped working, if it did.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it works at that time.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.rules.hold_at(now)
    }

    /// The key whose requests it counts among: a service has no more of them by making sub-tokens.
    #[must_use]
    pub const fn counted_as(&self) -> KeyId {
        match self.kind {
            KeyKind::User | KeyKind::Service => self.id,
            KeyKind::Delegated { by, .. } => by,
        }
    }

    /// Whether it may do all that its account may, from wherever, for as long as it works.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        let rules = &self.rules;
        let made_to_last = match self.kind {
            KeyKind::User | KeyKind::Service => true,
            KeyKind::Delegated { .. } => false,
        };
        made_to_last
            && rules.scope == KeyScope::Write
            && rules.projects.is_empty()
            && rules.networks.is_empty()
    }

    /// Whether a user stands behind it.
    #[must_use]
    pub const fn is_of_user(&self) -> bool {
        !matches!(self.kind, KeyKind::Service)
    }
}
