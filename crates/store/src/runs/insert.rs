//! Adds a run to the queue.

use outwork_domain::run_state::RunState;
use outwork_domain::{
    AgentId, Attempt, Effort, ModelChoice, Prompt, Run, RunId, RunMode, Timestamp,
};

use crate::database::{Connected as _, values};
use crate::{Error, Tx};

/// A run that is to be queued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Whose it is.
    pub agent_id: AgentId,
    /// What it is asked to do.
    pub prompt: Prompt,
    /// Whether it changes something.
    pub mode: RunMode,
    /// The run whose plan it carries out, if the user approved one.
    pub approved: Option<RunId>,
    /// What answers its prompt.
    pub model: ModelChoice,
    /// The id of the request that asked for it.
    pub request_id: String,
    /// When it was accepted.
    pub now: Timestamp,
}

/// Queues a run behind the agent's others.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent is gone, otherwise the database's.
pub async fn insert(tx: &mut Tx, new: &NewRun) -> Result<Run, Error> {
    crate::lock::lock(tx, new.agent_id).await?;
    let sql = "INSERT INTO runs \
               (id, agent_id, account_id, number, mode, model, effort, request_id, \
               approved_run_id, state, attempt, stalled_attempts, not_before, created_at) \
               SELECT $1, a.id, a.account_id, \
               COALESCE((SELECT MAX(number) FROM runs WHERE agent_id = a.id), 0) + 1, \
               $5, $6, $7, $8, $9, $3, 0, 0, 0, $4 FROM agents a WHERE a.id = $2 RETURNING number";
    let values = values![
        new.id,
        new.agent_id,
        RunState::Queued.word(),
        new.now,
        new.mode.word(),
        new.model.id.as_str(),
        new.model.effort.map(Effort::word),
        &new.request_id,
        new.approved,
    ];
    let row = tx
        .connection()
        .row(sql, values)
        .await?
        .ok_or(Error::NotFound)?;
    let number = row.number("number")?;
    if number > 1 {
        let sql = "UPDATE agents SET updated_at = $2 WHERE id = $1";
        tx.connection()
            .execute(sql, values![new.agent_id, new.now])
            .await?;
    }
    let sql = "INSERT INTO prompts (run_id, text) VALUES ($1, $2)";
    tx.connection()
        .execute(sql, values![new.id, new.prompt.text()])
        .await?;
    for (number, image) in (1_u32..).zip(new.prompt.images()) {
        let sql = "INSERT INTO prompt_images (run_id, number, bytes) VALUES ($1, $2, $3)";
        tx.connection()
            .execute(sql, values![new.id, number, image.bytes()])
            .await?;
    }
    tx.ring_queue();
    Ok(Run {
        id: new.id,
        agent_id: new.agent_id,
        number,
        state: RunState::Queued,
        attempt: Attempt(0),
        failure: None,
        summary: None,
        mode: new.mode,
        approved: new.approved,
        model: new.model.clone(),
        request_id: new.request_id.clone(),
        created_at: new.now,
        started_at: None,
        ended_at: None,
    })
}
