//! API keys. The database holds only a hash of each secret.
//!
//! A key is found by the first digits of its hash and then compared as a whole in constant time, so that
//! neither the table nor the time of an answer tells anything about a secret.

use outwork_domain::{AccountId, ApiKey, KeyId, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::database::{Connected as _, Read, Row, values};
use crate::{Error, Tx};

/// Hex digits of the hash by which a key is looked up.
const FINGERPRINT_DIGITS: usize = 16;

macro_rules! columns {
    () => {
        "k.id, k.account_id, a.email, k.name, k.created_at, k.revoked_at, k.digest \
         FROM api_keys k JOIN accounts a ON a.id = k.account_id"
    };
}

/// What a token must be to be a key: the hash of its secret part.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret([u8; 32]);

impl KeySecret {
    /// Takes any token; what stands before its first `_` is a prefix and no part of the secret.
    #[must_use]
    pub fn from_token(token: &str) -> Self {
        let secret = token.split_once('_').map_or(token, |(_, secret)| secret);
        Self(Sha256::digest(secret).into())
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
               (id, account_id, name, fingerprint, digest, created_at, revoked_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING";
    let values = values![
        key.id,
        key.account_id,
        &key.name,
        secret.fingerprint(),
        secret.0.as_slice(),
        key.created_at,
        key.revoked_at,
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::Taken("a key with this secret")),
        _ => Ok(()),
    }
}

/// The key of that secret; none if it was revoked.
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
        " WHERE k.fingerprint = $1 AND k.revoked_at IS NULL"
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

/// All keys, the oldest first, revoked ones too.
///
/// # Errors
///
/// The database's.
pub async fn list(reader: &mut impl Read) -> Result<Vec<ApiKey>, Error> {
    let sql = concat!("SELECT ", columns!(), " ORDER BY k.created_at, k.id");
    reader
        .connection()
        .rows(sql, Vec::new())
        .await?
        .iter()
        .map(key)
        .collect()
}

/// Ends a key; tells whether it worked until now.
///
/// # Errors
///
/// The database's.
pub async fn revoke(tx: &mut Tx, id: KeyId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.connection().execute(sql, values![id, now]).await? > 0)
}

fn key(row: &Row) -> Result<ApiKey, Error> {
    Ok(ApiKey {
        id: KeyId::new(row.uuid("id")?),
        account_id: AccountId::new(row.uuid("account_id")?),
        email: row.text("email")?,
        name: row.text("name")?,
        created_at: row.timestamp("created_at")?,
        revoked_at: row.optional_timestamp("revoked_at")?,
    })
}
