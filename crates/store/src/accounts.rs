//! Accounts: who owns keys and agents.

use outwork_domain::{Account, AccountId, Timestamp};

use crate::database::{Connected as _, Read, Row, corrupt, values};
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
    tx.connection()
        .execute(sql, values![id, &email, now])
        .await?;
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

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        id: AccountId::new(row.uuid("id")?),
        email: row.text("email")?,
        created_at: row.timestamp("created_at")?,
    })
}
