//! The campaign of webhooks: a live server, ends of runs by the thousand, receivers of which a third of
//! all answers fail and one in ten is dead, and `kill -9` in the middle.
//!
//! Runs are made and ended through the public API: a run that is stopped while it waits ends in the same
//! transaction, with the same deliveries, as one that has worked. What was promised is then judged by one
//! pure function over the receivers' logs and the server's own log of deliveries.

mod arguments;
mod check;
mod driver;
mod facts;
mod ground;
mod lives;

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

pub use arguments::Arguments;

use crate::machine::Machine;
use crate::say;
use check::{Facts, violations};
use ground::Ground;
use lives::Lives;

/// How long nothing new may be taken before the rest is given up as lost.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(100);
/// Violations that are shown.
const SHOWN: usize = 20;

/// Runs the campaign and prints its record; an error if anything that was promised did not hold.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let mut machine = Machine::look();
    let ground = Ground::make(arguments).await?;
    let lives = Lives::begin(arguments, &ground).await?;
    let agents = ground.prepare(&lives).await?;
    say(&format!(
        "{} deliveries of {} agents to {} endpoints, {} kills, seed {}",
        ground.delivery_count(),
        agents.len(),
        ground.target_count(),
        arguments.kills,
        arguments.seed
    ));
    let began = Instant::now();
    let (filled, killed) = tokio::join!(
        driver::end_runs(&lives, &agents),
        lives.be_killed(arguments, &ground)
    );
    filled?;
    let under_way = killed?;
    let filled_after = began.elapsed();
    wait_until_taken(&ground).await;
    let took = ground.last_arrival().map_or(began.elapsed(), |last| {
        last.saturating_duration_since(began)
    });
    let facts = facts::gather(&ground, &lives, &agents, arguments).await?;
    lives.end()?;
    machine.look_again();
    let found = violations(&facts);
    let record = record(&facts, arguments, &machine, (filled_after, took), under_way);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{record}")?;
    for violation in found.iter().take(SHOWN) {
        writeln!(out, "VIOLATION {violation}")?;
    }
    if !found.is_empty() {
        let again = format!(
            "outwork-bench webhooks --deliveries {} --seed {} --kills {}",
            arguments.deliveries, arguments.seed, arguments.kills
        );
        bail!(
            "{} violations; once more: {again}\n{}",
            found.len(),
            lives.log_tail()
        );
    }
    Ok(())
}

/// Waits until every living endpoint has taken all that it is due, or for too long nothing new.
async fn wait_until_taken(ground: &Ground) {
    let (mut taken, mut since) = (0, Instant::now());
    loop {
        let now = ground.taken_count();
        if now >= ground.living_delivery_count() {
            return;
        }
        if now > taken {
            (taken, since) = (now, Instant::now());
        } else if since.elapsed() > PATIENCE {
            say(&format!("nothing new is taken: {now} so far"));
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn record(
    facts: &Facts,
    arguments: &Arguments,
    machine: &Machine,
    (filled_after, took): (Duration, Duration),
    under_way: u32,
) -> String {
    let sums = check::sums(facts);
    let rate = sums.taken as f64 / took.as_secs_f64();
    format!(
        "webhooks {}: {} deliveries ({} to living receivers, all of them {} times attempted, {} repeated after they \
         were taken; {} to dead ones, attempted {} times, {} given up), {rate:.0} taken a second, {:.0} s in all \
         of which {:.0} s were also filled with API calls; {} kills, {under_way} of them with deliveries \
         under way; seed {}; {}",
        today(),
        facts.due.len(),
        sums.living,
        sums.arrivals,
        sums.repeats,
        facts.due.len() - sums.living,
        sums.dead_attempts,
        sums.dead_given_up,
        took.as_secs_f64(),
        filled_after.as_secs_f64(),
        arguments.kills,
        arguments.seed,
        machine.line(),
    )
}

fn today() -> String {
    let output = Command::new("date").args(["-u", "+%F"]).output();
    output.map_or_else(
        |_| "undated".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
