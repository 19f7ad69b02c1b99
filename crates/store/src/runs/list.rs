//! Reads runs and their prompts.

use outwork_domain::{AgentId, Attempt, Image, Prompt, Run, RunId, Timestamp};

use crate::Error;
use crate::database::{Read, Row, values};
use crate::error::corrupt;
use crate::rows::{attempt, run, run_columns, run_id};

use super::lease::WorkerId;

/// The run of that id.
///
/// # Errors
///
/// The database's.
pub async fn find(reader: &mut impl Read, run_id: RunId) -> Result<Option<Run>, Error> {
    let sql = concat!("SELECT ", run_columns!(), " FROM runs r WHERE r.id = $1");
    let row = reader.connection().row(sql, values![run_id]).await?;
    row.as_ref().map(run).transpose()
}

/// The run of that id, if it is the agent's.
///
/// # Errors
///
/// The database's.
pub async fn find_of_agent(
    reader: &mut impl Read,
    agent_id: AgentId,
    run_id: RunId,
) -> Result<Option<Run>, Error> {
    let sql = concat!(
        "SELECT ",
        run_columns!(),
        " FROM runs r WHERE r.id = $1 AND r.agent_id = $2"
    );
    let row = reader
        .connection()
        .row(sql, values![run_id, agent_id])
        .await?;
    row.as_ref().map(run).transpose()
}

/// The agent's runs, the newest first, those whose number is below `before`.
///
/// # Errors
///
/// The database's.
pub async fn page(
    reader: &mut impl Read,
    agent_id: AgentId,
    before: Option<u32>,
    limit: u32,
) -> Result<Vec<Run>, Error> {
    let sql = concat!(
        "SELECT ",
        run_columns!(),
        " FROM runs r WHERE r.agent_id = $1 AND r.number < $2 ORDER BY r.number DESC LIMIT $3"
    );
    let before = before.map_or(i64::MAX, i64::from);
    reader
        .connection()
        .rows(sql, values![agent_id, before, limit])
        .await?
        .iter()
        .map(run)
        .collect()
}

/// All runs of the agent in the order of their numbers.
///
/// # Errors
///
/// The database's.
pub async fn list(reader: &mut impl Read, agent_id: AgentId) -> Result<Vec<Run>, Error> {
    let sql = concat!(
        "SELECT ",
        run_columns!(),
        " FROM runs r WHERE r.agent_id = $1 ORDER BY r.number"
    );
    reader
        .connection()
        .rows(sql, values![agent_id])
        .await?
        .iter()
        .map(run)
        .collect()
}

/// The text of an agent's first prompt; none if there is no such agent.
///
/// # Errors
///
/// The database's.
pub async fn find_first_prompt(
    reader: &mut impl Read,
    agent_id: AgentId,
) -> Result<Option<String>, Error> {
    let sql = "SELECT p.text FROM runs r JOIN prompts p ON p.run_id = r.id \
               WHERE r.agent_id = $1 AND r.number = 1";
    let row = reader.connection().row(sql, values![agent_id]).await?;
    row.map(|row| row.text("text")).transpose()
}

/// The text of a run's prompt; none if there is no such run.
///
/// # Errors
///
/// The database's.
pub async fn find_prompt_text(
    reader: &mut impl Read,
    run_id: RunId,
) -> Result<Option<String>, Error> {
    let sql = "SELECT text FROM prompts WHERE run_id = $1";
    let row = reader.connection().row(sql, values![run_id]).await?;
    row.map(|row| row.text("text")).transpose()
}

/// What the prompts of the agent's runs begin with that never began, whether they wait or have ended, in the order of the runs'
/// numbers; at most `chars_max` characters of each.
///
/// # Errors
///
/// The database's.
pub async fn unbegun_prompts(
    reader: &mut impl Read,
    agent_id: AgentId,
    chars_max: u32,
) -> Result<Vec<(RunId, String)>, Error> {
    let sql = "SELECT r.id AS run_id, SUBSTR(p.text, 1, CAST($2 AS INTEGER)) AS text \
               FROM runs r JOIN prompts p ON p.run_id = r.id \
               WHERE r.agent_id = $1 AND r.attempt = 0 \
               ORDER BY r.number";
    let rows = reader.connection().rows(sql, values![agent_id, chars_max]);
    let rows = rows.await?;
    let one = |row: &Row| Ok((run_id(row)?, row.text("text")?));
    rows.iter().map(one).collect()
}

/// A prompt without the bytes of its images.
pub(super) struct PromptText {
    /// What it says.
    pub(super) text: String,
    /// How many images it has.
    pub(super) image_count: u32,
}

