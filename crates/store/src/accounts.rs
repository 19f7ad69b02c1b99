//! Accounts: who owns keys and agents.

use outwork_domain::{Account, AccountId, Timestamp, UserNumber};

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::{Error, Tx};

/// The account of that e-mail address, made with that id if there is none.
///
/// # Errors
///
/// The database's.
pub async fn find_or_create(
    tx: &mut Tx,
    email: &str,
    id: AccountId,
    now: Timestamp,
) -> Result<Account, Error> {
    let email = email.trim().to_lowercase();
    let sql = "INSERT INTO accounts (id, email, created_at) VALUES ($1, $2, $3) \
               ON CONFLICT (email) DO NOTHING";
    let new = tx
        .connection()
        .execute(sql, values![id, &email, now])
        .await?;
    if new > 0 {
        let sql = "INSERT INTO user_numbers (account_id) VALUES ($1)";
        tx.connection().execute(sql, values![id]).await?;
    }
    let sql = "SELECT id, email, created_at FROM accounts WHERE email = $1";
    let row = tx.connection().row(sql, values![&email]).await?;
    account(&row.ok_or_else(|| corrupt("email", &"no row after its insertion"))?)
}

/// The account of that id.
///
/// # Errors
///
/// The database's.
pub async fn find(reader: &mut impl Read, id: AccountId) -> Result<Option<Account>, Error> {
    let sql = "SELECT id, email, created_at FROM accounts WHERE id = $1";
    let row = reader.connection().row(sql, values![id]).await?;
    row.as_ref().map(account).transpose()
}

/// Whether nobody else has an account.
///
/// # Errors
///
/// The database's.
pub async fn is_only(reader: &mut impl Read, id: AccountId) -> Result<bool, Error> {
    let sql = "SELECT id FROM accounts WHERE id <> $1 LIMIT 1";
    let other = reader.connection().row(sql, values![id]).await?;
    Ok(other.is_none())
}

/// The e-mail address of the user whose account it is; none for the account of a service.
///
/// Keys that were revoked count, so that the answer does not change while a run goes on.
///
/// # Errors
///
/// The database's.
pub async fn find_email_of_user(
    reader: &mut impl Read,
    id: AccountId,
) -> Result<Option<String>, Error> {
    let sql = "SELECT a.email FROM accounts a WHERE a.id = $1 AND (NOT EXISTS \
               (SELECT 1 FROM api_keys k WHERE k.account_id = a.id AND k.kind = 'service') \
               OR EXISTS \
               (SELECT 1 FROM api_keys k WHERE k.account_id = a.id AND k.kind = 'user'))";
    let row = reader.connection().row(sql, values![id]).await?;
    row.map(|row| row.text("email")).transpose()
}

/// How a caller names a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserReference {
    /// By e-mail address, without regard to case.
    Email(String),
    /// By number.
    Number(UserNumber),
}

/// The number of an account.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such account, otherwise the database's.
pub async fn get_number(reader: &mut impl Read, id: AccountId) -> Result<UserNumber, Error> {
    let sql = "SELECT number FROM user_numbers WHERE account_id = $1";
    let row = reader.connection().row(sql, values![id]).await?;
    Ok(UserNumber(row.ok_or(Error::NotFound)?.number("number")?))
}

/// The account of a user who has a key of his own that works.
///
/// # Errors
///
/// The database's.
pub async fn find_active_user(
    reader: &mut impl Read,
    user: &UserReference,
    now: Timestamp,
) -> Result<Option<(Account, UserNumber)>, Error> {
    macro_rules! user_where {
        ($condition:literal) => {
            concat!(
                "SELECT a.id, a.email, a.created_at, n.number FROM accounts a \
                 JOIN user_numbers n ON n.account_id = a.id WHERE ",
                $condition,
                " AND EXISTS (SELECT 1 FROM api_keys k WHERE k.account_id = a.id \
                 AND k.kind = 'user' AND k.revoked_at IS NULL \
                 AND (k.expires_at IS NULL OR k.expires_at > $2))"
            )
        };
    }
    let (sql, values) = match user {
        UserReference::Email(email) => (
            user_where!("a.email = $1"),
            values![email.trim().to_lowercase(), now],
        ),
        UserReference::Number(number) => (user_where!("n.number = $1"), values![number.0, now]),
    };
    let Some(row) = reader.connection().row(sql, values).await? else {
        return Ok(None);
    };
    Ok(Some((account(&row)?, UserNumber(row.number("number")?))))
}

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        id: AccountId::new(row.uuid("id")?),
        email: row.text("email")?,
        created_at: row.timestamp("created_at")?,
    })
}
