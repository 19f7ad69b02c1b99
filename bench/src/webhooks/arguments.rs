//! What may be said behind `webhooks`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: outwork-bench webhooks [brief] [--deliveries COUNT] [--seed NUMBER] \
    [--kills COUNT] [--program FILE]";
/// What each end of a run is told to: the agent's own webhook and the endpoints of its account.
pub const TARGETS_PER_RUN: usize = 10;
const DELIVERIES_MAX: usize = 2_000_000;
const KILLS_MAX: u32 = 100;

/// What the campaign is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// How many deliveries at least.
    pub deliveries: usize,
    /// What every draw follows from.
    pub seed: u64,
    /// How often the server is killed.
    pub kills: u32,
    /// The program.
    pub program: PathBuf,
}

impl Arguments {
    /// Reads the words behind `webhooks`; `seed` holds if none is given.
    ///
    /// # Errors
    ///
    /// For unknown words and senseless numbers.
    pub fn read(words: impl Iterator<Item = String>, seed: u64) -> Result<Self> {
        let mut found = Self {
            deliveries: 100_000,
            seed,
            kills: 8,
            program: PathBuf::from("target/release/outwork"),
        };
        let mut words = words;
        while let Some(word) = words.next() {
            if word == "brief" {
                (found.deliveries, found.kills) = (4_000, 3);
                continue;
            }
            let value = words
                .next()
                .with_context(|| format!("{word} wants a value\n{USAGE}"))?;
            let bad = || format!("{word} {value} makes no sense\n{USAGE}");
            match word.as_str() {
                "--deliveries" => found.deliveries = value.parse().with_context(bad)?,
                "--seed" => found.seed = value.parse().with_context(bad)?,
                "--kills" => found.kills = value.parse().with_context(bad)?,
                "--program" => found.program = PathBuf::from(value),
                _ => bail!("{word} is unknown\n{USAGE}"),
            }
        }
        let sensible = (TARGETS_PER_RUN..=DELIVERIES_MAX).contains(&found.deliveries);
        if !sensible || found.kills > KILLS_MAX {
            bail!(
                "{TARGETS_PER_RUN} to {DELIVERIES_MAX} deliveries, up to {KILLS_MAX} kills\n{USAGE}"
            );
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments> {
        Arguments::read(line.split_whitespace().map(str::to_owned), 7)
    }

    #[test]
    fn the_full_campaign_runs_unless_said_otherwise() {
        let full = read("").unwrap();
        assert_eq!((full.deliveries, full.seed, full.kills), (100_000, 7, 8));
        let slice = read("brief --seed 3").unwrap();
        assert_eq!((slice.deliveries, slice.seed, slice.kills), (4_000, 3, 3));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "--deliveries 9",
            "--deliveries many",
            "--kills 101",
            "--fast 1",
            "--seed",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
