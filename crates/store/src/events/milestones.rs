//! Reads where an agent's history has got to, without what was said there.

use outwork_domain::run_state::RunState;
use outwork_domain::{AgentId, EventBody, RunId, Seq, Timestamp};

use super::body;
use crate::Error;
use crate::database::{Read, Row, values};
use crate::error::corrupt;

/// An event that people who look at an agent from afar are told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Milestone {
    /// Its place.
    pub seq: Seq,
    /// The run that it belongs to.
    pub run_id: RunId,
    /// When it was written.
    pub at: Timestamp,
    /// What it is.
    pub kind: MilestoneKind,
}

/// What a milestone is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MilestoneKind {
    /// The run starts with its prompt.
    Prompted,
    /// The model said something.
    Said,
    /// A tool call has its result.
    ToolFinished,
    /// The run ended in that state.
    Ended(RunState),
}

/// The agent's milestones behind `after`, in order. Reads the bodies of changes of state only.
///
/// # Errors
///
/// The database's.
pub async fn milestones(
    reader: &mut impl Read,
    agent_id: AgentId,
    after: Seq,
) -> Result<Vec<Milestone>, Error> {
    // The first condition is that of the index `events_lasting`, word for word.
    let sql = "SELECT seq, run_id, at, kind, \
               CASE WHEN kind = 'state_changed' THEN body ELSE '' END AS body \
               FROM events WHERE agent_id = $1 AND seq > $2 \
               AND kind NOT IN ('text_delta', 'thinking_delta', 'tool_output') \
               AND kind IN ('prompt', 'text', 'tool_finished', 'state_changed') ORDER BY seq";
    let rows = reader
        .connection()
        .rows(sql, values![agent_id, after])
        .await?;
    rows.iter()
        .filter_map(|row| milestone(row).transpose())
        .collect()
}

fn milestone(row: &Row) -> Result<Option<Milestone>, Error> {
    let kind = row.text("kind")?;
    let kind = match kind.as_str() {
        "prompt" => MilestoneKind::Prompted,
        "text" => MilestoneKind::Said,
        "tool_finished" => MilestoneKind::ToolFinished,
        _ => {
            let EventBody::StateChanged { to, .. } = body::decode(&row.text("body")?)? else {
                return Err(corrupt("kind", &format!("{kind} with another body")));
            };
            if !to.is_final() {
                return Ok(None);
            }
            MilestoneKind::Ended(to)
        }
    };
    Ok(Some(Milestone {
        seq: Seq(row.number("seq")?),
        run_id: RunId::new(row.uuid("run_id")?),
        at: row.timestamp("at")?,
        kind,
    }))
}
