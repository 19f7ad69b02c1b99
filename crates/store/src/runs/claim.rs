//! Gives queued runs to a worker, in turn between accounts.
//!
//! A row that cannot be read must not keep the others waiting: its run ends as failed, or, if not even
//! that can be written, is put aside for an hour.

use std::time::Duration;

use outwork_domain::run_state::{RunEvent, Then};
use outwork_domain::{Agent, Cause, EventBody, Fence, IsolationLevel, Run, RunId, Timestamp};

use super::bases::Bases;
use super::lease::WorkerId;
use super::list::prompt_text;
use super::state::{Current, Hold, Timing, Transition, write};
use crate::database::{Connected as _, Kind, database_now, values};
use crate::rows::{agent, agent_columns, repository_columns, run, run_columns, run_id};
use crate::{Error, Tx, attempts};

/// How long a run is put aside whose row cannot be read.
const ASIDE: Duration = Duration::from_secs(3_600);

/// What a worker asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimWish {
    /// Who asks.
    pub worker: WorkerId,
    /// How many runs at most.
    pub max: u32,
    /// How many runs of one account may be active at the same time, if that is limited.
    pub per_account_max: Option<u32>,
    /// How long the claim holds without a heartbeat.
    pub lease: Duration,
    /// How the worker confines what runs execute.
    pub isolation: IsolationLevel,
}

/// A claimed run with all that its worker needs to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What every write of the worker carries.
    pub fence: Fence,
    /// The agent.
    pub agent: Agent,
    /// The run.
    pub run: Run,
    /// The text of what it is asked to do; images are read by [`super::images`].
    pub prompt: String,
    /// Where its earlier attempts started.
    pub bases: Bases,
}

/// What a claim gives.
#[derive(Debug, Default)]
pub struct Claimed {
    /// The runs that are the worker's now.
    pub claims: Vec<Claim>,
    /// Runs that could not be read.
    pub damaged: Vec<Damaged>,
}

/// A run that could not be read.
#[derive(Debug)]
pub struct Damaged {
    /// The run.
    pub run_id: RunId,
    /// What was done about it.
    pub fate: Fate,
    /// What is wrong with its rows.
    pub error: Error,
}

/// What was done about a run that could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It ended as failed.
    Failed,
    /// It is tried again in an hour.
    PutAside,
}

// Only the oldest unfinished run of an agent may be claimed, so there is never a second active one.
macro_rules! claimable {
    ($run:literal) => {
        concat!(
            $run,
            ".state = 'queued' AND ",
            $run,
            ".not_before <= $1 AND NOT EXISTS (SELECT 1 FROM runs o WHERE o.agent_id = ",
            $run,
            ".agent_id AND o.ended_at IS NULL AND o.number < ",
            $run,
            ".number)"
        )
    };
}

// The oldest claimable runs of one account `w`; no more of them than are asked for.
macro_rules! oldest_of_account {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM runs q WHERE q.account_id = w.account_id AND ",
            claimable!("q"),
            " ORDER BY q.created_at, q.id LIMIT $2"
        )
    };
}

// The accounts with runs that wait, and how many of each are active.
macro_rules! waiting {
    () => {
        "SELECT c.id AS account_id, (SELECT COUNT(*) FROM runs l WHERE l.account_id = c.id \
         AND l.lease_until IS NOT NULL) AS active FROM accounts c WHERE EXISTS \
         (SELECT 1 FROM runs s WHERE s.account_id = c.id AND s.state = 'queued')"
    };
}

// A run's turn is how many of its account would be active with it: whoever has the fewest comes next.
// Behind it belong the runs `r` of the account `w`.
macro_rules! in_turn {
    () => {
        concat!(
            "SELECT t.run_id FROM (SELECT r.id AS run_id, r.created_at, w.active + ROW_NUMBER() OVER \
             (PARTITION BY w.account_id ORDER BY r.created_at, r.id) AS turn FROM (",
            waiting!(),
            ") w CROSS JOIN "
        )
    };
}

macro_rules! sqlite {
    () => {
        concat!(
            in_turn!(),
            "runs r WHERE r.id IN (",
            oldest_of_account!("q.id"),
            ")) t WHERE t.turn <= $3 ORDER BY t.turn, t.created_at, t.run_id LIMIT $2"
        )
    };
}

macro_rules! postgres {
    () => {
        concat!(
            in_turn!(),
            "LATERAL (",
            oldest_of_account!("q.id, q.created_at"),
            ") r) t JOIN runs r ON r.id = t.run_id JOIN agents a ON a.id = r.agent_id \
             JOIN accounts c ON c.id = r.account_id WHERE t.turn <= $3 \
             ORDER BY t.turn, t.created_at, t.run_id LIMIT $2 "
        )
    };
}

