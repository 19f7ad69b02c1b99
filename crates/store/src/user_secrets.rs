//! Secrets that users keep for runs: of a user, of a cloud environment, of the team. Values are sealed.
//!
//! A holder has a name once, ignoring case; several versions of one name for different repositories
//! are read and told apart.

use outwork_domain::{
    AccountId, EnvironmentId, RepositoryKey, Secret, SecretHolder, SecretId, SecretKind,
    SecretName, SecretText,
};

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::lock::{Turn, take_turn};
use crate::sealer::Place;
use crate::{Error, Tx};

macro_rules! columns {
    () => {
        "s.id, s.account_id, s.environment_id, s.name, s.kind, s.repositories, s.created_at"
    };
}

/// Which secrets a list shows, of those that the account may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// Only those of this kind of holder.
    pub scope: Option<SecretScope>,
    /// Only those of this environment.
    pub environment_id: Option<EnvironmentId>,
    /// Only those of exactly this name.
    pub name: Option<String>,
}

/// The kinds of holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretScope {
    /// The team.
    Team,
    /// Users.
    User,
    /// Cloud environments.
    Environment,
}

impl SecretScope {
    const fn word(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::User => "user",
            Self::Environment => "environment",
        }
    }
}

/// Keeps every other transaction from writing secrets until this one ends.
///
/// # Errors
///
/// The database's.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    take_turn(tx, Turn::Secrets).await
}

/// The secrets that the account may see, by name, beginning behind the one that `after` names.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
    filter: &SecretFilter,
    after: Option<(String, SecretId)>,
    limit: u32,
) -> Result<Vec<Secret>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM user_secrets s LEFT JOIN environments e ON e.id = s.environment_id \
         WHERE (s.account_id = $1 OR s.holder = 'team' OR e.owner = 'team' OR e.account_id = $1) \
         AND (s.name, s.id) > ($2, $3) AND ($4 = '' OR s.holder LIKE $4 || '%') \
         AND ($5 = '' OR s.name = $5) AND ($6 = 0 OR s.environment_id = $7) \
         ORDER BY s.name, s.id LIMIT $8"
    );
    let nil = uuid::Uuid::nil();
    let (name, id) = after.map_or((String::new(), nil), |(name, id)| (name, id.uuid()));
    let environment = filter.environment_id.map(EnvironmentId::uuid);
    let values = values![
        account_id,
        name,
        id,
        filter.scope.map_or("", SecretScope::word),
        filter.name.clone().unwrap_or_default(),
        i64::from(environment.is_some()),
        environment.unwrap_or(nil),
        limit,
    ];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter().map(secret).collect()
}

/// What a holder has under a name, ignoring case; the oldest first.
///
/// # Errors
///
/// The database's.
pub async fn find_named(
    reader: &mut impl Read,
    holder: SecretHolder,
    name: &SecretName,
) -> Result<Vec<Secret>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM user_secrets s WHERE s.holder = $1 AND s.folded_name = $2 \
         ORDER BY s.created_at, s.id"
    );
    let values = values![holder_word(holder), name.folded()];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter().map(secret).collect()
}

/// How many secrets a holder has.
///
/// # Errors
///
/// The database's.
pub async fn count(reader: &mut impl Read, holder: SecretHolder) -> Result<u32, Error> {
    let sql = "SELECT COUNT(*) AS count FROM user_secrets WHERE holder = $1";
    let values = values![holder_word(holder)];
    let row = reader.connection().row(sql, values).await?;
    row.ok_or(Error::NotFound)?.number("count")
}

/// A holder's secrets with their values; for the runs that get them.
///
/// # Errors
///
/// The database's, or the sealing key's.
pub async fn open_all(
    reader: &mut impl Read,
    holder: SecretHolder,
) -> Result<Vec<(Secret, SecretText)>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", s.value FROM user_secrets s WHERE s.holder = $1 ORDER BY s.name, s.id"
    );
    let values = values![holder_word(holder)];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter()
        .map(|row| {
            let secret = secret(row)?;
            let sealed = row.bytes("value")?;
            let value = reader.sealer().open_text(place(&secret.id), &sealed)?;
            Ok((secret, SecretText::new(value)))
        })
        .collect()
}

