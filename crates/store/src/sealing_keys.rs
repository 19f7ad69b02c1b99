//! Which keys have sealed something in this database: a row with a proof for each.

use crate::Error;
use crate::database::{Connected, database_now, values};
use crate::sealer::{Place, Sealer};

/// What the proof of a key holds.
const PROOF: &[u8] = b"outwork";

/// Checks that every key that ever sealed something here is among ours, and notes the newest.
///
/// Without any key nothing is checked, and nothing sealed can be used.
pub(crate) async fn check_keys(tx: &mut impl Connected, sealer: &Sealer) -> Result<(), Error> {
    let Some(newest) = sealer.keys.first() else {
        return Ok(());
    };
    let sql = "SELECT key_id, proof FROM sealing_keys";
    let mut known = false;
    for row in tx.connection().rows(sql, Vec::new()).await? {
        let id = row.bytes("key_id")?;
        sealer.open(proof_of(&id), &row.bytes("proof")?)?;
        known |= id == newest.id.0;
    }
    if !known {
        let proof = sealer.seal(proof_of(&newest.id.0), PROOF)?;
        let now = database_now(tx).await?;
        let sql = "INSERT INTO sealing_keys (key_id, proof, created_at) VALUES ($1, $2, $3)";
        let values = values![newest.id.0.as_slice(), proof, now];
        tx.connection().execute(sql, values).await?;
    }
    Ok(())
}

/// Whether any key has sealed something in this database.
pub(crate) async fn has_keys(reader: &mut impl Connected) -> Result<bool, Error> {
    let sql = "SELECT key_id FROM sealing_keys LIMIT 1";
    Ok(reader.connection().row(sql, Vec::new()).await?.is_some())
}

const fn proof_of(id: &[u8]) -> Place<'_> {
    Place {
        table: "sealing_keys",
        column: "proof",
        row: id,
    }
}
