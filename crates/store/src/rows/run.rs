//! How a run lies in its row.

use outwork_domain::run_state::RunState;
use outwork_domain::{AgentId, Attempt, Cause, Fence, ModelChoice, Run, RunId};

use crate::Error;
use crate::database::Row;
use crate::error::corrupt;

/// The columns of a run `r`, under the names that [`run`] reads.
macro_rules! run_columns {
    () => {
        "r.id AS run_id, r.agent_id AS run_agent_id, r.number, r.state, r.attempt, \
         r.failure_cause, r.failure_message, r.summary AS run_summary, r.mode, r.approved_run_id, r.model AS run_model, \
         r.effort AS run_effort, r.request_id, \
         r.created_at AS run_created_at, r.started_at, r.ended_at, r.stalled_attempts"
    };
}
pub(crate) use run_columns;

/// The run of a row.
pub(crate) fn run(row: &Row) -> Result<Run, Error> {
    let state: RunState = row.parsed("state")?;
    let ended_at = row.optional_timestamp("ended_at")?;
    if state.is_final() != ended_at.is_some() {
        return Err(corrupt(
            "ended_at",
            &format!("{ended_at:?} with the state {state}"),
        ));
    }
    Ok(Run {
        id: run_id(row)?,
        agent_id: AgentId::new(row.uuid("run_agent_id")?),
        number: row.number("number")?,
        state,
        attempt: attempt(row)?,
        failure: failure(row)?,
        summary: row.optional_text("run_summary")?,
        mode: row.parsed("mode")?,
        approved: row.optional_uuid("approved_run_id")?.map(RunId::new),
        model: ModelChoice {
            id: row.parsed("run_model")?,
            effort: row.optional_parsed("run_effort")?,
        },
        request_id: row.text("request_id")?,
        created_at: row.timestamp("run_created_at")?,
        started_at: row.optional_timestamp("started_at")?,
        ended_at,
    })
}

/// The run's id.
pub(crate) fn run_id(row: &Row) -> Result<RunId, Error> {
    row.uuid("run_id").map(RunId::new)
}

/// The run's latest attempt.
pub(crate) fn attempt(row: &Row) -> Result<Attempt, Error> {
    row.number("attempt").map(Attempt)
}

/// The fence of the run's latest attempt.
pub(crate) fn fence(row: &Row) -> Result<Fence, Error> {
    Ok(Fence {
        agent_id: AgentId::new(row.uuid("run_agent_id")?),
        run_id: run_id(row)?,
        attempt: attempt(row)?,
    })
}

fn failure(row: &Row) -> Result<Option<(Cause, String)>, Error> {
    let message = row.optional_text("failure_message")?;
    match (row.optional_parsed("failure_cause")?, message) {
        (None, None) => Ok(None),
        (Some(cause), Some(message)) => Ok(Some((cause, message))),
        (Some(_), None) | (None, Some(_)) => {
            Err(corrupt("failure_cause", &"only one of cause and message"))
        }
    }
}