/// Adds a secret.
///
/// # Errors
///
/// The database's.
pub async fn insert(tx: &mut Tx, secret: &Secret, value: &SecretText) -> Result<(), Error> {
    let sealed = tx
        .sealer()
        .seal(place(&secret.id), value.expose().as_bytes())?;
    let (account, environment) = match secret.holder {
        SecretHolder::Team => (None, None),
        SecretHolder::User(id) => (Some(id.uuid()), None),
        SecretHolder::Environment(id) => (None, Some(id.uuid())),
    };
    let sql = "INSERT INTO user_secrets (id, holder, account_id, environment_id, name, \
               folded_name, kind, repositories, value, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = values![
        secret.id,
        holder_word(secret.holder),
        account,
        environment,
        secret.name.as_str(),
        secret.name.folded(),
        kind_word(secret.kind),
        lines(&secret.repositories),
        sealed,
        secret.created_at,
    ];
    tx.connection().execute(sql, values).await.map(drop)
}

/// Gives a secret another value, kind and repositories.
///
/// # Errors
///
/// [`Error::NotFound`] if it is gone, otherwise the database's.
pub async fn update(tx: &mut Tx, secret: &Secret, value: &SecretText) -> Result<(), Error> {
    let sealed = tx
        .sealer()
        .seal(place(&secret.id), value.expose().as_bytes())?;
    let sql = "UPDATE user_secrets SET kind = $2, repositories = $3, value = $4 WHERE id = $1";
    let values = values![
        secret.id,
        kind_word(secret.kind),
        lines(&secret.repositories),
        sealed,
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Removes a secret; tells whether it was there.
///
/// # Errors
///
/// The database's.
pub async fn delete(tx: &mut Tx, id: SecretId) -> Result<bool, Error> {
    let sql = "DELETE FROM user_secrets WHERE id = $1";
    Ok(tx.connection().execute(sql, values![id]).await? > 0)
}

/// Where a secret's value is sealed for; a value put into another row does not open.
fn place(id: &SecretId) -> Place<'_> {
    Place {
        table: "user_secrets",
        column: "value",
        row: id.bytes(),
    }
}

fn holder_word(holder: SecretHolder) -> String {
    match holder {
        SecretHolder::Team => SecretScope::Team.word().to_owned(),
        SecretHolder::User(id) => format!("{}:{id}", SecretScope::User.word()),
        SecretHolder::Environment(id) => format!("{}:{id}", SecretScope::Environment.word()),
    }
}

const fn kind_word(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::RuntimeSecret => "runtime_secret",
        SecretKind::EnvironmentVariable => "environment_variable",
    }
}

fn lines(repositories: &[RepositoryKey]) -> String {
    let all: Vec<&str> = repositories.iter().map(RepositoryKey::as_str).collect();
    all.join("\n")
}

fn secret(row: &Row) -> Result<Secret, Error> {
    let account = row.optional_uuid("account_id")?;
    let environment = row.optional_uuid("environment_id")?;
    let word = row.text("kind")?;
    let kinds = [SecretKind::RuntimeSecret, SecretKind::EnvironmentVariable];
    let kind = kinds.into_iter().find(|kind| kind_word(*kind) == word);
    let repositories = row.text("repositories")?;
    Ok(Secret {
        id: SecretId::new(row.uuid("id")?),
        holder: match (account, environment) {
            (None, None) => SecretHolder::Team,
            (Some(id), None) => SecretHolder::User(AccountId::new(id)),
            (None, Some(id)) => SecretHolder::Environment(EnvironmentId::new(id)),
            (Some(_), Some(_)) => return Err(corrupt("environment_id", &"a second holder")),
        },
        name: row.parsed("name")?,
        kind: kind.ok_or_else(|| corrupt("kind", &format!("the word {word:?}")))?,
        repositories: repositories
            .lines()
            .map(|line| {
                line.parse()
                    .map_err(|fault| corrupt("repositories", &fault))
            })
            .collect::<Result<_, _>>()?,
        created_at: row.timestamp("created_at")?,
    })
}
