//! Projects that were added by command.

use std::collections::BTreeMap;

use outwork_domain::limits::PROJECTS_MAX;
use outwork_domain::{ModelId, Project, ProjectName, ProjectPullRequest, Timestamp};
use serde::{Deserialize as _, Serialize as _};

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::lock::{Turn, take_turn};
use crate::rows::{CREATIONS, creation_word, word};
use crate::{Error, Tx};

macro_rules! columns {
    () => {
        "id, alias, repository, base_ref, model, models, branch_prefix, uses_per_hour, \
         pull_request_creation, readiness, instructions"
    };
}

/// Adds a project.
///
/// # Errors
///
/// [`Error::Taken`] if one of its names is another's name or alias, [`Error::NoneFree`] if there are
/// [`PROJECTS_MAX`] already, otherwise the database's.
pub async fn insert(tx: &mut Tx, project: &Project, now: Timestamp) -> Result<(), Error> {
    take_turn(tx, Turn::Projects).await?;
    for name in project.names() {
        if find(tx, name.as_str()).await?.is_some() {
            return Err(Error::Taken("a project's name"));
        }
    }
    let sql = "SELECT count(*) AS total FROM projects";
    let row = tx.connection().row(sql, Vec::new()).await?;
    let total: u32 = row.ok_or(Error::NotFound)?.number("total")?;
    if total >= PROJECTS_MAX {
        return Err(Error::NoneFree("places for projects"));
    }
    let sql = "INSERT INTO projects (id, alias, repository, base_ref, model, models, \
               branch_prefix, uses_per_hour, pull_request_creation, readiness, instructions, \
               created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = values![
        project.id.as_str(),
        project.alias.as_ref().map(ProjectName::as_str),
        &project.repository,
        &project.base_ref,
        project.model.as_ref().map(ModelId::as_str),
        models_text(&project.models)?,
        project.branch_prefix.as_str(),
        project.uses_per_hour,
        creation_word(project.pull_request.creation),
        project.pull_request.readiness.word(),
        project.instructions.as_str(),
        now,
    ];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The project of that name or alias.
///
/// # Errors
///
/// The database's.
pub async fn find(reader: &mut impl Read, name: &str) -> Result<Option<Project>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM projects WHERE id = $1 OR alias = $1"
    );
    let row = reader.connection().row(sql, values![name]).await?;
    row.as_ref().map(project).transpose()
}

/// All projects, by name.
///
/// # Errors
///
/// The database's.
pub async fn list(reader: &mut impl Read) -> Result<Vec<Project>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM projects ORDER BY id");
    let rows = reader.connection().rows(sql, Vec::new()).await?;
    rows.iter().map(project).collect()
}

/// Removes a project by its name, not its alias; tells whether it was there. Its agents stay.
///
/// # Errors
///
/// The database's.
pub async fn delete(tx: &mut Tx, id: &ProjectName) -> Result<bool, Error> {
    let sql = "DELETE FROM projects WHERE id = $1";
    let gone = tx.connection().execute(sql, values![id.as_str()]).await?;
    Ok(gone > 0)
}

fn models_text(models: &BTreeMap<String, ModelId>) -> Result<String, Error> {
    let words: BTreeMap<&str, &str> = models
        .iter()
        .map(|(name, id)| (name.as_str(), id.as_str()))
        .collect();
    let mut json = Vec::new();
    let written = words.serialize(&mut serde_json::Serializer::new(&mut json));
    written.map_err(|fault| corrupt("models", &fault))?;
    String::from_utf8(json).map_err(|fault| corrupt("models", &fault))
}

fn models(row: &Row) -> Result<BTreeMap<String, ModelId>, Error> {
    let text = row.text("models")?;
    let mut reader = serde_json::Deserializer::from_str(&text);
    let words: BTreeMap<String, String> =
        BTreeMap::deserialize(&mut reader).map_err(|fault| corrupt("models", &fault))?;
    let model = |(name, id): (String, String)| {
        let id = id.parse().map_err(|fault| corrupt("models", &fault))?;
        Ok((name, id))
    };
    words.into_iter().map(model).collect()
}

fn project(row: &Row) -> Result<Project, Error> {
    Ok(Project {
        id: row.parsed("id")?,
        alias: row.optional_parsed("alias")?,
        repository: row.parsed("repository")?,
        base_ref: row.optional_parsed("base_ref")?,
        model: row.optional_parsed("model")?,
        models: models(row)?,
        branch_prefix: row.parsed("branch_prefix")?,
        uses_per_hour: row.number("uses_per_hour")?,
        pull_request: ProjectPullRequest {
            creation: word(row, "pull_request_creation", &CREATIONS, creation_word)?,
            readiness: row.parsed("readiness")?,
        },
        instructions: row.parsed("instructions")?,
        // Only the operator's file says what a project may reach.
        egress: None,
    })
}
