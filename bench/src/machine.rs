//! What a figure's reader must know of the machine.

use std::fmt;
use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use serde::Serialize;

use crate::numbers::millis;

/// The machine, the commit, and how busy it was.
#[derive(Serialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    commit: String,
    load_before: f64,
    load_after: f64,
    /// The time of a fixed amount of work: if the two differ much, something else was busy.
    calibration_before_ms: f64,
    calibration_after_ms: f64,
}

impl Machine {
    /// Looks at the machine before the measurement.
    pub fn look() -> Self {
        Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: memory_mib().unwrap_or(0),
            kernel: first_line("/proc/sys/kernel/osrelease"),
            commit: commit(),
            load_before: load(),
            load_after: 0.0,
            calibration_before_ms: calibrate(),
            calibration_after_ms: 0.0,
        }
    }

    /// All of it that a record in one line needs.
    pub fn line(&self) -> String {
        let Self {
            processor,
            cores,
            memory_mib,
            commit,
            load_before,
            load_after,
            ..
        } = self;
        format!(
            "commit {commit}; {processor}, {cores} cores, {memory_mib} MiB, load average \
             {load_before:.1} before, {load_after:.1} after"
        )
    }

    /// Looks again after it.
    pub fn look_again(&mut self) {
        self.load_after = load();
        self.calibration_after_ms = calibrate();
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            memory_mib,
            kernel,
            commit,
            ..
        } = self;
        writeln!(
            f,
            "{processor}, {cores} cores, {memory_mib} MiB, Linux {kernel}"
        )?;
        writeln!(f, "commit {commit}")?;
        let (before, after) = (self.load_before, self.load_after);
        writeln!(f, "load average {before:.2} before, {after:.2} after")?;
        let (before, after) = (self.calibration_before_ms, self.calibration_after_ms);
        writeln!(
            f,
            "calibration loop {before:.1} ms before, {after:.1} ms after"
        )
    }
}

/// The quickest of five rounds of the same arithmetic.
fn calibrate() -> f64 {
    let round = || {
        let start = Instant::now();
        let mut state = 1_u64;
        for _ in 0..20_000_000 {
            state = black_box(
                state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1),
            );
        }
        black_box(state);
        millis(start.elapsed())
    };
    (0..5).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else {
        return "unknown".to_owned();
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if changes.is_empty() => commit,
        Some(_) | None => format!("{commit} with changes"),
    }
}

fn load() -> f64 {
    let line = first_line("/proc/loadavg");
    line.split(' ')
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or(0.0)
}

fn memory_mib() -> Option<u64> {
    let total = field("/proc/meminfo", "MemTotal")?;
    let kib: u64 = total.split(' ').next()?.parse().ok()?;
    Some(kib / 1024)
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}
