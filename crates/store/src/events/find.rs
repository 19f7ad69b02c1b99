//! Finds single events of a run.
//!
//! A small index holds the events that mark a run's way, so none of this reads what was said between.

use std::ops::RangeInclusive;

use outwork_domain::{AgentId, Event, EventBody, RunId, Seq, ToolCall};

use super::list::event;
use crate::Error;
use crate::database::{Read, Row, values};

/// Rows that one search for a tool call looks at before the next.
const CALLS_AT_ONCE: u32 = 64;

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT seq, run_id, attempt, at, body FROM events WHERE agent_id = $1 ",
            $condition
        )
    };
}

// The condition of the index `events_marks`, word for word.
macro_rules! marks {
    ($condition:literal) => {
        select!(concat!(
            "AND kind IN ('prompt', 'pushed', 'pull_request_opened', 'spent', 'state_changed') ",
            $condition
        ))
    };
}

/// The event at that place of the agent's history.
///
/// # Errors
///
/// The database's.
pub async fn at(
    reader: &mut impl Read,
    agent_id: AgentId,
    seq: Seq,
) -> Result<Option<Event>, Error> {
    one(reader, select!("AND seq = $2"), values![agent_id, seq]).await
}

/// What models said, the tool calls and their results from one place to another, both among them, in order.
///
/// # Errors
///
/// The database's.
pub async fn steps(
    reader: &mut impl Read,
    agent_id: AgentId,
    places: RangeInclusive<Seq>,
) -> Result<Vec<Event>, Error> {
    let sql = select!(
        "AND seq >= $2 AND seq <= $3 AND kind NOT IN ('text_delta', 'thinking_delta', 'tool_output') \
         AND kind IN ('text', 'tool_called', 'tool_finished') ORDER BY seq"
    );
    let values = values![agent_id, *places.start(), *places.end()];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter().map(event).collect()
}

/// The place of the run's first event; none before it is claimed for the first time.
///
/// # Errors
///
/// The database's.
pub async fn first(
    reader: &mut impl Read,
    agent_id: AgentId,
    run_id: RunId,
) -> Result<Option<Seq>, Error> {
    let sql = marks!("AND run_id = $2 ORDER BY seq LIMIT 1");
    let found = one(reader, sql, values![agent_id, run_id]).await?;
    Ok(found.map(|event| event.seq))
}

/// The run's tool call of that id, made before `before`.
///
/// # Errors
///
/// The database's.
pub async fn call(
    reader: &mut impl Read,
    agent_id: AgentId,
    run_id: RunId,
    call_id: &str,
    before: Seq,
) -> Result<Option<ToolCall>, Error> {
    let sql = select!(
        "AND run_id = $2 AND kind NOT IN ('text_delta', 'thinking_delta', 'tool_output') \
         AND kind = 'tool_called' AND seq < $3 ORDER BY seq DESC LIMIT $4"
    );
    let mut before = before;
    loop {
        let values = values![agent_id, run_id, before, CALLS_AT_ONCE];
        let rows = reader.connection().rows(sql, values).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            let event = event(row)?;
            before = event.seq;
            if let EventBody::ToolCalled { call, .. } = event.body
                && call.id == call_id
            {
                return Ok(Some(call));
            }
        }
    }
}

/// The agent's pushes and pull requests up to that event, in order.
///
/// # Errors
///
/// The database's.
pub async fn endings(
    reader: &mut impl Read,
    agent_id: AgentId,
    until: Seq,
) -> Result<Vec<Event>, Error> {
    let sql = marks!("AND kind IN ('pushed', 'pull_request_opened') AND seq <= $2 ORDER BY seq");
    let rows = reader
        .connection()
        .rows(sql, values![agent_id, until])
        .await?;
    rows.iter().map(event).collect()
}

async fn one(
    reader: &mut impl Read,
    sql: &'static str,
    values: Vec<crate::database::Value>,
) -> Result<Option<Event>, Error> {
    let row: Option<Row> = reader.connection().row(sql, values).await?;
    row.as_ref().map(event).transpose()
}
