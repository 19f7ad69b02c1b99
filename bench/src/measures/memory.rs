//! F4: memory of runs that wait for a model, each with its sandbox.

use std::time::Duration;

use anyhow::{Result, bail};

use super::Bench;
use crate::figures::Figure;
use crate::process::{count_of_tree, memory_of_tree};
use crate::script::silent_after;
use crate::task::Tasks;

const COUNTS: [u32; 4] = [1, 10, 50, 200];
const GOAL_MIB: f64 = 4.0;
/// Runs wait at their second request: sandbox and checkout are there, and one command has run.
const REQUESTS_EACH: u32 = 2;
/// What ended a moment ago gets this long to be gone.
const SETTLE: Duration = Duration::from_secs(1);
/// A model that is silent for longer is asked again, which would count as another run's request.
const GATHER_MAX: Duration = Duration::from_secs(50);

/// A server and what it started, at one moment.
#[derive(Clone, Copy, Default)]
struct Tree {
    bytes: u64,
    processes: usize,
}

impl Tree {
    fn of(root: u32) -> Result<Self> {
        Ok(Self {
            bytes: memory_of_tree(root)?,
            processes: count_of_tree(root)?,
        })
    }
}

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let server = bench.serve("memory", 256).await?;
    let tasks = Tasks::new(&server, &bench.repository);
    hold(bench, &tasks, 2, server.pid()).await?;
    let mut figures = Vec::new();
    for count in COUNTS {
        tokio::time::sleep(SETTLE).await;
        let idle = Tree::of(server.pid())?;
        if count == COUNTS[0] {
            figures.push(Figure::new(
                "F4",
                "memory of the idle server",
                mib(idle.bytes),
                "MiB",
            ));
        }
        let busy = hold(bench, &tasks, count, server.pid()).await?;
        let each = mib(busy.bytes.saturating_sub(idle.bytes)) / f64::from(count);
        let processes = busy.processes.saturating_sub(idle.processes);
        let what = format!("memory a run, {count} at once ({processes} processes)");
        let figure = Figure::new("F4", what, each, "MiB");
        figures.push(if count == 1 {
            figure
        } else {
            figure.at_most(GOAL_MIB)
        });
    }
    server.stop()?;
    Ok(figures)
}

/// Starts runs, looks when all of them wait for the model, stops them.
async fn hold(bench: &Bench<'_>, tasks: &Tasks<'_>, count: u32, server: u32) -> Result<Tree> {
    bench.model.forget();
    let prompt = silent_after(REQUESTS_EACH - 1);
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(tasks.create(&prompt).await?);
    }
    let all = usize::try_from(count * REQUESTS_EACH)?;
    if tokio::time::timeout(GATHER_MAX, bench.model.wait_for(all))
        .await
        .is_err()
    {
        bail!("{count} runs do not wait for the model after {GATHER_MAX:?}");
    }
    let tree = Tree::of(server)?;
    for task in &made {
        tasks.stop(task).await?;
    }
    for task in &made {
        tasks.wait_until_idle(task).await?;
    }
    Ok(tree)
}

fn mib(bytes: u64) -> f64 {
    let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    f64::from(kib) / 1024.0
}
