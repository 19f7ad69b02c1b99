//! API keys. The database holds only a hash of each secret.
//!
//! A key is found by the first digits of its hash and then compared as a whole in constant time, so that
//! neither the table nor the time of an answer tells anything about a secret.

use std::fmt::Display;
use std::str::FromStr;

use outwork_domain::{AccountId, ApiKey, KeyId, KeyKind, KeyRules, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::lock::lock_account;
use crate::{Error, Tx};

/// Hex digits of the hash by which a key is looked up.
const FINGERPRINT_DIGITS: usize = 16;
const USER: &str = "user";
const SERVICE: &str = "service";
const DELEGATED: &str = "delegated";

/// What a row that still opens something is like, its time apart.
macro_rules! in_force {
    () => {
        "k.revoked_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM api_keys m WHERE m.id = k.minted_by AND m.revoked_at IS NOT NULL)"
    };
}
pub(crate) use in_force;

macro_rules! columns {
    () => {
        "k.id, k.account_id, a.email, k.name, k.kind, k.minted_by, k.expires_at, k.scope, \
         k.projects, k.networks, k.created_at, k.revoked_at, k.digest \
         FROM api_keys k JOIN accounts a ON a.id = k.account_id"
    };
}
pub(crate) use columns;

/// What a token must be to be a key: the hash of its secret part.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret([u8; 32]);

impl KeySecret {
    /// Takes any token; only its [`secret_part`](Self::secret_part) counts.
    #[must_use]
    pub fn from_token(token: &str) -> Self {
        Self(Sha256::digest(Self::secret_part(token)).into())
    }

    /// The part of a token that opens something: what stands before its first `_` is a prefix.
    #[must_use]
    pub fn secret_part(token: &str) -> &str {
        token.split_once('_').map_or(token, |(_, secret)| secret)
    }

    /// Makes a new token, `key_` and 64 hex digits, from random bytes.
    #[must_use]
    pub fn generate(random: [u8; 32]) -> (String, Self) {
        let token = format!("key_{}", hex::encode(random));
        let secret = Self::from_token(&token);
        (token, secret)
    }

    fn fingerprint(&self) -> String {
        let mut digits = hex::encode(self.0);
        digits.truncate(FINGERPRINT_DIGITS);
        digits
    }
}

impl std::fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

/// Adds a key; its account must be there.
///
/// # Errors
///
/// [`Error::Taken`] if a key with that secret exists, otherwise the database's.
pub async fn insert(tx: &mut Tx, key: &ApiKey, secret: &KeySecret) -> Result<(), Error> {
    let sql = "INSERT INTO api_keys \
               (id, account_id, name, kind, minted_by, expires_at, fingerprint, digest, created_at, \
               revoked_at, scope, projects, networks) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
               ON CONFLICT (digest) DO NOTHING";
    let (kind, minted_by) = match key.kind {
        KeyKind::User => (USER, None),
        KeyKind::Service => (SERVICE, None),
        KeyKind::Delegated { by } => (DELEGATED, Some(by.uuid())),
    };
    let values = values![
        key.id,
        key.account_id,
        &key.name,
        kind,
        minted_by,
        key.rules.expires_at,
        secret.fingerprint(),
        secret.0.as_slice(),
        key.created_at,
        key.revoked_at,
        key.rules.scope.word(),
        lines(&key.rules.projects),
        lines(&key.rules.networks),
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::Taken("a key with this secret")),
        _ => Ok(()),
    }
}

/// The key of that secret; none if it was revoked, or the key that it was minted by. Whether it has
/// expired is for the caller to judge.
///
/// # Errors
///
/// The database's.
pub async fn find_by_secret(
    reader: &mut impl Read,
    secret: &KeySecret,
) -> Result<Option<ApiKey>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " WHERE k.fingerprint = $1 AND ",
        in_force!()
    );
    for row in reader
        .connection()
        .rows(sql, values![secret.fingerprint()])
        .await?
    {
        if bool::from(row.bytes("digest")?.ct_eq(&secret.0)) {
            return key(&row).map(Some);
        }
    }
    Ok(None)
}

/// The key of that id, under the same conditions as [`find_by_secret`].
///
/// # Errors
///
/// The database's.
pub async fn find_by_id(reader: &mut impl Read, id: KeyId) -> Result<Option<ApiKey>, Error> {
    let sql = concat!("SELECT ", columns!(), " WHERE k.id = $1 AND ", in_force!());
    let row = reader.connection().row(sql, values![id]).await?;
    row.as_ref().map(key).transpose()
}

