//! A run's sandbox with its tool host, driven in the words of tools.

use std::fs::{Permissions, copy, create_dir, set_permissions};
use std::future::Future;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::unistd::Uid;
use outwork_domain::{IsolationLevel, ToolCall, ToolResult, ToolStatus};
use outwork_sandbox::{
    Access, Bind, Confined, Launched, Launcher, LauncherOptions, ResourceLimits, Spec, User,
};
use outwork_tools::{ARTIFACTS_FOLDER, EGRESS_SOCKET, Error, REPO_FOLDER, ToolHost, environment};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{ChildStdin, ChildStdout};

/// A uid that nobody else has: under one uid the processes of all tests would count together.
fn fresh_uid() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    100_000_000 + (std::process::id() % 1_000_000) * 1000 + count % 1000
}

pub type Host = ToolHost<ChildStdout, ChildStdin>;

/// Folders on the host that a run's uid can reach.
pub struct Folders {
    pub temp: TempDir,
    pub uid: u32,
    pub repo: PathBuf,
    pub artifacts: PathBuf,
}

impl Folders {
    pub fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
        let uid = fresh_uid();
        let (repo, artifacts) = (temp.path().join("repo"), temp.path().join("artifacts"));
        for folder in [&repo, &artifacts] {
            create_dir(folder).unwrap();
            own(folder, uid);
        }
        let program = temp.path().join("tool-host");
        copy(env!("CARGO_BIN_EXE_outwork-tool-host"), &program).unwrap();
        set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        Self {
            temp,
            uid,
            repo,
            artifacts,
        }
    }

    /// The sandbox of a level without mounts of its own: paths are the host's, and scratch folders are bound.
    pub fn loose_spec(&self) -> Spec {
        let mut spec = self.spec(&[]);
        for bind in &mut spec.binds {
            bind.target.clone_from(&bind.source);
        }
        spec.working_folder.clone_from(&self.repo);
        let artifacts = self.artifacts.to_str().unwrap();
        spec.environment = environment(artifacts, "Outwork", "agent@example.org");
        let scratch = self.temp.path().join("scratch");
        std::fs::create_dir(&scratch).unwrap();
        own(&scratch, self.uid);
        for name in ["HOME", "TMPDIR"] {
            let path = scratch.to_str().unwrap().to_owned();
            spec.environment.push((name.to_owned(), path));
        }
        spec.binds.push(Bind {
            source: scratch.clone(),
            target: scratch,
            access: Access::ReadWrite,
        });
        spec
    }

    pub fn spec(&self, also: &[PathBuf]) -> Spec {
        let bind = |source: &Path, target: &Path, access| Bind {
            source: source.to_owned(),
            target: target.to_owned(),
            access,
        };
        let mut binds = vec![
            bind(&self.repo, Path::new(REPO_FOLDER), Access::ReadWrite),
            bind(
                &self.artifacts,
                Path::new(ARTIFACTS_FOLDER),
                Access::ReadWrite,
            ),
        ];
        binds.extend(also.iter().map(|path| bind(path, path, Access::ReadOnly)));
        Spec {
            program: self.temp.path().join("tool-host"),
            arguments: vec![],
            user: user(self.uid),
            binds,
            working_folder: REPO_FOLDER.into(),
            environment: environment(ARTIFACTS_FOLDER, "Outwork", "agent@example.org"),
            limits: ResourceLimits::default(),
        }
    }
}

fn user(uid: u32) -> User {
    if Uid::effective().is_root() {
        User::Dropped {
            uid,
            gid: uid,
            groups: vec![],
        }
    } else {
        User::Current
    }
}

/// Gives a file or folder to the sandbox's uid.
pub fn own(path: &Path, uid: u32) {
    if Uid::effective().is_root() {
        chown(path, Some(uid), Some(uid)).unwrap();
    }
}

/// A running sandbox with its tool host.
pub struct Run {
    pub folders: Folders,
    pub confined: Confined,
    pub host: Host,
}

