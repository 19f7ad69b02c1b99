//! Secrets that the server makes for itself, such as the one that signs links; sealed.

use crate::database::{Connected as _, values};
use crate::error::corrupt;
use crate::sealer::Place;
use crate::{Error, Tx};

/// The secret of that name; the first caller's random bytes become it.
///
/// # Errors
///
/// The database's.
pub async fn get_or_create(tx: &mut Tx, name: &str, random: [u8; 32]) -> Result<[u8; 32], Error> {
    let place = Place {
        table: "secrets",
        column: "value",
        row: name.as_bytes(),
    };
    let sealed = tx.sealer().seal(place, &random)?;
    let sql = "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    tx.connection().execute(sql, values![name, sealed]).await?;
    let sql = "SELECT value FROM secrets WHERE name = $1";
    let row = tx
        .connection()
        .row(sql, values![name])
        .await?
        .ok_or(Error::NotFound)?;
    let value = tx.sealer().open(place, &row.bytes("value")?)?;
    let count = value.len();
    value
        .try_into()
        .map_err(|_| corrupt("value", &format!("{count} bytes instead of 32")))
}
