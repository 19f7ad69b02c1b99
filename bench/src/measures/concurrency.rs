//! F8: fifty tasks at once with a model that takes its time, against the time of the model alone.

use std::time::Duration;

use anyhow::Result;

use super::Bench;
use crate::figures::Figure;
use crate::model::{STEPS, Script};
use crate::task::Tasks;

const TASKS: u32 = 50;
const DELAY: Duration = Duration::from_secs(3);
const GOAL: f64 = 1.2;
/// Task numbers of this measure begin here.
const FIRST: u32 = 200_000;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let server = bench.serve("concurrency", 64).await?;
    let tasks = Tasks::new(&server, &bench.repository);
    let warm_up = tasks.create(FIRST).await?;
    tasks.wait_until_idle(&warm_up).await?;
    let numbers = FIRST + 1..=FIRST + TASKS;
    let mut made = Vec::new();
    for number in numbers.clone() {
        bench.model.expect(
            number,
            Script {
                delay: DELAY,
                held_turn: None,
            },
        );
        made.push(tasks.create(number).await?);
    }
    let start = made
        .first()
        .map_or_else(std::time::Instant::now, |task| task.sent);
    let mut last = start;
    for number in numbers {
        last = last.max(bench.model.answered(number, STEPS + 1).await?);
    }
    for task in &made {
        tasks.wait_until_idle(task).await?;
        tasks.insist_on_success(task).await?;
    }
    server.stop()?;
    let ideal = DELAY * (STEPS + 1);
    let wall = last.duration_since(start).as_secs_f64();
    Ok(vec![
        Figure::new(
            "F8",
            "50 tasks at once, wall / ideal",
            wall / ideal.as_secs_f64(),
            "",
        )
        .at_most(GOAL),
        Figure::new("F8", "their wall time", wall, "s"),
    ])
}