/// All keys that were made to last, the oldest first, revoked ones too.
///
/// # Errors
///
/// The database's.
pub async fn list(reader: &mut impl Read) -> Result<Vec<ApiKey>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " WHERE k.minted_by IS NULL ORDER BY k.created_at, k.id"
    );
    reader
        .connection()
        .rows(sql, Vec::new())
        .await?
        .iter()
        .map(key)
        .collect()
}

/// The keys of an account that were made to last, the newest first; those that ended before `since` are
/// left out.
///
/// # Errors
///
/// The database's.
pub async fn list_of_account(
    reader: &mut impl Read,
    account_id: AccountId,
    since: Timestamp,
) -> Result<Vec<ApiKey>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " WHERE k.account_id = $1 AND k.minted_by IS NULL \
         AND (k.revoked_at IS NULL OR k.revoked_at >= $2) \
         ORDER BY k.created_at DESC, k.id DESC"
    );
    let rows = reader.connection().rows(sql, values![account_id, since]);
    rows.await?.iter().map(key).collect()
}

/// How many keys of an account work that were made to last. No other transaction counts them until this one
/// ends, so that whoever counts can add one.
///
/// # Errors
///
/// The database's.
pub async fn count_working(
    tx: &mut Tx,
    account_id: AccountId,
    now: Timestamp,
) -> Result<usize, Error> {
    lock_account(tx, account_id).await?;
    let sql = "SELECT count(*) AS total FROM api_keys WHERE account_id = $1 AND minted_by IS NULL \
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    let row = tx.connection().row(sql, values![account_id, now]).await?;
    row.map_or(Ok(0), |row| row.number("total"))
}

/// Whose a key is that was made to last, revoked or not.
///
/// # Errors
///
/// The database's.
pub async fn find_account(reader: &mut impl Read, id: KeyId) -> Result<Option<AccountId>, Error> {
    let sql = "SELECT account_id FROM api_keys WHERE id = $1 AND minted_by IS NULL";
    let row = reader.connection().row(sql, values![id]).await?;
    row.map(|row| row.uuid("account_id").map(AccountId::new))
        .transpose()
}

/// Ends a key, and all sessions of it and of what it made; tells whether it worked until now.
///
/// # Errors
///
/// The database's.
pub async fn revoke(tx: &mut Tx, id: KeyId, now: Timestamp) -> Result<bool, Error> {
    let sql = "DELETE FROM sessions WHERE key_id IN \
               (SELECT id FROM api_keys WHERE id = $1 OR minted_by = $1)";
    tx.connection().execute(sql, values![id]).await?;
    let sql = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.connection().execute(sql, values![id, now]).await? > 0)
}

/// Forgets sub-tokens that expired before a time; keys that were made to last stay to be seen.
///
/// # Errors
///
/// The database's.
pub async fn delete_expired(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM api_keys WHERE expires_at < $1 AND minted_by IS NOT NULL";
    tx.connection()
        .execute(sql, values![before])
        .await
        .map(drop)
}

fn kind(row: &Row) -> Result<KeyKind, Error> {
    let word = row.text("kind")?;
    let minted_by = row.optional_uuid("minted_by")?;
    match (word.as_str(), minted_by) {
        (USER, None) => Ok(KeyKind::User),
        (SERVICE, None) => Ok(KeyKind::Service),
        (DELEGATED, Some(by)) => Ok(KeyKind::Delegated { by: KeyId::new(by) }),
        _ => Err(corrupt("kind", &word)),
    }
}

fn lines<T: Display>(all: &[T]) -> String {
    let lines: Vec<String> = all.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn of_lines<T: FromStr<Err: Display>>(row: &Row, column: &'static str) -> Result<Vec<T>, Error> {
    let text = row.text(column)?;
    let read = |line: &str| line.parse().map_err(|fault| corrupt(column, &fault));
    text.lines().map(read).collect()
}

fn rules(row: &Row) -> Result<KeyRules, Error> {
    Ok(KeyRules {
        scope: row.parsed("scope")?,
        projects: of_lines(row, "projects")?,
        networks: of_lines(row, "networks")?,
        expires_at: row.optional_timestamp("expires_at")?,
    })
}

/// The key of its row.
pub(crate) fn key(row: &Row) -> Result<ApiKey, Error> {
    Ok(ApiKey {
        id: KeyId::new(row.uuid("id")?),
        account_id: AccountId::new(row.uuid("account_id")?),
        email: row.text("email")?,
        name: row.text("name")?,
        kind: kind(row)?,
        rules: rules(row)?,
        created_at: row.timestamp("created_at")?,
        revoked_at: row.optional_timestamp("revoked_at")?,
    })
}
