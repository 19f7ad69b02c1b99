//! F4: memory of runs that wait for a model, each with its sandbox.

use std::time::Duration;

use anyhow::Result;

use super::Bench;
use crate::figures::Figure;
use crate::model::Script;
use crate::process::{count_of_tree, memory_of_tree};
use crate::task::Tasks;

const COUNTS: [u32; 4] = [1, 10, 50, 200];
const GOAL_MIB: f64 = 4.0;
/// Runs wait at their second request: sandbox and checkout are there, and one command has run.
const HELD_TURN: u32 = 2;
/// Task numbers of this measure begin here.
const FIRST: u32 = 100_000;
/// What ended a moment ago gets this long to be gone.
const SETTLE: Duration = Duration::from_millis(500);

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let server = bench.serve("memory", 256).await?;
    let tasks = Tasks::new(&server, &bench.repository);
    let mut figures = Vec::new();
    let mut next = FIRST;
    run_some(bench, &tasks, 2, &mut next, || Ok(())).await?;
    for count in COUNTS {
        tokio::time::sleep(SETTLE).await;
        let idle = memory_of_tree(server.pid())?;
        let idle_count = count_of_tree(server.pid())?;
        let mut busy = 0;
        let mut processes = 0;
        run_some(bench, &tasks, count, &mut next, || {
            busy = memory_of_tree(server.pid())?;
            processes = count_of_tree(server.pid())?.saturating_sub(idle_count);
            Ok(())
        })
        .await?;
        let each = mib(busy.saturating_sub(idle)) / f64::from(count);
        let what = format!("memory a run, {count} at once ({processes} processes)");
        let figure = Figure::new("F4", what, each, "MiB");
        figures.push(if count == 1 {
            figure
        } else {
            figure.at_most(GOAL_MIB)
        });
        if count == COUNTS[0] {
            figures.push(Figure::new(
                "F4",
                "memory of the idle server",
                mib(idle),
                "MiB",
            ));
        }
    }
    server.stop()?;
    Ok(figures)
}

/// Starts tasks, looks when all of them wait, lets them go on to their end.
async fn run_some(
    bench: &Bench<'_>,
    tasks: &Tasks<'_>,
    count: u32,
    next: &mut u32,
    look: impl FnOnce() -> Result<()>,
) -> Result<()> {
    bench.model.hold();
    let numbers = *next..*next + count;
    *next += count;
    let mut made = Vec::new();
    for number in numbers.clone() {
        bench.model.expect(
            number,
            Script {
                held_turn: Some(HELD_TURN),
                ..Script::default()
            },
        );
        made.push(tasks.create(number).await?);
    }
    for number in numbers {
        bench.model.received(number, HELD_TURN).await?;
    }
    look()?;
    bench.model.release();
    for task in &made {
        tasks.wait_until_idle(task).await?;
        tasks.insist_on_success(task).await?;
    }
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    f64::from(kib) / 1024.0
}
