//! Cloud environments with their history.

use outwork_domain::limits::{ENVIRONMENT_VERSIONS_MAX, ENVIRONMENTS_MAX};
use outwork_domain::{
    AccountId, CloudEnvironment, EnvironmentEvent, EnvironmentFile, EnvironmentId, EnvironmentName,
    EnvironmentOwner, EnvironmentVersion, EnvironmentVersionId, Timestamp,
};

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::lock::{Turn, take_turn};
use crate::{Error, Tx};

macro_rules! columns {
    () => {
        "e.id, e.account_id, e.owner, e.name, e.file, e.version_id, e.created_at, e.updated_at \
         FROM environments e"
    };
}

/// Adds an environment with the first entry of its history; false if its owner has one of that name.
///
/// # Errors
///
/// [`Error::NoneFree`] if the account made [`ENVIRONMENTS_MAX`] that are there, otherwise the database's.
pub async fn insert(tx: &mut Tx, environment: &CloudEnvironment) -> Result<bool, Error> {
    take_turn(tx, Turn::Environments).await?;
    let sql = "SELECT COUNT(*) AS environment_count FROM environments WHERE account_id = $1";
    let values = values![environment.account_id];
    let row = tx.connection().row(sql, values).await?;
    let count: u32 = row.ok_or(Error::NotFound)?.number("environment_count")?;
    if count >= ENVIRONMENTS_MAX {
        return Err(Error::NoneFree("environments of the account"));
    }
    let sql = "INSERT INTO environments \
               (id, account_id, owner, name, file, version_id, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let values = values![
        environment.id,
        environment.account_id,
        owner_word(environment.owner),
        environment.name.as_str(),
        environment.file.text(),
        environment.version_id,
        environment.created_at,
        environment.updated_at,
    ];
    if tx.connection().execute(sql, values).await? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO environment_repositories (environment_id, number, repository) \
               VALUES ($1, $2, $3)";
    for (number, repository) in (0_u32..).zip(&environment.repositories) {
        let values = values![environment.id, number, repository];
        tx.connection().execute(sql, values).await?;
    }
    insert_version(tx, environment, EnvironmentEvent::Created).await?;
    Ok(true)
}

/// Writes name, file, version and time of an environment, with an entry of its history, of which the
/// latest [`ENVIRONMENT_VERSIONS_MAX`] stay; false if its owner has another one of that name, and then
/// nothing of it is written.
///
/// Call [`find_for_update`] before it.
///
/// # Errors
///
/// [`Error::NotFound`] if it is gone, otherwise the database's.
pub async fn update(
    tx: &mut Tx,
    environment: &CloudEnvironment,
    event: EnvironmentEvent,
) -> Result<bool, Error> {
    let namesake = find_named(
        tx,
        environment.account_id,
        environment.owner,
        &environment.name,
    )
    .await?;
    if namesake.is_some_and(|id| id != environment.id) {
        return Ok(false);
    }
    let sql = "UPDATE environments SET name = $2, file = $3, version_id = $4, updated_at = $5 \
               WHERE id = $1";
    let values = values![
        environment.id,
        environment.name.as_str(),
        environment.file.text(),
        environment.version_id,
        environment.updated_at,
    ];
    if tx.connection().execute(sql, values).await? == 0 {
        return Err(Error::NotFound);
    }
    insert_version(tx, environment, event).await?;
    Ok(true)
}

async fn insert_version(
    tx: &mut Tx,
    environment: &CloudEnvironment,
    event: EnvironmentEvent,
) -> Result<(), Error> {
    let sql = "INSERT INTO environment_versions \
               (id, environment_id, number, event, name, file, created_at) \
               SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5, $6 \
               FROM environment_versions WHERE environment_id = $2";
    let values = values![
        environment.version_id,
        environment.id,
        event_word(event),
        environment.name.as_str(),
        environment.file.text(),
        environment.updated_at,
    ];
    tx.connection().execute(sql, values).await?;
    let sql = "DELETE FROM environment_versions WHERE environment_id = $1 AND number <= \
               (SELECT MAX(number) FROM environment_versions WHERE environment_id = $1) - $2";
    let values = values![environment.id, ENVIRONMENT_VERSIONS_MAX];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The same as [`find`], for a transaction that is about to [`update`] it: until it ends, no other one
/// that calls this goes on.
///
/// # Errors
///
/// The database's.
pub async fn find_for_update(
    tx: &mut Tx,
    account_id: AccountId,
    id: EnvironmentId,
) -> Result<Option<CloudEnvironment>, Error> {
    take_turn(tx, Turn::Environments).await?;
    find(tx, account_id, id).await
}

/// The environment of that id, if the account may see it.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    account_id: AccountId,
    id: EnvironmentId,
) -> Result<Option<CloudEnvironment>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " WHERE e.id = $1 AND (e.owner = 'team' OR e.account_id = $2)"
    );
    let row = reader
        .connection()
        .row(sql, values![id, account_id])
        .await?;
    match row {
        Some(row) => environment(reader, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The id of an owner's environment of that name.
///
/// # Errors
///
/// The database's.
pub async fn find_named(
    reader: &mut impl Read,
    account_id: AccountId,
    owner: EnvironmentOwner,
    name: &EnvironmentName,
) -> Result<Option<EnvironmentId>, Error> {
    let sql = "SELECT id FROM environments WHERE name = $1 AND owner = $2 \
               AND (owner = 'team' OR account_id = $3)";
    let values = values![name.as_str(), owner_word(owner), account_id];
    let row = reader.connection().row(sql, values).await?;
    row.map(|row| Ok(EnvironmentId::new(row.uuid("id")?)))
        .transpose()
}

/// The environments that the account may see, the latest changed first, beginning behind the one that
/// `after` names.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
    after: Option<(Timestamp, EnvironmentId)>,
    limit: u32,
) -> Result<Vec<CloudEnvironment>, Error> {
    let (at, id) = after.unwrap_or((
        Timestamp::from_millis(i64::MAX),
        EnvironmentId::new(uuid::Uuid::max()),
    ));
    let sql = concat!(
        "SELECT ",
        columns!(),
        " WHERE (e.owner = 'team' OR e.account_id = $1) AND (e.updated_at, e.id) < ($2, $3) \
         ORDER BY e.updated_at DESC, e.id DESC LIMIT $4"
    );
    let values = values![account_id, at, id, limit];
    let rows = reader.connection().rows(sql, values).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.push(environment(reader, row).await?);
    }
    Ok(all)
}

