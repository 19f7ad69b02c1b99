//! Finds out which programs are missing and installs their Debian packages.
//!
//! As root it calls apt-get; anyone else gets the exact command to type, and a failure.

use std::os::unix::fs::MetadataExt;

use anyhow::{Context, Result, bail};

use crate::command::{run_with, say, version_of};

/// A program that must be there, and the Debian package that brings it.
pub struct Need {
    program: &'static str,
    package: &'static str,
    purpose: &'static str,
    least: Option<(u32, u32)>,
}

const BUBBLEWRAP: Need = Need {
    program: "bwrap",
    package: "bubblewrap",
    purpose: "confines what an agent runs",
    least: Some((0, 8)),
};
const GIT: Need = Need {
    program: "git",
    package: "git",
    purpose: "fetches, commits and pushes",
    least: None,
};
const POSTGRESQL: Need = Need {
    program: "initdb",
    package: "postgresql",
    purpose: "is the second database of the store's tests",
    least: None,
};
const SSH_KEYGEN: Need = Need {
    program: "ssh-keygen",
    package: "openssh-client",
    purpose: "makes keys and verifies signed commits in the tests",
    least: None,
};

const PYTHON: Need = Need {
    program: "python3",
    package: "python3-venv",
    purpose: "installs and runs other people's clients",
    least: Some((3, 10)),
};
const NPM: Need = Need {
    program: "npm",
    package: "npm",
    purpose: "installs the page's libraries and other people's clients",
    least: None,
};
const NODE: Need = Need {
    program: "node",
    package: "nodejs",
    purpose: "checks, tests and builds the page",
    least: Some((20, 19)),
};
const CHROMIUM: Need = Need {
    program: "chromium",
    package: "chromium",
    purpose: "shows the page in its end-to-end tests",
    least: None,
};

/// What the demo and the server need.
pub const DEMO: &[Need] = &[BUBBLEWRAP, GIT];
/// What the tests need besides.
pub const TEST: &[Need] = &[BUBBLEWRAP, GIT, POSTGRESQL, SSH_KEYGEN];

/// What the page is built with.
pub const WEB: &[Need] = &[NODE, NPM];
/// What its end-to-end tests need.
pub const BROWSER: &[Need] = &[BUBBLEWRAP, GIT, NODE, NPM, CHROMIUM];

/// What other people's clients need besides.
pub const CONFORMANCE: &[Need] = &[BUBBLEWRAP, GIT, PYTHON, NPM];

/// Makes sure that all of `needs` are met.
pub fn install(needs: &[Need]) -> Result<()> {
    let missing = unmet(needs);
    if missing.is_empty() {
        return Ok(());
    }
    say("Missing on this machine:");
    for (need, fault) in &missing {
        say(&format!("  {} ({fault}): {}", need.program, need.purpose));
    }
    let packages: Vec<&str> = missing.iter().map(|(need, _)| need.package).collect();
    let packages = packages.join(" ");
    let install = format!("apt-get install --yes --no-install-recommends {packages}");
    if version_of("apt-get").is_none() {
        bail!("this is not a Debian or Ubuntu: install {packages} with its own package manager");
    }
    if !is_root()? {
        bail!("type: sudo apt-get update && sudo {install}");
    }
    let quiet = [("DEBIAN_FRONTEND", "noninteractive")];
    run_with("apt-get update", &quiet)?;
    run_with(&install, &quiet)?;
    match unmet(needs).first() {
        None => Ok(()),
        Some((need, fault)) => bail!(
            "{} is still {fault} after installing {}",
            need.program,
            need.package
        ),
    }
}

fn unmet(needs: &[Need]) -> Vec<(&Need, String)> {
    needs
        .iter()
        .filter_map(|need| fault_of(need).map(|fault| (need, fault)))
        .collect()
}

fn fault_of(need: &Need) -> Option<String> {
    let line = version_of(need.program)
        .or_else(|| debian_version_of(need))
        .or_else(|| path_of(need));
    let Some(line) = line else {
        return Some("absent".to_owned());
    };
    let (major, minor) = need.least?;
    match version_in(&line) {
        Some(found) if found < (major, minor) => {
            Some(format!("too old: {line}, at least {major}.{minor}"))
        }
        Some(_) | None => None,
    }
}

/// Debian keeps the programs of a PostgreSQL server outside `PATH`, one folder a version.
fn debian_version_of(need: &Need) -> Option<String> {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .find_map(|version| version_of(version.path().join("bin").join(need.program).to_str()?))
}

/// Where a program is that cannot tell its version, and of which any will do.
fn path_of(need: &Need) -> Option<String> {
    let folders = ["/usr/local/bin", "/usr/bin", "/bin"];
    let found = folders.map(|folder| format!("{folder}/{}", need.program));
    found
        .into_iter()
        .find(|file| need.least.is_none() && std::path::Path::new(file).is_file())
}

/// The first two numbers of the first word that looks like a version.
fn version_in(line: &str) -> Option<(u32, u32)> {
    line.split_whitespace().find_map(|word| {
        let mut numbers = word.trim_start_matches('v').split('.');
        let major = numbers.next()?.parse().ok()?;
        Some((major, numbers.next()?.parse().ok()?))
    })
}

fn is_root() -> Result<bool> {
    let own = std::fs::metadata("/proc/self").context("cannot read /proc/self")?;
    Ok(own.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(version_in("bubblewrap 0.8.0"), Some((0, 8)));
        assert_eq!(version_in("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version_in("initdb (PostgreSQL) 15.14"), Some((15, 14)));
        assert_eq!(version_in("v20.20.2"), Some((20, 20)));
        assert_eq!(version_in("no version here"), None);
    }

    #[test]
    fn a_program_that_is_absent_or_too_old_is_named() {
        let absent = Need {
            program: "no-such-program-anywhere",
            ..GIT
        };
        assert_eq!(fault_of(&absent).as_deref(), Some("absent"));
        let old = Need {
            least: Some((1_000, 0)),
            ..GIT
        };
        assert!(fault_of(&old).is_some_and(|fault| fault.starts_with("too old: git version")));
        assert_eq!(fault_of(&GIT), None);
    }
}