/// Claims queued runs, each as a new attempt under a lease.
///
/// Accounts take turns: the next run is the oldest of the account with the fewest active ones, so whoever
/// queues a thousand does not keep others waiting. Runs above the limit of their account stay queued.
///
/// On PostgreSQL it passes over an agent that another transaction is writing to at that moment, and, where
/// accounts are limited, over accounts that another worker is claiming for; the next claim finds them.
///
/// # Errors
///
/// The database's.
pub async fn claim(tx: &mut Tx, wish: &ClaimWish, now: Timestamp) -> Result<Claimed, Error> {
    let clock = database_now(tx).await?;
    let sql = match (tx.kind(), wish.per_account_max) {
        (Kind::Sqlite, _) => sqlite!(),
        // Two workers that claim at once pass over each other's agents instead of waiting.
        (Kind::Postgres, None) => concat!(postgres!(), "FOR NO KEY UPDATE OF a SKIP LOCKED"),
        // And neither counts the active runs of an account while the other adds some.
        (Kind::Postgres, Some(_)) => concat!(postgres!(), "FOR NO KEY UPDATE OF a, c SKIP LOCKED"),
    };
    let most = wish.per_account_max.map_or(i64::MAX, i64::from);
    let rows = tx.connection().rows(sql, values![clock, wish.max, most]);
    let rows = rows.await?;
    let mut claimed = Claimed::default();
    for row in rows {
        let run_id = run_id(&row)?;
        let timing = timing(wish, clock, now);
        match claim_one(tx, run_id, (clock, most), &timing).await {
            Ok(None) => {}
            Ok(Some(claim)) => {
                attempts::insert(tx, &claim.fence, wish.isolation).await?;
                claimed.claims.push(claim);
            }
            Err(error) if error.is_of_rows() => {
                let key_is_missing =
                    matches!(error, Error::NoSealingKey | Error::UnknownSealingKey { .. });
                // The key may come back.
                let fate = if key_is_missing {
                    put_aside(tx, run_id, clock).await?
                } else {
                    end_damaged(tx, run_id, (clock, most), &timing).await?
                };
                claimed.damaged.push(Damaged {
                    run_id,
                    fate,
                    error,
                });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(claimed)
}

fn timing(wish: &ClaimWish, clock: Timestamp, now: Timestamp) -> Timing {
    let hold = Hold {
        worker: wish.worker.clone(),
        until: clock.plus(wish.lease),
    };
    Timing {
        now,
        not_before: None,
        hold: Some(hold),
    }
}

macro_rules! still_claimable {
    () => {
        concat!(
            "r.id = $2 AND ",
            claimable!("r"),
            " AND (SELECT COUNT(*) FROM runs l WHERE l.account_id = r.account_id \
             AND l.lease_until IS NOT NULL) < $3"
        )
    };
}

/// Claims one candidate, unless it was taken between the search and the lock.
///
/// Everything is read before anything is written, so that a fault leaves nothing behind.
async fn claim_one(
    tx: &mut Tx,
    run_id: RunId,
    (clock, most): (Timestamp, i64),
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
         LEFT JOIN agent_repositories p ON p.agent_id = a.id WHERE ",
        still_claimable!(),
        " ORDER BY p.number"
    );
    let rows = tx.connection().rows(sql, values![clock, run_id, most]);
    let rows = rows.await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let current = Current {
        run: run(row)?,
        stalled_attempts: row.number("stalled_attempts")?,
    };
    let prompt = prompt_text(tx, run_id).await?;
    let agent = agent(&rows, tx.sealer())?;
    let mut events = Vec::new();
    let mut bases = Bases::new();
    if current.run.attempt.0 == 0 {
        events.push(EventBody::Prompt {
            text: prompt.text.clone(),
            image_count: prompt.image_count,
            approves: current.run.approved,
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
        prompt: prompt.text,
        bases,
    }))
}

/// Ends a run whose agent or prompt cannot be read; puts it aside if the run itself cannot.
async fn end_damaged(
    tx: &mut Tx,
    run_id: RunId,
    (clock, most): (Timestamp, i64),
    timing: &Timing,
) -> Result<Fate, Error> {
    let sql = concat!(
        "SELECT ",
        run_columns!(),
        " FROM runs r WHERE ",
        still_claimable!()
    );
    let row = tx.connection().row(sql, values![clock, run_id, most]);
    let row = row.await?;
    let current = row.as_ref().and_then(|row| {
        Some(Current {
            run: run(row).ok()?,
            stalled_attempts: row.number("stalled_attempts").ok()?,
        })
    });
    let Some(current) = current else {
        return put_aside(tx, run_id, clock).await;
    };
    let stalled_attempts = current.stalled_attempts;
    let claimed = Transition::of(RunEvent::Claimed);
    let run = write(tx, current, &claimed, timing, Vec::new()).await?;
    let mut failed = Transition::of(RunEvent::AttemptFailed(Then::GiveUp));
    let words = "What the server stored of this run or its agent cannot be read.";
    failed.failure = Some((Cause::Internal, words.to_owned()));
    let current = Current {
        run,
        stalled_attempts,
    };
    let ending = Timing {
        hold: None,
        ..*timing
    };
    write(tx, current, &failed, &ending, Vec::new()).await?;
    Ok(Fate::Failed)
}

async fn put_aside(tx: &mut Tx, run_id: RunId, clock: Timestamp) -> Result<Fate, Error> {
    let sql = "UPDATE runs SET not_before = $2 WHERE id = $1";
    let aside = values![run_id, clock.plus(ASIDE)];
    tx.connection().execute(sql, aside).await?;
    Ok(Fate::PutAside)
}
