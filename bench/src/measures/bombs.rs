//! Bombs beside ordinary tasks: how long their steps take with and without.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use outwork_stand_ins::model_server::{ModelServer, Recorded};

use super::Bench;
use crate::figures::Figure;
use crate::numbers::{millis, percentile};
use crate::script::{bomb, of_steps, plain};
use crate::server::{Server, Setting};
use crate::task::Tasks;

/// Ordinary tasks at once.
const TASKS: u32 = 10;
/// Of each: enough that the 99th percentile is none of the slowest few.
const STEPS: u32 = 50;
/// The step time with a bomb beside, against that without.
const GOAL: f64 = 2.0;
/// How long a bomb has before the tasks begin.
const FUSE: Duration = Duration::from_secs(2);
/// Small limits, so that each bomb reaches its own.
const LIMITS: &str = "[isolation]\nmemory_mib = 512\nprocesses = 256\ndisk_mib = 256\n\
                      disk_files = 20000\ncpus = 1.0\n";

/// What a bomb is called, and the command that it is.
const BOMBS: [(&str, &str); 6] = [
    (
        "memory",
        "while :; do python3 -c 'x = b\"x\" * (2 << 30)'; done",
    ),
    (
        "fork",
        "while :; do python3 -c 'import os; [os.fork() for _ in iter(int, 1)]'; done",
    ),
    (
        "CPU",
        "for n in $(seq 64); do while :; do :; done & done; wait",
    ),
    (
        "disk",
        "while :; do head -c 300M /dev/zero > big; sync big; rm big; done",
    ),
    (
        "files",
        "while :; do mkdir many; for n in $(seq 15000); do : > many/$n; done; rm -r many; done",
    ),
    ("output", "yes"),
];

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let mut calm = steps(bench, "calm-before", None).await?;
    let mut beside_bombs = Vec::new();
    for (name, command) in BOMBS {
        let p99 = percentile(&steps(bench, name, Some(command)).await?, 99);
        beside_bombs.push((name, p99));
    }
    // Before and after, so that a machine that grew slower meanwhile is not taken for a bomb.
    calm.extend(steps(bench, "calm-after", None).await?);
    let calm_p99 = percentile(&calm, 99);
    let mut figures = vec![Figure::new(
        "bombs",
        format!("step of {TASKS} tasks at once, nothing beside, p99"),
        calm_p99,
        "ms",
    )];
    for (name, p99) in beside_bombs {
        let beside = format!("the same beside a {name} bomb, p99");
        figures.push(Figure::new("bombs", beside, p99, "ms"));
        let ratio = format!("that against the first, {name}");
        figures.push(Figure::new("bombs", ratio, p99 / calm_p99.max(0.001), "").at_most(GOAL));
    }
    Ok(figures)
}

/// The overheads of all steps of ordinary tasks, with a bomb beside them that goes on until they are done.
async fn steps(bench: &Bench<'_>, name: &str, command: Option<&str>) -> Result<Vec<f64>> {
    // Bodies are kept, since several tasks ask at once and are told apart by their prompts.
    let model = ModelServer::start().await?;
    let server = Server::start(Setting {
        program: &bench.arguments.program,
        place: &bench.place,
        name: &format!("bombs-{name}"),
        model_url: &model.base_url(),
        workers: TASKS + 2,
        more: LIMITS,
    })
    .await?;
    let tasks = Tasks::new(&server, &bench.repository);
    let warm_up = tasks.create(&plain()).await?;
    tasks.wait_until_idle(&warm_up).await?;
    model.forget();
    if let Some(command) = command {
        tasks.create(&bomb(command)).await?;
        model.wait_for(1).await;
        tokio::time::sleep(FUSE).await;
    }
    let tags: Vec<String> = (0..TASKS).map(|number| format!("Task {number}.")).collect();
    let mut made = Vec::new();
    for tag in &tags {
        made.push(tasks.create(&format!("{tag} {}", of_steps(STEPS))).await?);
    }
    for task in &made {
        tasks.wait_until_idle(task).await?;
        tasks.insist_on_success(task).await?;
    }
    let requests = model.requests();
    server.stop()?;
    tags.iter().try_fold(Vec::new(), |mut all, tag| {
        all.extend(overheads(&requests, tag)?);
        Ok(all)
    })
}

/// From each answer to the next request, of the task with that tag, but for the first step: that one waits for
/// the checkout, too.
fn overheads(requests: &[Arc<Recorded>], tag: &str) -> Result<Vec<f64>> {
    let is_ours = |request: &&Arc<Recorded>| {
        let mut places = request.body.windows(tag.len());
        places.any(|words| words == tag.as_bytes())
    };
    let ours: Vec<_> = requests.iter().filter(is_ours).collect();
    let expected = usize::try_from(STEPS + 1)?;
    if ours.len() != expected {
        bail!("{tag} made {} requests instead of {expected}", ours.len());
    }
    let pairs = ours.windows(2).skip(1);
    let times = pairs.filter_map(|pair| pair[1].since_answer_to(pair[0]).map(millis));
    Ok(times.collect())
}
