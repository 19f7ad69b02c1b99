//! A mirror on the host, and a run whose workspace was checked out from it.

use std::fs::{create_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::Command;

use outwork_domain::{CommitId, Timestamp};
use outwork_sandbox::ResourceLimits;
use outwork_tools::{CheckedOut, Checkout, CommitRequest, Committed, History};

use crate::support::{Folders, Run, own, within};

/// Runs git on the host, in folders that no sandbox writes.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Host", "-c", "user.email=host@example.org"])
        .args(["-c", "safe.directory=*", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {words}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with one commit, as the server keeps it.
pub struct Mirror {
    pub path: PathBuf,
    pub base: CommitId,
}

impl Mirror {
    pub fn new(folders: &Folders) -> Self {
        let temp = folders.temp.path();
        let source = temp.join("source");
        create_dir_all(source.join("src")).unwrap();
        write(source.join("README"), "hello\n").unwrap();
        write(source.join("src/main.c"), "int main;\n").unwrap();
        write(source.join(".gitignore"), "*.log\n").unwrap();
        git(&source, &["init", "-q"]);
        git(&source, &["add", "-A"]);
        git(&source, &["commit", "-q", "-m", "base"]);
        git(temp, &["clone", "-q", "--bare", "source", "mirror.git"]);
        let path = temp.canonicalize().unwrap().join("mirror.git");
        let base = git(&path, &["rev-parse", "HEAD"]).parse().unwrap();
        Self { path, base }
    }

    pub fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// A commit on top of the base that some other branch has.
    pub fn other_branch(&self) -> CommitId {
        let tree = git(&self.path, &["rev-parse", "HEAD^{tree}"]);
        let root = git(&self.path, &["commit-tree", &tree, "-m", "unrelated"]);
        git(&self.path, &["update-ref", "refs/heads/unrelated", &root]);
        root.parse().unwrap()
    }
}

/// The few files that the server writes into a fresh workspace.
pub fn lay(folders: &Folders, mirror: &Mirror) {
    let own_git = folders.repo.join(".git");
    for name in ["objects/info", "refs/heads", "info"] {
        create_dir_all(own_git.join(name)).unwrap();
    }
    write(own_git.join("HEAD"), "ref: refs/heads/outwork/work\n").unwrap();
    write(
        own_git.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
    )
    .unwrap();
    let alternates = format!("{}\n", mirror.objects().display());
    write(own_git.join("objects/info/alternates"), alternates).unwrap();
    for name in [
        "",
        "objects",
        "objects/info",
        "objects/info/alternates",
        "refs",
        "refs/heads",
        "info",
        "HEAD",
        "config",
    ] {
        own(&own_git.join(name), folders.uid);
    }
}

/// A run on a fresh checkout.
pub struct Work {
    pub run: Run,
    pub mirror: Mirror,
}

impl Work {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same in a sandbox with other limits.
    pub async fn start_with(change: impl FnOnce(&mut ResourceLimits)) -> Self {
        let folders = Folders::new();
        let mirror = Mirror::new(&folders);
        lay(&folders, &mirror);
        let mut spec = folders.spec(&[mirror.objects()]);
        change(&mut spec.limits);
        let run = Run::start_with(folders, spec).await;
        let mut work = Self { run, mirror };
        assert_eq!(work.checkout().await, CheckedOut::Fresh);
        work
    }

    /// Ends the sandbox and starts a new one on the kept workspace.
    pub async fn again(self) -> Self {
        let folders = self.run.end().await;
        let run = Run::start_in(folders, &[self.mirror.objects()]).await;
        Self { run, ..self }
    }

    pub async fn checkout(&mut self) -> CheckedOut {
        let base = self.mirror.base.clone();
        self.checkout_of(&base).await
    }

    pub async fn checkout_of(&mut self, commit: &CommitId) -> CheckedOut {
        let checkout = Checkout {
            folder: None,
            commit: commit.clone(),
            branch: "outwork/work".parse().unwrap(),
            mirror_objects: self.mirror.objects(),
        };
        within("the checkout", self.run.host.checkout(&checkout))
            .await
            .unwrap()
    }

    pub fn request(&self, parent: &CommitId) -> CommitRequest {
        CommitRequest {
            folder: None,
            base: self.mirror.base.clone(),
            parent: parent.clone(),
            message: "Do the work\n\nIn full.".to_owned(),
            author_name: "Outwork".to_owned(),
            author_email: "outwork@example.org".to_owned(),
            date: Timestamp::from_millis(1_768_473_000_000),
            mirror_objects: self.mirror.objects(),
        }
    }

    /// Commits on the base.
    pub async fn commit(&mut self) -> Committed {
        let base = self.mirror.base.clone();
        self.commit_on(&base).await
    }

    pub async fn commit_on(&mut self, parent: &CommitId) -> Committed {
        let request = self.request(parent);
        within("the commit", self.run.host.commit(&request))
            .await
            .unwrap()
    }

    /// Commits on the base, where there must be something to publish.
    pub async fn tip(&mut self) -> Tip {
        let base = self.mirror.base.clone();
        self.tip_on(&base).await
    }

    pub async fn tip_on(&mut self, parent: &CommitId) -> Tip {
        match self.commit_on(parent).await {
            Committed::Unchanged => panic!("nothing to publish"),
            Committed::Tip {
                commit,
                history,
                skipped,
            } => Tip {
                commit,
                history,
                skipped,
            },
        }
    }

    /// Takes the bundle of what was committed and imports it into the mirror.
    pub async fn publish(&mut self, base: &CommitId, tip: &CommitId) {
        let mut bytes = Vec::new();
        let bundle = self.run.host.bundle(base, tip, &mut bytes, 1 << 20);
        let count = within("the bundle", bundle).await.unwrap();
        assert_eq!(count, bytes.len() as u64);
        let file = self.run.folders.temp.path().join("work.bundle");
        write(&file, bytes).unwrap();
        let file = file.to_str().unwrap();
        let heads = git(&self.mirror.path, &["bundle", "list-heads", file]);
        assert_eq!(heads, format!("{tip} refs/outwork/tip"));
        git(
            &self.mirror.path,
            &[
                "-c",
                "fetch.fsckObjects=true",
                "fetch",
                "-q",
                file,
                "+refs/outwork/tip:refs/keep/work",
            ],
        );
        assert_eq!(
            git(&self.mirror.path, &["rev-parse", "refs/keep/work"]),
            tip.as_str()
        );
    }

    /// Commits, publishes, and lists the files of the result with their contents' first line.
    pub async fn published(&mut self) -> Published {
        let tip = self.tip().await;
        let base = self.mirror.base.clone();
        self.publish(&base, &tip.commit).await;
        let at = |arguments: &[&str]| git(&self.mirror.path, arguments);
        let id = tip.commit.as_str();
        Published {
            files: at(&["ls-tree", "-r", "--name-only", id])
                .lines()
                .map(str::to_owned)
                .collect(),
            subjects: at(&["log", "--format=%s", &format!("{base}..{id}")])
                .lines()
                .map(str::to_owned)
                .collect(),
            tip,
        }
    }
}

pub struct Tip {
    pub commit: CommitId,
    pub history: History,
    pub skipped: Option<String>,
}

pub struct Published {
    pub tip: Tip,
    pub files: Vec<String>,
    pub subjects: Vec<String>,
}