impl Run {
    /// Starts one with an empty workspace.
    pub async fn start() -> Self {
        Self::start_in(Folders::new(), &[]).await
    }

    /// Starts one in those folders; `also` is readable at the same paths.
    pub async fn start_in(folders: Folders, also: &[PathBuf]) -> Self {
        let spec = folders.spec(also);
        Self::start_with(folders, spec).await
    }

    /// Starts one whose way out is that socket.
    pub async fn start_with_egress(folders: Folders, socket: &Path) -> Self {
        let mut spec = folders.spec(&[]);
        spec.binds.push(Bind {
            source: socket.to_owned(),
            target: EGRESS_SOCKET.into(),
            access: Access::ReadOnly,
        });
        Self::start_with(folders, spec).await
    }

    /// Starts one at another level, with an empty workspace.
    pub async fn start_at(level: IsolationLevel) -> Self {
        let folders = Folders::new();
        let spec = match level {
            IsolationLevel::Full | IsolationLevel::FullNoproc => folders.spec(&[]),
            IsolationLevel::Weak | IsolationLevel::None => folders.loose_spec(),
        };
        Self::start_with_at(level, folders, spec).await
    }

    pub async fn start_with(folders: Folders, spec: Spec) -> Self {
        Self::start_with_at(IsolationLevel::Full, folders, spec).await
    }

    async fn start_with_at(level: IsolationLevel, folders: Folders, spec: Spec) -> Self {
        let Launched {
            confined,
            stdin,
            stdout,
        } = launch_at(level, spec).await;
        match ToolHost::connect(stdout, stdin).await {
            Ok(host) => Self {
                folders,
                confined,
                host,
            },
            Err(error) => panic!("{error}: {}", confined.explain().await),
        }
    }

    /// Carries out a call whose output nobody watches.
    pub async fn call(&mut self, name: &str, arguments: Value) -> ToolResult {
        let call = call(name, arguments);
        within(name, self.host.call(&call, &mut |_| {}))
            .await
            .unwrap()
    }

    /// Runs a command.
    pub async fn shell(&mut self, command: &str) -> ToolResult {
        self.call("shell", json!({"command": command})).await
    }

    /// Runs a command that must succeed; returns its output.
    pub async fn done(&mut self, command: &str) -> String {
        let result = self.shell(command).await;
        assert_eq!(result.status, ToolStatus::Ok, "{command}: {}", result.text);
        result.text
    }

    /// How many processes are in the sandbox beside the tool host and the count itself.
    pub async fn process_count(&mut self) -> usize {
        let listed = self.done("ls -d /proc/[0-9]*").await;
        // 1 is the tool host; bash executes ls in its own place.
        listed.lines().count() - 2
    }

    /// Ends the sandbox.
    pub async fn end(mut self) -> Folders {
        within("the end", self.confined.kill()).await.unwrap();
        self.folders
    }
}

/// Starts a sandbox with a tool host that nobody has spoken to yet.
pub async fn launch(spec: Spec) -> Launched {
    launch_at(IsolationLevel::Full, spec).await
}

async fn launch_at(level: IsolationLevel, spec: Spec) -> Launched {
    let options = LauncherOptions {
        level,
        ..LauncherOptions::default()
    };
    let launcher = Launcher::start(options).unwrap_or_else(|error| cannot(&error));
    launcher
        .launch(spec)
        .await
        .unwrap_or_else(|error| cannot(&error))
}

fn cannot(error: &outwork_sandbox::Error) -> ! {
    let remedy = error.remedy().unwrap_or_default();
    panic!("no sandbox can be started on this machine, so nothing is tested: {error}. {remedy}")
}

pub fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall {
        id: "call-1".to_owned(),
        name: name.to_owned(),
        arguments,
    }
}

/// Waits for an event; the time is a safety net, not an expectation.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(90), future)
        .await
        .unwrap_or_else(|_| panic!("{what}: not within a minute and a half"))
}

/// Whether an error means that the tool host is gone.
pub fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Lost(_))
}
