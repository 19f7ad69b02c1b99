//! What runs used: one row a run, added up in the transactions that write the answers.

use outwork_domain::{AgentId, EventBody, ModelId, RunId, TokenUsage};

use crate::database::{Connected as _, Read, values};
use crate::{Error, Tx};

/// What a run used, and what answered it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunUsage {
    /// The run.
    pub run_id: RunId,
    /// What answered its prompt.
    pub model: ModelId,
    /// The tokens of all answers so far.
    pub tokens: TokenUsage,
}

/// What the agent's runs used, the newest first; a run without an answer used nothing.
///
/// # Errors
///
/// The database's.
pub async fn of_agent(reader: &mut impl Read, agent_id: AgentId) -> Result<Vec<RunUsage>, Error> {
    let sql = "SELECT r.id AS run_id, r.model, COALESCE(u.input, 0) AS input, \
               COALESCE(u.output, 0) AS output, COALESCE(u.cache_read, 0) AS cache_read, \
               COALESCE(u.cache_write, 0) AS cache_write \
               FROM runs r LEFT JOIN run_usage u ON u.run_id = r.id \
               WHERE r.agent_id = $1 ORDER BY r.number DESC";
    let rows = reader.connection().rows(sql, values![agent_id]).await?;
    rows.iter()
        .map(|row| {
            Ok(RunUsage {
                run_id: crate::rows::run_id(row)?,
                model: row.parsed("model")?,
                tokens: TokenUsage {
                    input: row.number("input")?,
                    output: row.number("output")?,
                    cache_read: row.number("cache_read")?,
                    cache_write: row.number("cache_write")?,
                },
            })
        })
        .collect()
}

/// Adds what the answers among these events used.
pub(crate) async fn add(tx: &mut Tx, run_id: RunId, bodies: &[EventBody]) -> Result<(), Error> {
    let used = |body: &EventBody| {
        if let EventBody::AnswerEnded { usage, .. } = body {
            Some(*usage)
        } else {
            None
        }
    };
    let Some(used) = bodies.iter().filter_map(used).reduce(TokenUsage::plus) else {
        return Ok(());
    };
    let sql = "INSERT INTO run_usage (run_id, input, output, cache_read, cache_write) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run_id) DO UPDATE SET \
               input = run_usage.input + excluded.input, \
               output = run_usage.output + excluded.output, \
               cache_read = run_usage.cache_read + excluded.cache_read, \
               cache_write = run_usage.cache_write + excluded.cache_write";
    // Input and output were found plausible; of it no more can have been cached.
    let values = values![
        run_id,
        used.input,
        used.output,
        used.cache_read.min(used.input),
        used.cache_write.min(used.input),
    ];
    tx.connection().execute(sql, values).await.map(drop)
}
