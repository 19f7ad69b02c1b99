//! A small real git repository, as somebody's server would have it: bare, with a history.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::environment;
use crate::exit::Failure;

const README: &str = "# Greetings\n\n`greet.sh NAME` greets somebody. `test.sh` checks that.\n";
const GREET: &str =
    "#!/bin/sh\n# Greets somebody: greet.sh [NAME]\nprintf 'Hello, %s!\\n' \"${1:-world}\"\n";
const TEST: &str = "#!/bin/sh\n# Fails at the first greeting that is not as expected.\nset -e\ncheck() {\n    \
    expected=$1\n    shift\n    found=$(sh greet.sh \"$@\")\n    test \"$found\" = \"$expected\" || {\n        \
    echo \"expected $expected, found $found\"\n        exit 1\n    }\n    echo \"ok: $found\"\n}\n\
    check \"Hello, world!\"\ncheck \"Hello, Ada!\" Ada\n";

/// The files of each commit, and what it says.
const HISTORY: &[(&str, &[(&str, &str)])] = &[
    ("Say what this is", &[("README.md", README)]),
    ("Greet", &[("greet.sh", GREET)]),
    ("Check the greetings", &[("test.sh", TEST)]),
];

/// The repository.
#[derive(Debug)]
pub struct Repository {
    git: PathBuf,
    path: PathBuf,
}

impl Repository {
    /// Makes it in `folder`.
    ///
    /// # Errors
    ///
    /// If there is no git, or git fails.
    pub fn make(folder: &Path) -> Result<Self, Failure> {
        let search = environment::find_os("PATH").unwrap_or_default();
        let git = outwork_workspace::find_git(&search)
            .context("git was not found: install it (Debian: apt-get install git)")?;
        std::fs::create_dir_all(folder).context("cannot make the repository's folder")?;
        let bare = Self {
            git: git.clone(),
            path: folder.join("greetings.git"),
        };
        let seed = Self {
            git,
            path: folder.join("seed"),
        };
        for (repository, form) in [(&bare, &["--bare"] as &[&str]), (&seed, &[])] {
            std::fs::create_dir(&repository.path).context("cannot make the repository")?;
            let init = ["init", "--quiet", "--initial-branch=main"];
            repository.run(&[&init, form].concat())?;
        }
        for (subject, files) in HISTORY {
            for (name, text) in *files {
                std::fs::write(seed.path.join(name), text)?;
            }
            seed.run(&["add", "--all"])?;
            seed.run(&["commit", "--quiet", "--message", subject])?;
        }
        seed.run(&["push", "--quiet", "../greetings.git", "main"])?;
        std::fs::remove_dir_all(&seed.path)?;
        Ok(bare)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("file://{}", self.path.display())
    }

    /// The subjects of the commits that `branch` has and `main` has not, the newest first.
    ///
    /// # Errors
    ///
    /// If there is no such branch.
    pub fn subjects(&self, branch: &str) -> Result<Vec<String>, Failure> {
        let range = format!("refs/heads/main..refs/heads/{branch}");
        let log = self.run(&["log", "--format=%s", &range, "--"])?;
        Ok(log.lines().map(str::to_owned).collect())
    }

    /// The commit that `branch` is at.
    ///
    /// # Errors
    ///
    /// If there is no such branch.
    pub fn tip(&self, branch: &str) -> Result<String, Failure> {
        let name = format!("refs/heads/{branch}");
        let tip = self.run(&["rev-parse", "--verify", "--end-of-options", &name])?;
        Ok(tip.trim().to_owned())
    }

    /// Nothing of the person's own git configuration takes part.
    fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.git)
            .args(arguments)
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &self.path)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.com")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.com")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", self.git.display()))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            bail!("git {}: {}", arguments.join(" "), words.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_has_a_history_and_its_test_passes() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::make(&folder.path().join("r")).unwrap();
        assert_eq!(repository.tip("main").unwrap().len(), 40);
        let count = repository.run(&["rev-list", "--count", "main"]).unwrap();
        assert_eq!(count.trim(), "3");
        assert!(repository.subjects("main").unwrap().is_empty());
        assert!(repository.tip("gone").is_err());
        let out = folder.path().join("out");
        std::fs::create_dir(&out).unwrap();
        let work_tree = format!("--work-tree={}", out.display());
        repository
            .run(&[&work_tree, "checkout", "main", "--", "."])
            .unwrap();
        let status = Command::new("sh")
            .arg("test.sh")
            .current_dir(&out)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    }
}
