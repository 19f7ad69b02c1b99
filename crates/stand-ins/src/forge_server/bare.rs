//! The bare repositories on disk, by way of git itself.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether two branches go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merges {
    Cleanly,
    Conflicting,
}

/// One bare repository.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    path: PathBuf,
}

/// Who a commit is by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature<'a> {
    pub(super) name: &'a str,
    pub(super) at_secs: i64,
}

impl Bare {
    /// Makes it if it is not there yet.
    pub(super) fn ensure(path: PathBuf, default_branch: &str) -> io::Result<Self> {
        let bare = Self { path };
        if bare.path.join("HEAD").exists() {
            return Ok(bare);
        }
        std::fs::create_dir_all(&bare.path)?;
        let head = format!("--initial-branch={default_branch}");
        bare.git(["init", "--bare", "--quiet", "--template=", &head])?;
        for (key, value) in [
            ("http.receivepack", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("uploadpack.allowFilter", "true"),
            ("receive.hideRefs", "refs/pull"),
            ("gc.auto", "0"),
            ("receive.autogc", "false"),
        ] {
            bare.git(["config", key, value])?;
        }
        bare.git(["config", "--add", "receive.hideRefs", "refs/merge-requests"])?;
        bare.install_hook()?;
        Ok(bare)
    }

    /// Tells the server which pushed commit brings a workflow; the server answers for it.
    fn install_hook(&self) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let hooks = self.path.join("hooks");
        std::fs::create_dir_all(&hooks)?;
        let hook = hooks.join("pre-receive");
        std::fs::write(&hook, HOOK)?;
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The commit that something names.
    pub(super) fn find_commit(&self, name: &str) -> io::Result<Option<String>> {
        self.find_object(&format!("{name}^{{commit}}"))
    }

    /// The object that something names.
    pub(super) fn find_object(&self, name: &str) -> io::Result<Option<String>> {
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", name];
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(output.status.success().then(|| text.trim().to_owned()))
    }

    /// The commit that a branch is at.
    pub(super) fn tip(&self, branch: &str) -> io::Result<Option<String>> {
        self.find_commit(&format!("refs/heads/{branch}"))
    }

    /// All branches with their commits, by name.
    pub(super) fn branches(&self) -> io::Result<Vec<(String, String)>> {
        let format = "--format=%(refname:lstrip=2) %(objectname)";
        let lines = self.git(["for-each-ref", format, "refs/heads"])?;
        let pairs = lines.lines().filter_map(|line| line.rsplit_once(' '));
        Ok(pairs
            .map(|(name, commit)| (name.to_owned(), commit.to_owned()))
            .collect())
    }

    /// How many commits `to` has that `from` has not.
    pub(super) fn count_between(&self, from: &str, to: &str) -> io::Result<usize> {
        let range = format!("{from}..{to}");
        let count = self.git(["rev-list", "--count", "--end-of-options", &range])?;
        count.parse().map_err(io::Error::other)
    }

    /// The files that differ between `to` and where it left `from`, each with its kind of change.
    pub(super) fn changed_files(&self, from: &str, to: &str) -> io::Result<Vec<(char, String)>> {
        let range = format!("{from}...{to}");
        let arguments = [
            "diff",
            "--no-renames",
            "--name-status",
            "-z",
            "--end-of-options",
        ];
        let arguments = arguments.into_iter().chain([range.as_str()]);
        let text = self.git(arguments)?;
        let mut words = text.split('\0').filter(|word| !word.is_empty());
        let mut files = Vec::new();
        while let (Some(kind), Some(file)) = (words.next(), words.next()) {
            files.push((kind.chars().next().unwrap_or('M'), file.to_owned()));
        }
        Ok(files)
    }

    /// Commits files on top of a branch, which is made if need be; none as content removes a file.
    pub(super) fn commit(
        &self,
        branch: &str,
        files: &[(&str, Option<&str>)],
        message: &str,
        by: Signature<'_>,
    ) -> io::Result<String> {
        let reference = format!("refs/heads/{branch}");
        let mut script = format!(
            "commit {reference}\ncommitter {} <{0}@people.test> {} +0000\ndata {}\n{message}\n",
            by.name,
            by.at_secs,
            message.len(),
        );
        if let Some(tip) = self.tip(branch)? {
            script.push_str(&format!("from {tip}\n"));
        }
        for (path, content) in files {
            match content {
                Some(content) => script.push_str(&format!(
                    "M 100644 inline {path}\ndata {}\n{content}\n",
                    content.len()
                )),
                None => script.push_str(&format!("D {path}\n")),
            }
        }
        self.git_fed(["fast-import", "--quiet", "--force"], script.as_bytes())?;
        let tip = self.tip(branch)?;
        tip.ok_or_else(|| io::Error::other(format!("{branch} is not there after a commit")))
    }

    /// Merges one commit into a branch; none if they conflict.
    pub(super) fn merge(
        &self,
        base: &str,
        head: &str,
        message: &str,
        by: Signature<'_>,
    ) -> io::Result<Option<String>> {
        let Some(tip) = self.tip(base)? else {
            return Ok(None);
        };
        let arguments = ["merge-tree", "--write-tree", &tip, head];
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let tree = text.lines().next().unwrap_or_default();
        let mut commit = self.command(["commit-tree", tree, "-p", &tip, "-p", head, "-m", message]);
        let date = format!("{} +0000", by.at_secs);
        for role in ["AUTHOR", "COMMITTER"] {
            commit.env(format!("GIT_{role}_NAME"), by.name);
            commit.env(
                format!("GIT_{role}_EMAIL"),
                format!("{}@people.test", by.name),
            );
            commit.env(format!("GIT_{role}_DATE"), &date);
        }
        let commit = finish(&commit.stdin(Stdio::null()).output()?)?;
        self.set(&format!("refs/heads/{base}"), &commit)?;
        Ok(Some(commit))
    }

    /// Whether a commit merges into a branch as both are now.
    pub(super) fn would_merge(&self, base: &str, head: &str) -> io::Result<Merges> {
        let base = format!("refs/heads/{base}");
        let arguments = ["merge-tree", "--write-tree", &base, head];
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        Ok(if output.status.success() {
            Merges::Cleanly
        } else {
            Merges::Conflicting
        })
    }

    /// Puts a ref at a commit.
    pub(super) fn set(&self, reference: &str, commit: &str) -> io::Result<()> {
        self.git(["update-ref", reference, commit]).map(drop)
    }

    /// Lets HEAD name another branch.
    pub(super) fn set_head(&self, branch: &str) -> io::Result<()> {
        let reference = format!("refs/heads/{branch}");
        self.git(["symbolic-ref", "HEAD", &reference]).map(drop)
    }

    /// Removes a ref, if it is there.
    pub(super) fn remove(&self, reference: &str) -> io::Result<()> {
        self.git(["update-ref", "-d", reference]).map(drop)
    }

    /// Brings a commit of another repository here, as a ref.
    pub(super) fn bring(&self, from: &Self, commit: &str, reference: &str) -> io::Result<()> {
        if self.find_commit(commit)?.is_none() {
            let path = from.path.to_string_lossy().into_owned();
            let spec = format!("{commit}:{reference}");
            self.git(["fetch", "--quiet", "--no-tags", &path, &spec])?;
        }
        self.set(reference, commit)
    }

    /// Copies all branches of another repository.
    pub(super) fn copy(&self, from: &Self) -> io::Result<()> {
        let path = from.path.to_string_lossy().into_owned();
        let spec = "+refs/heads/*:refs/heads/*";
        self.git(["fetch", "--quiet", "--no-tags", &path, spec])
            .map(drop)
    }

    /// What a file holds at a commit.
    pub(super) fn find_file(&self, commit: &str, path: &str) -> io::Result<Option<String>> {
        let name = format!("{commit}:{path}");
        let arguments = ["cat-file", "blob", &name];
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(output.status.success().then_some(text))
    }

    fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> io::Result<String> {
        self.git_fed(arguments, b"")
    }

    fn git_fed<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> io::Result<String> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(input)?;
        }
        finish(&child.wait_with_output()?)
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        command.args(arguments);
        plain_environment(|name, value| {
            command.env(name, value);
        });
        command.env("GIT_DIR", &self.path).current_dir(&self.path);
        command
    }
}

/// What keeps the machine's own settings out of the forge's git.
pub(super) fn plain_environment(mut set: impl FnMut(&str, &str)) {
    set("GIT_CONFIG_NOSYSTEM", "1");
    set("GIT_CONFIG_GLOBAL", "/dev/null");
    set("GIT_TERMINAL_PROMPT", "0");
    set("LC_ALL", "C");
}

fn finish(output: &std::process::Output) -> io::Result<String> {
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(text.trim_end().to_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("the forge's own git: {words}")))
}

/// With `FORGE_NO_WORKFLOWS` set to a file, names there the first workflow that a push would change.
const HOOK: &str = r#"#!/bin/sh
test -n "$FORGE_NO_WORKFLOWS" || exit 0
while read -r old new ref; do
    case "$new" in *[!0]*) ;; *) continue ;; esac
    found=$(git log --format= --name-only "$new" --not --all -- .github/workflows | head -n 1)
    if test -n "$found"; then
        printf %s "$found" > "$FORGE_NO_WORKFLOWS"
        exit 1
    fi
done
"#;
