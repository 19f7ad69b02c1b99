//! The figures of the process, as `/metrics` shows them.

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::exit::Failure;

/// Seconds, from a cached read to a slow clone.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// What a figure is to scrapers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Every figure that the crates below record, with the sentence that a scraper shows.
const FIGURES: [(Kind, &str, &str); 7] = [
    (
        Kind::Counter,
        "outwork_http_requests_total",
        "Requests that were answered, by method, route and class of status.",
    ),
    (
        Kind::Histogram,
        "outwork_http_request_seconds",
        "Seconds until the answer to a request began, by route.",
    ),
    (
        Kind::Gauge,
        "outwork_runs_active",
        "Runs that this process executes now.",
    ),
    (
        Kind::Counter,
        "outwork_runs_ended_total",
        "Runs that ended here, by state and cause.",
    ),
    (
        Kind::Gauge,
        "outwork_deliveries_active",
        "Webhook deliveries that are being sent now.",
    ),
    (
        Kind::Counter,
        "outwork_delivery_attempts_total",
        "Attempts to send a webhook delivery, by outcome and event.",
    ),
    (
        Kind::Histogram,
        "outwork_delivery_seconds",
        "Seconds that an attempt to send a webhook delivery took.",
    ),
];

/// Installs the recorder of this process and describes what it will hold.
///
/// A second server in the same process shares nothing, so it gets a recorder that nobody writes to.
///
/// # Errors
///
/// If the buckets cannot be set, which is a fault of ours.
pub fn install() -> Result<PrometheusHandle, Failure> {
    let builder = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .context("cannot set up metrics")?;
    let spare = PrometheusBuilder::new().build_recorder().handle();
    let handle = builder.install_recorder().unwrap_or(spare);
    for (kind, name, help) in FIGURES {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_figure_that_is_recorded_is_described() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        for name in [
            "agent",
            "engine",
            "server",
            "store",
            "workspace",
            "forge",
            "sandbox",
        ] {
            sources(&crates.join(name).join("src"), &mut files);
        }
        let mut recorded = BTreeSet::new();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            for kind in ["counter!(", "gauge!(", "histogram!("] {
                for call in text.split(&format!("metrics::{kind}")).skip(1) {
                    recorded.insert(call.split('"').nth(1).unwrap().to_owned());
                }
            }
        }
        let described: BTreeSet<String> = FIGURES
            .iter()
            .map(|(_, name, _)| (*name).to_owned())
            .collect();
        assert_eq!(recorded, described);
    }

    #[test]
    fn a_figure_is_shown_with_its_sentence() {
        let handle = install().unwrap();
        for (kind, name, _) in FIGURES {
            match kind {
                Kind::Counter => metrics::counter!(name).increment(1),
                Kind::Gauge => metrics::gauge!(name).set(1.0),
                Kind::Histogram => metrics::histogram!(name).record(1.0),
            }
        }
        let shown = handle.render();
        for (_, name, help) in FIGURES {
            let line = format!("# HELP {name} {help}");
            assert!(shown.contains(&line), "{line} in {shown}");
        }
    }
}
