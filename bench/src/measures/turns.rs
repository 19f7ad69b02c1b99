//! F1, F2, F3 and the full extent: tasks of ten steps, one after the other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use outwork_stand_ins::model_server::Recorded;

use super::Bench;
use crate::figures::Figure;
use crate::numbers::{millis, percentile};
use crate::process::cpu_of_tree;
use crate::script::{REQUESTS, plain};
use crate::task::Tasks;

const WARM_UPS: u32 = 3;
const TASKS: u32 = 20;
const FIRST_REQUEST_GOAL_MS: f64 = 40.0;
const TURN_GOAL_MS: f64 = 5.0;
const CPU_GOAL_SECS: f64 = 0.1;

/// What single tasks took.
#[derive(Default)]
struct Samples {
    first_request_ms: Vec<f64>,
    turn_ms: Vec<f64>,
    loop_ms: Vec<f64>,
    full_ms: Vec<f64>,
    loop_cpu: Duration,
}

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let server = bench.serve("turns", 16).await?;
    let tasks = Tasks::new(&server, &bench.repository);
    let mut cold = Samples::default();
    one(bench, &tasks, server.pid(), &mut cold).await?;
    let mut warm_up = Samples::default();
    for _ in 0..WARM_UPS {
        one(bench, &tasks, server.pid(), &mut warm_up).await?;
    }
    let before = cpu_of_tree(server.pid())?;
    let mut samples = Samples::default();
    for _ in 0..TASKS {
        one(bench, &tasks, server.pid(), &mut samples).await?;
    }
    let full_cpu = cpu_of_tree(server.pid())?.saturating_sub(before);
    server.stop()?;
    let mut figures = figures(&samples, full_cpu);
    let first = percentile(&cold.first_request_ms, 50);
    figures.push(Figure::new(
        "F1",
        "the same for the first run, mirror cloned",
        first,
        "ms",
    ));
    Ok(figures)
}

/// One task from its prompt to its pull request.
async fn one(
    bench: &Bench<'_>,
    tasks: &Tasks<'_>,
    server: u32,
    samples: &mut Samples,
) -> Result<()> {
    bench.model.forget();
    let before = cpu_of_tree(server)?;
    let task = tasks.create(&plain()).await?;
    bench.model.wait_for(usize::try_from(REQUESTS)?).await;
    samples.loop_cpu += cpu_of_tree(server)?.saturating_sub(before);
    tasks.wait_until_idle(&task).await?;
    samples.full_ms.push(millis(task.sent.elapsed()));
    let requests = checked(bench.model.requests())?;
    let (first, last) = (&requests[0], &requests[requests.len() - 1]);
    let last = last
        .answered_at()
        .context("the last request has no answer")?;
    samples
        .first_request_ms
        .push(millis(first.received_at.duration_since(task.sent)));
    samples.loop_ms.push(millis(last.duration_since(task.sent)));
    samples.turn_ms.extend(overheads(&requests));
    tasks.insist_on_success(&task).await
}

/// The requests of one task, each answered well.
fn checked(requests: Vec<Arc<Recorded>>) -> Result<Vec<Arc<Recorded>>> {
    let count = requests.len();
    if count != usize::try_from(REQUESTS)? {
        bail!("a task made {count} requests instead of {REQUESTS}");
    }
    if let Some(odd) = requests
        .iter()
        .find(|request| request.status() != Some(200))
    {
        bail!("a request was answered with {:?}", odd.status());
    }
    Ok(requests)
}

/// From each answer, sent whole, to the next request, received whole.
fn overheads(requests: &[Arc<Recorded>]) -> impl Iterator<Item = f64> {
    let pairs = requests.windows(2);
    pairs.filter_map(|pair| pair[1].since_answer_to(&pair[0]).map(millis))
}

fn figures(samples: &Samples, full_cpu: Duration) -> Vec<Figure> {
    let Samples {
        first_request_ms,
        turn_ms,
        loop_ms,
        full_ms,
        loop_cpu,
    } = samples;
    let per_task = |cpu: Duration| cpu.as_secs_f64() / f64::from(TASKS);
    let median = |values: &[f64]| percentile(values, 50);
    vec![
        Figure::new(
            "F1",
            "POST until first model request, warm, p50",
            median(first_request_ms),
            "ms",
        )
        .at_most(FIRST_REQUEST_GOAL_MS),
        Figure::new(
            "F1",
            "the same, p95",
            percentile(first_request_ms, 95),
            "ms",
        ),
        Figure::new("F2", "overhead of a turn, p50", median(turn_ms), "ms").at_most(TURN_GOAL_MS),
        Figure::new("F2", "the same, p95", percentile(turn_ms, 95), "ms"),
        Figure::new("F2", "the same, least", percentile(turn_ms, 0), "ms"),
        Figure::new(
            "F3",
            "CPU of a task of ten steps, until its last answer",
            per_task(*loop_cpu),
            "s",
        )
        .at_most(CPU_GOAL_SECS),
        Figure::new("full", "POST until last answer, p50", median(loop_ms), "ms"),
        Figure::new(
            "full",
            "prompt until pull request, p50",
            median(full_ms),
            "ms",
        ),
        Figure::new("full", "the same, p95", percentile(full_ms, 95), "ms"),
        Figure::new("full", "CPU of the same", per_task(full_cpu), "s"),
    ]
}
