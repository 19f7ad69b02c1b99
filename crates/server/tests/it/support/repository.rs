//! Bare repositories on disk, written by `git fast-import`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outwork_domain::CommitId;

const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A folder of repositories.
pub struct Repositories {
    folder: PathBuf,
}

impl Repositories {
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        Self {
            folder: folder.canonicalize().unwrap(),
        }
    }

    /// Makes a repository with one commit on `main`, and gives its address.
    pub fn make(&self, name: &str) -> String {
        let place = self.folder.join(name);
        let place = place.to_str().unwrap();
        self.git(
            &["init", "--quiet", "--bare", "--initial-branch=main", place],
            "",
        );
        self.commit(name, "main", None, "hello\n");
        format!("file://{place}")
    }

    /// Puts a commit on a branch, from another branch or from nothing, that writes `README.md`.
    pub fn commit(&self, name: &str, branch: &str, from: Option<&str>, text: &str) -> CommitId {
        let from = from
            .map(|from| format!("from refs/heads/{from}^0\n"))
            .unwrap_or_default();
        let stream = format!(
            "commit refs/heads/{branch}\ncommitter A <a@example.com> 1700000000 +0000\n\
             data 5\nwords\n{from}M 100644 inline README.md\ndata {}\n{text}\n",
            text.len()
        );
        let place = self.folder.join(name);
        let place = place.to_str().unwrap();
        self.git(&["-C", place, "fast-import", "--quiet", "--force"], &stream);
        self.tip(name, branch)
    }

    /// Takes a repository away.
    pub fn remove(&self, name: &str) {
        std::fs::remove_dir_all(self.folder.join(name)).unwrap();
    }

    /// The commit that a branch is at.
    pub fn tip(&self, name: &str, branch: &str) -> CommitId {
        let place = self.folder.join(name);
        let reference = format!("refs/heads/{branch}");
        let arguments = ["-C", place.to_str().unwrap(), "rev-parse", &reference];
        self.git(&arguments, "").trim().parse().unwrap()
    }

    /// What a file holds at a branch.
    pub fn file(&self, name: &str, branch: &str, path: &str) -> String {
        let place = self.folder.join(name);
        let object = format!("{branch}:{path}");
        self.git(&["-C", place.to_str().unwrap(), "show", &object], "")
    }

    fn git(&self, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new("git")
            .args(arguments)
            .env_clear()
            .env("PATH", SEARCH_PATH)
            .env("HOME", &self.folder)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}
