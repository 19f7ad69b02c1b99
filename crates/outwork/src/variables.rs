//! Variables of the command line for the agent's commands: named ones, and files of them.
//!
//! Their values may be secrets, so they are never printed, and a name alone takes its value from the
//! environment of this process, where others cannot read it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use outwork_domain::Variable;

use crate::environment;
use crate::exit::Failure;

/// What the agent's commands find in their environment.
#[derive(Args)]
pub struct VariableFlags {
    /// Variable for the agent's commands; a NAME alone takes its value from this environment; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// File of such variables, one a line; repeatable, and --env wins
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
}

impl std::fmt::Debug for VariableFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VariableFlags")
            .field("env_file", &self.env_file)
            .finish_non_exhaustive()
    }
}

impl VariableFlags {
    /// Reads all of them and checks them by the server's own rules; of two with one name the later wins.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the variable and what is wrong with it, never its value.
    pub fn read(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut all = BTreeMap::new();
        for path in &self.env_file {
            all.extend(of_file(path)?);
        }
        for text in &self.env {
            all.extend([pair(text, "--env")?]);
        }
        Variable::all(all.clone()).map_err(|why| Failure::Usage(why.to_string()))?;
        Ok(all)
    }
}

/// The variables of a file: empty lines and lines that begin with `#` say nothing.
fn of_file(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("the file {place}: {error}")))?;
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    lines
        .map(|(at, line)| pair(line, &format!("{place}, line {}", at + 1)))
        .collect()
}

fn pair(text: &str, place: &str) -> Result<(String, String), Failure> {
    if let Some((name, value)) = text.split_once('=') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    let value = environment::find(text).ok_or_else(|| {
        Failure::Usage(format!(
            "{place}: {text:?} is neither NAME=VALUE nor a variable of this environment"
        ))
    })?;
    Ok((text.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(env: &[&str], env_file: Vec<PathBuf>) -> VariableFlags {
        VariableFlags {
            env: env.iter().map(|text| (*text).to_owned()).collect(),
            env_file,
        }
    }

    #[test]
    fn the_later_one_wins_and_what_is_no_variable_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("env");
        std::fs::write(&file, "# what\n\nA=1\nB=x=y z\nA=2\n").unwrap();
        let read = flags(&["B=last"], vec![file.clone()]).read().unwrap();
        let expected = [("A", "2"), ("B", "last")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(read, BTreeMap::from(expected));
        std::fs::write(&file, "A=1\nNO_SUCH_VARIABLE_ANYWHERE\n").unwrap();
        for (flags, part) in [
            (flags(&[], vec![file]), "line 2"),
            (flags(&["A B=1"], vec![]), "A B"),
            (flags(&["CURSOR_X=1"], vec![]), "CURSOR_X"),
            (flags(&["EMPTY="], vec![]), "EMPTY"),
            (flags(&[], vec![folder.path().join("gone")]), "gone"),
        ] {
            let failure = flags.read().unwrap_err();
            assert_eq!(failure.status(), 2);
            assert!(failure.to_string().contains(part), "{failure}");
        }
    }

    #[test]
    fn values_are_not_printed() {
        let shown = format!("{:?}", flags(&["TOKEN=hunter2"], vec![]));
        assert!(!shown.contains("hunter2"), "{shown}");
        let refused = flags(&["TO KEN=hunter2"], vec![]).read().unwrap_err();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}
