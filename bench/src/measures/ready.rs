//! F7: from the start of the program until it answers as ready, on an empty data folder.

use anyhow::Result;

use super::Bench;
use crate::figures::Figure;
use crate::numbers::{millis, percentile};

const STARTS: u32 = 10;
const GOAL_MS: f64 = 100.0;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let mut times = Vec::new();
    for number in 0..STARTS {
        let server = bench.serve(&format!("ready-{number}"), 16).await?;
        times.push(millis(server.ready_after));
        server.stop()?;
    }
    Ok(vec![
        Figure::new(
            "F7",
            "start until ready, empty, p50",
            percentile(&times, 50),
            "ms",
        )
        .at_most(GOAL_MS),
        Figure::new(
            "F7",
            "start until ready, empty, worst",
            percentile(&times, 100),
            "ms",
        ),
    ])
}
