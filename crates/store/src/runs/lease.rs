//! Time-limited ownership: heartbeats renew it, and what lapsed is found by the database's clock.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use outwork_domain::run_state::RunState;
use outwork_domain::{Fence, RunId};

use crate::database::{Connected as _, Read, Row, database_now, values};
use crate::rows::{attempt, fence, run_id};
use crate::{Error, Tx};

/// Who claims runs; the same for all processes of one data folder, one after the other.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct WorkerId(pub String);

/// How an attempt stands with its lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It holds the run.
    Held,
    /// It holds the run, and somebody asked to stop it.
    CancelRequested,
    /// It does not hold the run any more: it must stop and write nothing.
    Lost,
}

/// An attempt whose worker is not heard of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lapsed {
    /// The attempt.
    pub fence: Fence,
    /// The run's state.
    pub state: RunState,
    /// Attempts in a row without progress, this one not counted.
    pub stalled_attempts: u32,
    /// Who held it.
    pub worker: WorkerId,
}

/// Fences of one statement; the last one fills up what is left.
const FENCES: usize = 64;

static RENEW: LazyLock<String> = LazyLock::new(|| {
    let pairs: Vec<String> = (0..FENCES)
        .map(|at| format!("(${}, ${})", 3 + 2 * at, 4 + 2 * at))
        .collect();
    // Only a leased run has a worker, so nothing more needs to be asked for.
    format!(
        "UPDATE runs SET lease_until = $1 WHERE worker = $2 AND (id, attempt) IN (VALUES {}) \
         RETURNING id AS run_id, attempt, state",
        pairs.join(", ")
    )
});

/// Renews the leases of these attempts, and tells how each stands.
///
/// # Errors
///
/// The database's.
pub async fn heartbeat(
    tx: &mut Tx,
    worker: &WorkerId,
    fences: &[Fence],
    lease: Duration,
) -> Result<Vec<(Fence, Standing)>, Error> {
    let until = database_now(tx).await?.plus(lease);
    let mut held: HashMap<RunId, (u32, RunState)> = HashMap::with_capacity(fences.len());
    for some in fences.chunks(FENCES) {
        let mut values = values![until, worker.0.as_str()];
        let fill = some.last().into_iter().cycle();
        for fence in some.iter().chain(fill).take(FENCES) {
            values.extend(values![fence.run_id, fence.attempt]);
        }
        for row in tx.connection().rows(RENEW.as_str(), values).await? {
            held.insert(run_id(&row)?, (attempt(&row)?.0, row.parsed("state")?));
        }
    }
    let standing = |fence: &Fence| match held.get(&fence.run_id) {
        Some((attempt, state)) if *attempt == fence.attempt.0 => match state {
            RunState::Cancelling => Standing::CancelRequested,
            RunState::Preparing | RunState::Working | RunState::Publishing => Standing::Held,
            RunState::Queued
            | RunState::Succeeded
            | RunState::Failed
            | RunState::Cancelled
            | RunState::Expired => Standing::Lost,
        },
        Some(_) | None => Standing::Lost,
    };
    Ok(fences
        .iter()
        .map(|fence| (*fence, standing(fence)))
        .collect())
}

macro_rules! columns {
    () => {
        "SELECT r.id AS run_id, r.agent_id AS run_agent_id, r.attempt, r.state, \
         r.stalled_attempts, r.worker FROM runs r WHERE r.lease_until IS NOT NULL "
    };
}

/// Attempts whose lease has ended, the longest first; one that cannot be read is an error of its own.
///
/// # Errors
///
/// The database's.
pub async fn leases_lapsed(
    reader: &mut impl Read,
    limit: u32,
) -> Result<Vec<Result<Lapsed, Error>>, Error> {
    let now = database_now(reader).await?;
    let sql = concat!(
        columns!(),
        "AND r.lease_until <= $1 ORDER BY r.lease_until LIMIT $2"
    );
    let rows = reader.connection().rows(sql, values![now, limit]).await?;
    Ok(rows.iter().map(lapsed).collect())
}

/// Attempts that the worker holds; at the start of a process, those of its dead predecessor. One that
/// cannot be read is an error of its own.
///
/// # Errors
///
/// The database's.
pub async fn leases_of(
    reader: &mut impl Read,
    worker: &WorkerId,
) -> Result<Vec<Result<Lapsed, Error>>, Error> {
    let sql = concat!(columns!(), "AND r.worker = $1 ORDER BY r.lease_until");
    let rows = reader
        .connection()
        .rows(sql, values![worker.0.as_str()])
        .await?;
    Ok(rows.iter().map(lapsed).collect())
}

fn lapsed(row: &Row) -> Result<Lapsed, Error> {
    Ok(Lapsed {
        fence: fence(row)?,
        state: row.parsed("state")?,
        stalled_attempts: row.number("stalled_attempts")?,
        worker: WorkerId(row.text("worker")?),
    })
}