/// The run's prompt without the bytes of its images, which a transaction must not wait for.
pub(super) async fn prompt_text(
    reader: &mut impl Read,
    run_id: RunId,
) -> Result<PromptText, Error> {
    let sql = "SELECT p.text, (SELECT COUNT(*) FROM prompt_images i WHERE i.run_id = p.run_id) \
               AS image_count FROM prompts p WHERE p.run_id = $1";
    let row = reader
        .connection()
        .row(sql, values![run_id])
        .await?
        .ok_or(Error::NotFound)?;
    let prompt = Prompt::new(row.text("text")?, Vec::new());
    let prompt = prompt.map_err(|fault| corrupt("text", &fault))?;
    Ok(PromptText {
        text: prompt.text().to_owned(),
        image_count: row.number("image_count")?,
    })
}

/// The images of the run's prompt, in order.
///
/// # Errors
///
/// The database's.
pub async fn images(reader: &mut impl Read, run_id: RunId) -> Result<Vec<Image>, Error> {
    let sql = "SELECT bytes FROM prompt_images WHERE run_id = $1 ORDER BY number";
    let mut images = Vec::new();
    for row in reader.connection().rows(sql, values![run_id]).await? {
        let image = Image::from_bytes(row.bytes("bytes")?);
        images.push(image.map_err(|fault| corrupt("bytes", &fault))?);
    }
    Ok(images)
}

/// The run's prompt with its images.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such run, otherwise the database's.
pub async fn get_prompt(reader: &mut impl Read, run_id: RunId) -> Result<Prompt, Error> {
    let text = prompt_text(reader, run_id).await?.text;
    let images = images(reader, run_id).await?;
    Prompt::new(text, images).map_err(|fault| corrupt("text", &fault))
}

/// How many of the agent's runs wait.
///
/// # Errors
///
/// The database's.
pub async fn count_queued(reader: &mut impl Read, agent_id: AgentId) -> Result<u32, Error> {
    let sql = "SELECT COUNT(*) AS queued FROM runs \
               WHERE agent_id = $1 AND ended_at IS NULL AND state = 'queued'";
    let row = reader.connection().row(sql, values![agent_id]).await?;
    row.map_or(Ok(0), |row| row.number("queued"))
}

/// How much work there is, of all accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Runs that wait.
    pub waiting: u32,
    /// Runs that somebody works on.
    pub active: u32,
    /// How many runs each worker holds that holds any.
    pub workers: Vec<(WorkerId, u32)>,
}

/// Counts the runs that have not ended.
///
/// # Errors
///
/// The database's.
pub async fn census(reader: &mut impl Read) -> Result<Census, Error> {
    let waiting = "SELECT COUNT(*) AS total FROM runs WHERE state = 'queued'";
    let waiting = reader.connection().row(waiting, Vec::new()).await?;
    let workers = "SELECT worker, COUNT(*) AS total FROM runs WHERE lease_until IS NOT NULL \
                   GROUP BY worker ORDER BY worker";
    let workers = reader.connection().rows(workers, Vec::new()).await?;
    let workers = workers.iter().map(|row| {
        let held: u32 = row.number("total")?;
        Ok((WorkerId(row.text("worker")?), held))
    });
    let workers: Vec<(WorkerId, u32)> = workers.collect::<Result<_, Error>>()?;
    Ok(Census {
        waiting: waiting.map_or(Ok(0), |row| row.number("total"))?,
        active: workers.iter().map(|(_, held)| held).sum(),
        workers,
    })
}

/// How many attempts in a row ended without progress.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such run, otherwise the database's.
pub async fn stalled_attempts(reader: &mut impl Read, run_id: RunId) -> Result<u32, Error> {
    let sql = "SELECT stalled_attempts FROM runs WHERE id = $1";
    let row = reader
        .connection()
        .row(sql, values![run_id])
        .await?
        .ok_or(Error::NotFound)?;
    row.number("stalled_attempts")
}

/// Runs that were accepted before `before` and never started.
///
/// # Errors
///
/// The database's.
pub async fn waited_too_long(
    reader: &mut impl Read,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<(RunId, Attempt)>, Error> {
    let sql = "SELECT r.id AS run_id, r.attempt FROM runs r WHERE r.state = 'queued' \
               AND r.attempt = 0 AND r.created_at < $1 ORDER BY r.created_at, r.id LIMIT $2";
    let rows = reader
        .connection()
        .rows(sql, values![before, limit])
        .await?;
    rows.iter()
        .map(|row| Ok((run_id(row)?, attempt(row)?)))
        .collect()
}
