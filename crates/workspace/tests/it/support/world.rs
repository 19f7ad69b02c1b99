//! One temporary folder with local repositories and a server's data folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use outwork_domain::{CommitId, Repository};
use outwork_workspace::{Git, GitOptions, Imported, Layout, Mirror};

/// Everything that one test needs, with one git.
pub struct World {
    pub folder: tempfile::TempDir,
    pub program: PathBuf,
    pub git: Git,
}

/// A world for each git of this machine: the distribution's, and another one if there is one.
pub async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for program in ["/usr/bin/git", "/usr/local/bin/git"] {
        if Path::new(program).exists() {
            worlds.push(World::new(Path::new(program)).await);
        }
    }
    assert!(!worlds.is_empty(), "the tests need git");
    worlds
}

impl World {
    pub async fn new(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["data", "repositories", "people"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let options = options_in(folder.path(), program);
        let git = Git::open(options).await.unwrap();
        println!("git {}", git.version());
        Self {
            folder,
            program: program.to_owned(),
            git,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn options(&self) -> GitOptions {
        options_in(self.folder.path(), &self.program)
    }

    /// Another server process with the same data folder and changed options.
    pub async fn reopen(&mut self, change: impl FnOnce(&mut GitOptions)) {
        let mut options = self.options();
        change(&mut options);
        self.git = Git::open(options).await.unwrap();
    }

    /// Puts a script in front of git that writes down how it is called; gives the file.
    pub async fn watch_calls(&mut self) -> PathBuf {
        let calls = self.path("calls");
        let script = format!(
            "#!/bin/sh\n{{ echo \"CALL $*\"; env; }} >> {}\nexec {} \"$@\"\n",
            calls.display(),
            self.program.display()
        );
        self.use_script(&script).await;
        fs::write(&calls, "").unwrap();
        calls
    }

    /// Puts a script in the place of git.
    pub async fn use_script(&mut self, script: &str) {
        let path = self.path("git");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.reopen(|options| options.git = path).await;
    }

    /// Runs git as a person would, in a folder of his own.
    pub fn person(&self, folder: &Path, arguments: &[&str]) -> Output {
        Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.path("people"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.org")
            .env("GIT_AUTHOR_DATE", "1768473000 +0000")
            .env("GIT_COMMITTER_DATE", "1768473000 +0000")
            .output()
            .unwrap()
    }

    /// The same, when it must succeed; gives what git wrote.
    pub fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.person(folder, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "git {arguments:?} in {}: {said}",
            folder.display()
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Makes an empty bare repository on `main`.
    pub fn empty_repository(&self, name: &str) -> Repository {
        self.empty_repository_with(name, &[])
    }

    pub fn empty_repository_with(&self, name: &str, options: &[&str]) -> Repository {
        let path = self.bare(name);
        let mut arguments = vec!["init", "--quiet", "--bare", "--initial-branch=main"];
        arguments.extend(options);
        let path_text = path.to_str().unwrap();
        arguments.push(path_text);
        self.git_in(self.folder.path(), &arguments);
        self.address(name)
    }

    /// Makes a bare repository with one commit on `main`.
    pub fn repository(&self, name: &str) -> Repository {
        let repository = self.empty_repository(name);
        self.clone_of(name);
        self.commit(
            name,
            "main",
            &[
                ("README.md", "# Tools\n"),
                ("src/a.txt", "one\ntwo\nthree\n"),
            ],
        );
        repository
    }

    pub fn bare(&self, name: &str) -> PathBuf {
        self.path("repositories").join(format!("{name}.git"))
    }

    pub fn address(&self, name: &str) -> Repository {
        self.bare(name).to_str().unwrap().parse().unwrap()
    }

    /// A person's clone of a repository, made at first use.
    pub fn clone_of(&self, name: &str) -> PathBuf {
        let path = self.path("people").join(name);
        if !path.exists() {
            let bare = self.bare(name);
            let (from, to) = (bare.to_str().unwrap(), path.to_str().unwrap());
            self.git_in(self.folder.path(), &["clone", "--quiet", from, to]);
        }
        path
    }

    /// A person commits files and pushes the branch.
    pub fn commit(&self, name: &str, branch: &str, files: &[(&str, &str)]) -> CommitId {
        let folder = self.clone_of(name);
        self.git_in(&folder, &["checkout", "--quiet", "-B", branch]);
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git_in(&folder, &["add", "--all"]);
        self.git_in(
            &folder,
            &[
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                &format!("work on {branch}"),
            ],
        );
        self.git_in(
            &folder,
            &[
                "push",
                "--quiet",
                "--force",
                "origin",
                &format!("HEAD:refs/heads/{branch}"),
            ],
        );
        commit_id(&self.git_in(&folder, &["rev-parse", "HEAD"]))
    }

    /// Where a branch of a repository is, asked beside the code under test.
    pub fn tip(&self, name: &str, branch: &str) -> Option<CommitId> {
        tip_of(self, &self.bare(name), branch)
    }

    /// The mirror with the newest commit of `main`.
    pub async fn mirror(&self, repository: &Repository) -> (Mirror, CommitId) {
        let base = self.git.resolve(repository, None).await.unwrap();
        let mirror = self.git.fetch(repository, &base.commit).await.unwrap();
        (mirror, base.commit)
    }

    /// A workspace at a commit, checked out as the sandbox would do it.
    pub async fn workspace(&self, mirror: &Mirror, name: &str, commit: &CommitId) -> PathBuf {
        let folder = self.path("data").join("workspaces").join(name).join("repo");
        let branch = "work".parse().unwrap();
        let layout = Layout {
            commit,
            branch: &branch,
            base_branch: None,
            identity: None,
            owner: None,
        };
        self.git
            .lay_workspace(mirror, &folder, &layout)
            .await
            .unwrap();
        self.git_in(&folder, &["reset", "--quiet", "--hard"]);
        folder
    }

    /// Commits what is in a workspace and bundles it, as the sandbox would do it.
    pub fn bundle(&self, workspace: &Path, base: &CommitId) -> PathBuf {
        self.git_in(workspace, &["add", "--all"]);
        self.git_in(
            workspace,
            &["commit", "--quiet", "--allow-empty", "-m", "Add a file"],
        );
        self.bundle_range(workspace, &[&format!("{base}..refs/heads/work")])
    }

    pub fn bundle_range(&self, workspace: &Path, range: &[&str]) -> PathBuf {
        let path = workspace.with_extension("bundle");
        let mut arguments = vec!["bundle", "create", "--quiet", path.to_str().unwrap()];
        arguments.extend(range);
        self.git_in(workspace, &arguments);
        path
    }

    /// An agent's run: a workspace at `base`, these files, and the import of what came of it.
    pub async fn work(
        &self,
        mirror: &Mirror,
        name: &str,
        base: &CommitId,
        files: &[(&str, &str)],
    ) -> Imported {
        let folder = self.workspace(mirror, name, base).await;
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let bundle = self.bundle(&folder, base);
        let intake = self.path("data").join("intake").join(name);
        self.git
            .import(mirror, &bundle, &intake, base)
            .await
            .unwrap()
    }
}

fn options_in(folder: &Path, program: &Path) -> GitOptions {
    let mut options = GitOptions::new(program.to_owned(), folder.join("data"));
    options.mark = Some(("OUTWORK_PROCESS_OF".into(), "the tests".into()));
    options.local_repositories = vec![folder.join("repositories")];
    options
}

pub fn commit_id(text: &str) -> CommitId {
    text.trim().parse().unwrap()
}

fn tip_of(world: &World, bare: &Path, branch: &str) -> Option<CommitId> {
    let reference = format!("refs/heads/{branch}");
    let output = world.person(bare, &["rev-parse", "--verify", "--quiet", &reference]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| commit_id(&text))
}

/// Waits for something that happens soon, on other processes' time.
pub async fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !happened() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::task::yield_now().await;
    }
}
