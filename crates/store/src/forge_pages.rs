//! What the credentials of a forge reach, page by page as the forge lists it.

use outwork_domain::Repository;

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::{Error, Tx};

/// A page of a forge's list.
#[derive(Clone, Debug, PartialEq)]
pub struct ForgePage {
    /// Its place, from 0.
    pub number: u32,
    /// How the forge names the next page; none after the last.
    pub next: Option<String>,
    /// What marks it as unchanged, if the forge does that.
    pub etag: Option<String>,
    /// The repositories.
    pub repositories: Vec<Repository>,
}

/// All pages of a forge, in their order.
///
/// # Errors
///
/// The database's.
pub async fn list(reader: &mut impl Read, forge: &str) -> Result<Vec<ForgePage>, Error> {
    let sql = "SELECT number, next, etag, repositories FROM forge_pages \
               WHERE forge = $1 ORDER BY number";
    let rows = reader.connection().rows(sql, values![forge]).await?;
    rows.iter().map(page).collect()
}

/// Writes a page in place of what was there.
///
/// # Errors
///
/// The database's.
pub async fn put(tx: &mut Tx, forge: &str, page: &ForgePage) -> Result<(), Error> {
    let lines: Vec<String> = page.repositories.iter().map(ToString::to_string).collect();
    let sql = "INSERT INTO forge_pages (forge, number, next, etag, repositories) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (forge, number) DO UPDATE SET \
               next = excluded.next, etag = excluded.etag, repositories = excluded.repositories";
    let values = values![
        forge,
        page.number,
        page.next.as_deref(),
        page.etag.as_deref(),
        lines.join("\n"),
    ];
    tx.connection().execute(sql, values).await.map(drop)
}

/// Forgets the pages of a forge from a number on, since its list has become shorter.
///
/// # Errors
///
/// The database's.
pub async fn cut(tx: &mut Tx, forge: &str, from: u32) -> Result<(), Error> {
    let sql = "DELETE FROM forge_pages WHERE forge = $1 AND number >= $2";
    tx.connection()
        .execute(sql, values![forge, from])
        .await
        .map(drop)
}

fn page(row: &Row) -> Result<ForgePage, Error> {
    let text = row.text("repositories")?;
    let repositories = text.lines().map(|line| {
        line.parse()
            .map_err(|error| corrupt("repositories", &error))
    });
    Ok(ForgePage {
        number: row.number("number")?,
        next: row.optional_text("next")?,
        etag: row.optional_text("etag")?,
        repositories: repositories.collect::<Result<_, _>>()?,
    })
}
