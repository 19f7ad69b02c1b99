//! Browsers that are signed in. The database holds only a hash of what their cookies hold.
//!
//! A session is its key's: where the key no longer opens anything, no session of it does. What a cookie holds
//! is random, so that its hash can be looked up as it is.

use outwork_domain::limits::SESSIONS_OF_KEY_MAX;
use outwork_domain::{AccountId, ApiKey, KeyId, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::database::{Connected as _, Read, values};
use crate::keys::{columns, in_force, key};
use crate::{Error, Tx};

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What it acts with.
    pub key: ApiKey,
    /// When it began.
    pub created_at: Timestamp,
    /// From when on it is none.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whether it and its key hold at that time.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.key.is_valid_at(now)
    }
}

/// What a cookie must hold to be a session's, as its hash.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    /// Takes any text.
    #[must_use]
    pub fn from_cookie(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Makes what a new cookie holds, 64 hex digits, from random bytes.
    #[must_use]
    pub fn generate(random: [u8; 32]) -> (String, Self) {
        let text = hex::encode(random);
        let secret = Self::from_cookie(&text);
        (text, secret)
    }
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

/// Adds a session. Of one key at most [`SESSIONS_OF_KEY_MAX`] are there afterwards: the oldest make room.
///
/// # Errors
///
/// The database's.
pub async fn insert(tx: &mut Tx, session: &Session, secret: &SessionSecret) -> Result<(), Error> {
    let sql =
        "INSERT INTO sessions (digest, key_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    let values = values![
        secret.0.as_slice(),
        session.key.id,
        session.created_at,
        session.expires_at
    ];
    tx.connection().execute(sql, values).await?;
    let sql = "DELETE FROM sessions WHERE key_id = $1 AND digest NOT IN \
               (SELECT digest FROM sessions WHERE key_id = $1 \
               ORDER BY created_at DESC, digest LIMIT $2)";
    let values = values![session.key.id, SESSIONS_OF_KEY_MAX];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The session of that secret; none if its key, or the key that this one was minted by, was revoked.
/// Whether it has expired is for the caller to judge.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    secret: &SessionSecret,
) -> Result<Option<Session>, Error> {
    let sql = concat!(
        "SELECT s.created_at AS session_created_at, s.expires_at AS session_expires_at, ",
        columns!(),
        " JOIN sessions s ON s.key_id = k.id WHERE s.digest = $1 AND ",
        in_force!()
    );
    let row = reader
        .connection()
        .row(sql, values![secret.0.as_slice()])
        .await?;
    row.map(|row| {
        Ok(Session {
            key: key(&row)?,
            created_at: row.timestamp("session_created_at")?,
            expires_at: row.timestamp("session_expires_at")?,
        })
    })
    .transpose()
}

/// Ends a session; tells whether it was there.
///
/// # Errors
///
/// The database's.
pub async fn delete(tx: &mut Tx, secret: &SessionSecret) -> Result<bool, Error> {
    let sql = "DELETE FROM sessions WHERE digest = $1";
    let values = values![secret.0.as_slice()];
    Ok(tx.connection().execute(sql, values).await? > 0)
}

/// Ends all sessions of a key, and of the sub-tokens that were made with it.
///
/// # Errors
///
/// The database's.
pub async fn delete_of_key(tx: &mut Tx, key_id: KeyId) -> Result<(), Error> {
    let sql = "DELETE FROM sessions WHERE key_id IN \
               (SELECT id FROM api_keys WHERE id = $1 OR minted_by = $1)";
    let deleted = tx.connection().execute(sql, values![key_id]).await;
    deleted.map(drop)
}

/// Ends all sessions of all keys of an account.
///
/// # Errors
///
/// The database's.
pub async fn delete_of_account(tx: &mut Tx, account_id: AccountId) -> Result<(), Error> {
    let sql = "DELETE FROM sessions WHERE key_id IN \
               (SELECT id FROM api_keys WHERE account_id = $1)";
    let deleted = tx.connection().execute(sql, values![account_id]).await;
    deleted.map(drop)
}

/// Forgets the sessions that ended before a time.
///
/// # Errors
///
/// The database's.
pub async fn delete_expired(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM sessions WHERE expires_at <= $1";
    tx.connection()
        .execute(sql, values![before])
        .await
        .map(drop)
}
