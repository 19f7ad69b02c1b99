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

/// The events of one run without streamed pieces, in order.
///
/// # Errors
///
/// The database's.
pub async fn list_of_run(
    reader: &mut impl Read,
    agent_id: AgentId,
    run_id: RunId,
) -> Result<Vec<Event>, Error> {
    let sql = select!(
        "AND run_id = $2 AND kind NOT IN ('text_delta', 'thinking_delta', 'tool_output') \
         ORDER BY seq"
    );
    events(
        &reader
            .connection()
            .rows(sql, values![agent_id, run_id])
            .await?,
    )
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
    rows.iter()
        .map(|row| {
            Ok(Event {
                seq: Seq(row.number("seq")?),
                run_id: RunId::new(row.uuid("run_id")?),
                attempt: Attempt(row.number("attempt")?),
                at: row.timestamp("at")?,
                body: body::decode(&row.text("body")?)?,
            })
        })
        .collect()
}
