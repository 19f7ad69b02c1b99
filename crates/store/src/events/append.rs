//! Appends events.

use std::sync::LazyLock;

use outwork_domain::{AgentId, Attempt, EventBody, Fence, Run, RunId, Seq, Timestamp};

use super::body;
use crate::database::{Connected as _, Row, values};
use crate::{Error, Tx, usage};

/// Rows of one statement at most.
const ROWS: usize = 16;
const COLUMNS: usize = 7;

/// The statement for one row, for two, …: the texts are few, so each is prepared once.
static INSERTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let row = |at: usize| {
        let places: Vec<String> = (1..=COLUMNS)
            .map(|column| format!("${}", at * COLUMNS + column))
            .collect();
        format!("({})", places.join(", "))
    };
    let insert = |count: usize| {
        let rows: Vec<String> = (0..count).map(row).collect();
        format!(
            "INSERT INTO events (agent_id, seq, run_id, attempt, at, kind, body) VALUES {}",
            rows.join(", ")
        )
    };
    (1..=ROWS).map(insert).collect()
});

/// Appends what an attempt did, and gives the number of the last event.
///
/// Appending nothing still insists that the attempt holds its run.
///
/// # Errors
///
/// [`Error::Stale`] if the attempt does not hold its run, otherwise the database's.
pub async fn append(
    tx: &mut Tx,
    fence: &Fence,
    bodies: &[EventBody],
    now: Timestamp,
) -> Result<Seq, Error> {
    crate::lock::lock(tx, fence.agent_id).await?;
    let sql = "UPDATE agents SET last_seq = last_seq + $4, \
               updated_at = CASE WHEN $4 = 0 THEN updated_at ELSE $5 END WHERE id = $1 AND EXISTS \
               (SELECT 1 FROM runs r WHERE r.id = $2 AND r.agent_id = $1 AND r.attempt = $3 \
               AND r.lease_until IS NOT NULL) RETURNING last_seq";
    let values = values![
        fence.agent_id,
        fence.run_id,
        fence.attempt,
        count(bodies),
        now,
    ];
    let row = tx
        .connection()
        .row(sql, values)
        .await?
        .ok_or(Error::Stale)?;
    let place = Place {
        agent_id: fence.agent_id,
        run_id: fence.run_id,
        attempt: fence.attempt,
        now,
    };
    let last = insert(tx, &place, bodies, &row).await?;
    usage::add(tx, fence.run_id, bodies).await?;
    if bodies.iter().any(EventBody::is_progress) {
        let sql = "UPDATE runs SET stalled_attempts = 0 WHERE id = $1 AND stalled_attempts <> 0";
        tx.connection().execute(sql, values![fence.run_id]).await?;
    }
    Ok(last)
}

/// Appends what did not come from a worker to a run that this transaction has read under its agent's lock.
pub(crate) async fn append_for(
    tx: &mut Tx,
    run: &Run,
    bodies: &[EventBody],
    now: Timestamp,
) -> Result<Seq, Error> {
    let place = Place {
        agent_id: run.agent_id,
        run_id: run.id,
        attempt: run.attempt,
        now,
    };
    let sql = "UPDATE agents SET last_seq = last_seq + $2, updated_at = $3 WHERE id = $1 \
               RETURNING last_seq";
    let values = values![place.agent_id, count(bodies), place.now];
    let row = tx
        .connection()
        .row(sql, values)
        .await?
        .ok_or(Error::NotFound)?;
    insert(tx, &place, bodies, &row).await
}

/// What all events of one append have in common.
struct Place {
    agent_id: AgentId,
    run_id: RunId,
    attempt: Attempt,
    now: Timestamp,
}

/// Writes the rows; `counter` holds the agent's counter after it was raised by their number.
async fn insert(
    tx: &mut Tx,
    place: &Place,
    bodies: &[EventBody],
    counter: &Row,
) -> Result<Seq, Error> {
    let last: u64 = counter.number("last_seq")?;
    let mut seq = last - count(bodies);
    for some in bodies.chunks(ROWS) {
        let mut values = Vec::with_capacity(some.len() * COLUMNS);
        for body in some {
            seq += 1;
            values.extend(values![
                place.agent_id,
                seq,
                place.run_id,
                place.attempt,
                place.now,
                body::kind(body),
                body::encode(body)?,
            ]);
        }
        if let Some(sql) = INSERTS.get(some.len() - 1) {
            tx.connection().execute(sql.as_str(), values).await?;
        }
    }
    if !bodies.is_empty() {
        tx.ring_agent(place.agent_id, Seq(last));
    }
    Ok(Seq(last))
}

fn count(bodies: &[EventBody]) -> u64 {
    u64::try_from(bodies.len()).unwrap_or(u64::MAX)
}
