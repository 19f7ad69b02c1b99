//! Reads events.

use outwork_domain::{AgentId, Attempt, Event, RunId, Seq};

use super::body;
use crate::Error;
use crate::database::{Read, Row, values};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT seq, run_id, attempt, at, body FROM events WHERE agent_id = $1 ",
            $condition
        )
    };
}

/// The agent's events behind `after`, in order.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    agent_id: AgentId,
    after: Seq,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    let sql = select!("AND seq > $2 ORDER BY seq LIMIT $3");
    events(
        &reader
            .connection()
            .rows(sql, values![agent_id, after, limit])
            .await?,
    )
}

/// The agent's events behind `after`, in order, each with the bytes that its body is stored in: as many as
/// stay within both limits, and one at least. `chars_max` counts stored bodies too.
///
/// # Errors
///
/// The database's.
pub async fn list_some(
    reader: &mut impl Read,
    agent_id: AgentId,
    after: Seq,
    limit: u32,
    chars_max: u32,
) -> Result<Vec<(Event, usize)>, Error> {
    // The rows are cut out first: a window alone would be computed over all that follow.
    let sql = "SELECT seq, run_id, attempt, at, body FROM (SELECT seq, run_id, attempt, at, body, \
               SUM(LENGTH(body)) OVER (ORDER BY seq) - LENGTH(body) AS chars_before FROM \
               (SELECT seq, run_id, attempt, at, body FROM events WHERE agent_id = $1 \
               AND seq > $2 ORDER BY seq LIMIT $3) next_rows) page \
               WHERE chars_before < $4 ORDER BY seq";
    let values = values![agent_id, after, limit, chars_max];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter()
        .map(|row| Ok((event(row)?, row.text("body")?.len())))
        .collect()
}

/// The place of the agent's latest event; 0 before the first.
///
/// # Errors
///
/// The database's.
pub async fn last(reader: &mut impl Read, agent_id: AgentId) -> Result<Seq, Error> {
    let sql = "SELECT last_seq FROM agents WHERE id = $1";
    let row = reader.connection().row(sql, values![agent_id]).await?;
    Ok(Seq(row.map_or(Ok(0), |row| row.number("last_seq"))?))
}

/// The agent's events without streamed pieces, in order: what a conversation is rebuilt from.
///
/// # Errors
///
/// The database's.
pub async fn list_without_deltas(
    reader: &mut impl Read,
    agent_id: AgentId,
) -> Result<Vec<Event>, Error> {
    let sql =
        select!("AND kind NOT IN ('text_delta', 'thinking_delta', 'tool_output') ORDER BY seq");
    events(&reader.connection().rows(sql, values![agent_id]).await?)
}

/// What was said: the agent's prompts and the texts of its answers, in order.
///
/// # Errors
///
/// The database's.
pub async fn conversation(reader: &mut impl Read, agent_id: AgentId) -> Result<Vec<Event>, Error> {
    let sql = select!("AND kind IN ('prompt', 'text') ORDER BY seq");
    events(&reader.connection().rows(sql, values![agent_id]).await?)
}

fn events(rows: &[Row]) -> Result<Vec<Event>, Error> {
    rows.iter().map(event).collect()
}

/// The event of a row.
pub(super) fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        seq: Seq(row.number("seq")?),
        run_id: RunId::new(row.uuid("run_id")?),
        attempt: Attempt(row.number("attempt")?),
        at: row.timestamp("at")?,
        body: body::decode(&row.text("body")?)?,
    })
}
