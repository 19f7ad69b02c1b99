//! Gives queued runs to a worker.

use std::time::Duration;

use outwork_domain::run_state::RunEvent;
use outwork_domain::{Agent, EventBody, Fence, Prompt, Run, RunId, Timestamp};

use super::bases::Bases;
use super::lease::WorkerId;
use super::list::get_prompt;
use super::state::{Current, Hold, Timing, Transition, write};
use crate::database::{Connected as _, Kind, database_now, values};
use crate::rows::{agent, agent_columns, repository_columns, run, run_columns, run_id};
use crate::{Error, Tx};

/// A claimed run with all that its worker needs to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What every write of the worker carries.
    pub fence: Fence,
    /// The agent.
    pub agent: Agent,
    /// The run.
    pub run: Run,
    /// What it is asked to do.
    pub prompt: Prompt,
    /// Where its earlier attempts started.
    pub bases: Bases,
}

// Only the oldest unfinished run of an agent may be claimed, so there is never a second active one.
macro_rules! claimable {
    () => {
        "r.state = 'queued' AND r.not_before <= $1 AND NOT EXISTS (SELECT 1 FROM runs o \
         WHERE o.agent_id = r.agent_id AND o.ended_at IS NULL AND o.number < r.number)"
    };
}

macro_rules! candidates {
    () => {
        concat!(
            "SELECT r.id AS run_id FROM runs r JOIN agents a ON a.id = r.agent_id WHERE ",
            claimable!(),
            " ORDER BY r.created_at, r.id LIMIT $2"
        )
    };
}

/// Claims up to `max` queued runs, the oldest first, each as a new attempt under a lease.
///
/// On PostgreSQL it passes over an agent that another transaction is writing to at that moment; the next
/// claim finds it.
///
/// # Errors
///
/// The database's.
pub async fn claim(
    tx: &mut Tx,
    worker: &WorkerId,
    max: u32,
    lease: Duration,
    now: Timestamp,
) -> Result<Vec<Claim>, Error> {
    let clock = database_now(tx).await?;
    let sql = match tx.kind() {
        Kind::Sqlite => candidates!(),
        // Two workers that claim at once pass over each other's agents instead of waiting.
        Kind::Postgres => concat!(candidates!(), " FOR NO KEY UPDATE OF a SKIP LOCKED"),
    };
    let rows = tx.connection().rows(sql, values![clock, max]).await?;
    let mut claims = Vec::with_capacity(rows.len());
    for row in rows {
        let hold = Hold {
            worker: worker.clone(),
            until: clock.plus(lease),
        };
        let timing = Timing {
            now,
            not_before: None,
            hold: Some(hold),
        };
        claims.extend(claim_one(tx, run_id(&row)?, clock, &timing).await?);
    }
    Ok(claims)
}

/// Claims one candidate, unless it was taken between the search and the lock.
async fn claim_one(
    tx: &mut Tx,
    run_id: RunId,
    clock: Timestamp,
    timing: &Timing,
) -> Result<Option<Claim>, Error> {
    let sql = concat!(
        "SELECT ",
        agent_columns!(),
        ", ",
        repository_columns!(),
        ", ",
        run_columns!(),
        " FROM runs r JOIN agents a ON a.id = r.agent_id \
         LEFT JOIN agent_repositories p ON p.agent_id = a.id WHERE r.id = $2 AND ",
        claimable!(),
        " ORDER BY p.number"
    );
    let rows = tx.connection().rows(sql, values![clock, run_id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let current = Current {
        run: run(row)?,
        stalled_attempts: row.number("stalled_attempts")?,
    };
    let prompt = get_prompt(tx, run_id).await?;
    let agent = agent(&rows)?;
    let mut events = Vec::new();
    let mut bases = Bases::new();
    if current.run.attempt.0 == 0 {
        events.push(EventBody::Prompt {
            text: prompt.text().to_owned(),
            image_count: u32::try_from(prompt.images().len()).unwrap_or(u32::MAX),
        });
    } else {
        bases = super::bases(tx, run_id).await?;
    }
    let claimed = Transition::of(RunEvent::Claimed);
    let run = write(tx, current, &claimed, timing, events).await?;
    let fence = Fence {
        agent_id: run.agent_id,
        run_id,
        attempt: run.attempt,
    };
    Ok(Some(Claim {
        fence,
        agent,
        run,
        prompt,
        bases,
    }))
}
