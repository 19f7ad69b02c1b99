//! What may be said on the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::measure::Measure;

const USAGE: &str = "usage: outwork-bench [--program FILE] [--json FILE] \
    [--only ready|turns|memory|concurrency|load|streams|repositories|bombs]…";

/// What the benchmark is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The program to measure.
    pub program: PathBuf,
    /// Where the figures are written.
    pub json: PathBuf,
    /// What is measured, in order.
    pub measures: Vec<Measure>,
}

impl Arguments {
    /// Reads the words behind the program's name.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self> {
        let mut found = Self {
            program: PathBuf::from("target/release/outwork"),
            json: PathBuf::from("target/bench.json"),
            measures: Vec::new(),
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let value = words
                .next()
                .with_context(|| format!("{word} wants a value\n{USAGE}"))?;
            match word.as_str() {
                "--program" => found.program = PathBuf::from(value),
                "--json" => found.json = PathBuf::from(value),
                "--only" => found.measures.push(measure(&value)?),
                _ => bail!("{word} is unknown\n{USAGE}"),
            }
        }
        if found.measures.is_empty() {
            found.measures = Measure::ALL.to_vec();
        }
        Ok(found)
    }
}

fn measure(name: &str) -> Result<Measure> {
    let known = Measure::ALL.iter().find(|measure| measure.name() == name);
    known
        .copied()
        .with_context(|| format!("{name} is no measure\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments> {
        Arguments::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_is_measured_unless_said_otherwise() {
        assert_eq!(read("").unwrap().measures, Measure::ALL);
        let only = read("--only load --only ready --json out.json").unwrap();
        assert_eq!(only.measures, [Measure::Load, Measure::Ready]);
        assert_eq!(only.json, PathBuf::from("out.json"));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["--only speed", "--fast 1", "--json"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