/// Removes an environment with its history and secrets; tells whether it was there.
///
/// # Errors
///
/// The database's.
pub async fn delete(tx: &mut Tx, account_id: AccountId, id: EnvironmentId) -> Result<bool, Error> {
    let sql = "DELETE FROM environments WHERE id = $1 AND (owner = 'team' OR account_id = $2)";
    Ok(tx
        .connection()
        .execute(sql, values![id, account_id])
        .await?
        > 0)
}

/// The history of an environment with the numbers of its entries, the newest first, those before
/// `before`.
///
/// # Errors
///
/// The database's.
pub async fn history(
    reader: &mut impl Read,
    id: EnvironmentId,
    before: Option<u32>,
    limit: u32,
) -> Result<Vec<(u32, EnvironmentVersion)>, Error> {
    let sql = "SELECT id, number, event, name, file, created_at FROM environment_versions \
               WHERE environment_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
    let values = values![id, before.unwrap_or(u32::MAX), limit];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter()
        .map(|row| Ok((row.number("number")?, version(row)?)))
        .collect()
}

async fn environment(reader: &mut impl Read, row: &Row) -> Result<CloudEnvironment, Error> {
    let id = EnvironmentId::new(row.uuid("id")?);
    let sql = "SELECT repository FROM environment_repositories WHERE environment_id = $1 \
               ORDER BY number";
    let repositories = reader.connection().rows(sql, values![id]).await?;
    let word = row.text("owner")?;
    let owners = [EnvironmentOwner::Personal, EnvironmentOwner::Team];
    let owner = owners.into_iter().find(|owner| owner_word(*owner) == word);
    Ok(CloudEnvironment {
        id,
        account_id: AccountId::new(row.uuid("account_id")?),
        owner: owner.ok_or_else(|| corrupt("owner", &format!("the word {word:?}")))?,
        name: row.parsed("name")?,
        repositories: repositories
            .iter()
            .map(|row| row.parsed("repository"))
            .collect::<Result<_, _>>()?,
        file: file(row)?,
        version_id: EnvironmentVersionId::new(row.uuid("version_id")?),
        created_at: row.timestamp("created_at")?,
        updated_at: row.timestamp("updated_at")?,
    })
}

fn version(row: &Row) -> Result<EnvironmentVersion, Error> {
    let word = row.text("event")?;
    let events = [
        EnvironmentEvent::Created,
        EnvironmentEvent::Updated,
        EnvironmentEvent::Renamed,
    ];
    let event = events.into_iter().find(|event| event_word(*event) == word);
    Ok(EnvironmentVersion {
        id: EnvironmentVersionId::new(row.uuid("id")?),
        created_at: row.timestamp("created_at")?,
        event: event.ok_or_else(|| corrupt("event", &format!("the word {word:?}")))?,
        name: row.parsed("name")?,
        file: file(row)?,
    })
}

fn file(row: &Row) -> Result<EnvironmentFile, Error> {
    EnvironmentFile::parse(row.text("file")?).map_err(|fault| corrupt("file", &fault))
}

const fn owner_word(owner: EnvironmentOwner) -> &'static str {
    match owner {
        EnvironmentOwner::Personal => "personal",
        EnvironmentOwner::Team => "team",
    }
}

const fn event_word(event: EnvironmentEvent) -> &'static str {
    match event {
        EnvironmentEvent::Created => "created",
        EnvironmentEvent::Updated => "updated",
        EnvironmentEvent::Renamed => "renamed",
    }
}
