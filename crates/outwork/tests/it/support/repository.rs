//! Small real repositories, bare, as a team would have them on a disk.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A bare repository on disk.
pub struct Repository {
    pub path: PathBuf,
}

impl Repository {
    /// Makes a bare repository with that many files on `main`.
    pub fn with_files(folder: &Path, name: &str, file_count: usize) -> Self {
        let path = folder.join(name);
        run(
            Command::new("git")
                .args(["init", "-q", "--bare", "-b", "main"])
                .arg(&path),
            "",
        );
        let mut stream = String::from(
            "commit refs/heads/main\ncommitter T <t@example.com> 1700000000 +0000\ndata 5\nbegin\n",
        );
        for n in 0..file_count {
            let text = format!("file {n}\n");
            write!(
                stream,
                "M 100644 inline src/dir{}/file{n}.txt\ndata {}\n{text}\n",
                n % 10,
                text.len()
            )
            .unwrap();
        }
        run(
            Command::new("git")
                .arg("--git-dir")
                .arg(&path)
                .args(["fast-import", "--quiet"]),
            &stream,
        );
        Self { path }
    }

    /// The address that a client gives.
    pub fn url(&self) -> String {
        format!("file://{}", self.path.display())
    }

    /// Runs git in it and gives what it printed.
    pub fn git(&self, arguments: &[&str]) -> String {
        run(
            Command::new("git")
                .arg("--git-dir")
                .arg(&self.path)
                .args(arguments),
            "",
        )
    }

    /// The commits of a branch that `main` does not have.
    pub fn commits_of(&self, branch: &str) -> Vec<String> {
        let range = format!("main..refs/heads/{branch}");
        self.git(&["rev-list", &range])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Its branches.
    pub fn branches(&self) -> Vec<String> {
        let names = self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        names.lines().map(str::to_owned).collect()
    }

    /// Commits a file to a branch, as a person would who pushes.
    pub fn commit_file(&self, branch: &str, path: &str, text: &str) {
        let stream = format!(
            "commit refs/heads/{branch}\ncommitter P <p@example.com> 1700000001 +0000\ndata 4\nhand\n\
             from refs/heads/{branch}^0\nM 100644 inline {path}\ndata {}\n{text}\n",
            text.len()
        );
        run(
            Command::new("git")
                .arg("--git-dir")
                .arg(&self.path)
                .args(["fast-import", "--quiet"]),
            &stream,
        );
    }

    /// Makes the repository refuse every push with those words.
    pub fn refuse_pushes(&self, words: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let hook = self.path.join("hooks/pre-receive");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\necho '{words}' >&2\nexit 1\n")).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A file of a branch.
    pub fn file(&self, branch: &str, path: &str) -> String {
        self.git(&["show", &format!("refs/heads/{branch}:{path}")])
    }
}

fn run(command: &mut Command, input: &str) -> String {
    use std::io::Write as _;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
