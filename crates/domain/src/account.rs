//! Who owns keys and agents.

use crate::{AccountId, KeyId, Timestamp};

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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped working, if it did.
    pub revoked_at: Option<Timestamp>,
}
