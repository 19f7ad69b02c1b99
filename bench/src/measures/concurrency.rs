//! F8: fifty tasks at once with a model that takes its time, against the time of the model alone.

use std::time::Duration;

use anyhow::{Context, Result};

use super::Bench;
use crate::figures::Figure;
use crate::script::{REQUESTS, plain, slow};
use crate::task::Tasks;

const TASKS: u32 = 50;
const DELAY: Duration = Duration::from_secs(3);
const GOAL: f64 = 1.2;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let server = bench.serve("concurrency", 64).await?;
    let tasks = Tasks::new(&server, &bench.repository);
    let warm_up = tasks.create(&plain()).await?;
    tasks.wait_until_idle(&warm_up).await?;
    bench.model.forget();
    let prompt = slow(DELAY);
    let mut made = Vec::new();
    for _ in 0..TASKS {
        made.push(tasks.create(&prompt).await?);
    }
    for task in &made {
        tasks.wait_until_idle(task).await?;
        tasks.insist_on_success(task).await?;
    }
    server.stop()?;
    let answers = bench
        .model
        .requests()
        .into_iter()
        .filter_map(|request| request.answered_at());
    let last = answers.max().context("the model was never asked")?;
    let start = made.first().context("no task was made")?.sent;
    let wall = last.duration_since(start).as_secs_f64();
    let ideal = (DELAY * REQUESTS).as_secs_f64();
    Ok(vec![
        Figure::new("F8", "50 tasks at once, wall / ideal", wall / ideal, "").at_most(GOAL),
        Figure::new("F8", "their wall time", wall, "s"),
    ])
}
