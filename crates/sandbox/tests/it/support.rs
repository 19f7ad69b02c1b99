//! Starts sandboxes that run bash scripts, and the same scripts outside as controls.

use std::fs::{Permissions, set_permissions};
use std::future::Future;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::unistd::Uid;
use outwork_domain::IsolationLevel;
use outwork_sandbox::{
    Access, Bind, Confined, Error, Launched, Launcher, LauncherOptions, ResourceLimits, Spec, User,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// A uid that nobody has; the tests' runs use it when the tests run as root.
pub const UID: u32 = 2_009_876;
/// The one supplementary group of these runs.
pub const GROUP: u32 = 2_009_877;

/// As whom the sandboxes of these tests run: like the server's, they need root or nothing.
pub fn user() -> User {
    if Uid::effective().is_root() {
        User::Dropped {
            uid: UID,
            gid: UID,
            groups: vec![GROUP],
        }
    } else {
        User::Current
    }
}

/// A user whom nobody else has, tests in other processes included: where there is neither a namespace nor a
/// control group, all of a sandbox's user are ended with it.
pub fn lone_user() -> User {
    if Uid::effective().is_root() {
        // Not the process: its tests may run side by side.
        let uid = 2_100_000 + nix::unistd::gettid().as_raw().unsigned_abs();
        User::Dropped {
            uid,
            gid: uid,
            groups: vec![],
        }
    } else {
        User::Current
    }
}

/// A folder of that user, as others may see it.
pub fn lone_workspace() -> tempfile::TempDir {
    let folder = workspace();
    if let User::Dropped { uid, gid, .. } = lone_user() {
        chown(folder.path(), Some(uid), Some(gid)).unwrap();
    }
    folder
}

/// A launcher; its absence is a failure that says what to do.
pub fn launcher() -> Launcher {
    Launcher::start(LauncherOptions::default()).unwrap_or_else(|error| cannot(&error))
}

/// A launcher of another level.
pub fn launcher_of(level: IsolationLevel) -> Launcher {
    let options = LauncherOptions {
        level,
        ..LauncherOptions::default()
    };
    Launcher::start(options).unwrap_or_else(|error| cannot(&error))
}

/// Ends a test on a machine that cannot start sandboxes.
pub fn cannot(error: &Error) -> ! {
    let remedy = error.remedy().unwrap_or_default();
    panic!("no sandbox can be started on this machine, so nothing is tested: {error}. {remedy}")
}

/// Waits for an event; the time is a safety net, not an expectation.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(180), future)
        .await
        .unwrap_or_else(|_| panic!("{what}: not within three minutes"))
}

/// A folder that the runs' uid can reach and owns.
pub fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    if Uid::effective().is_root() {
        chown(folder.path(), Some(UID), Some(UID)).unwrap();
    }
    folder
}

/// A bash script in a sandbox whose workspace is `folder`.
pub fn script(folder: &Path, script: &str) -> Spec {
    Spec {
        program: "/bin/bash".into(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        user: user(),
        binds: vec![Bind {
            source: folder.to_owned(),
            target: "/repo".into(),
            access: Access::ReadWrite,
        }],
        working_folder: "/repo".into(),
        environment: vec![],
        limits: ResourceLimits::default(),
    }
}

/// What a sandbox said until its end.
pub struct Said {
    pub text: String,
    pub stderr: String,
    pub is_success: bool,
}

/// Runs a sandbox to its end.
pub async fn run(spec: Spec) -> Said {
    run_in(&launcher(), spec).await
}

/// The same with a launcher of the caller's.
pub async fn run_in(launcher: &Launcher, spec: Spec) -> Said {
    let Launched {
        mut confined,
        stdin,
        mut stdout,
    } = launcher
        .launch(spec)
        .await
        .unwrap_or_else(|error| cannot(&error));
    drop(stdin);
    let mut text = String::new();
    within("its output", stdout.read_to_string(&mut text))
        .await
        .unwrap();
    let status = within("its end", confined.wait()).await.unwrap();
    Said {
        text,
        stderr: confined.stderr_tail(),
        is_success: status.success(),
    }
}

/// Runs a script in a sandbox with an empty workspace.
pub async fn inside(text: &str) -> Said {
    let folder = workspace();
    run(script(folder.path(), text)).await
}

/// Runs a script outside, as the same user.
pub fn outside(text: &str) -> Output {
    let mut command = Command::new("/bin/bash");
    command
        .args(["-c", text])
        .stdin(Stdio::null())
        .current_dir("/");
    as_user(&mut command);
    command.output().unwrap()
}

/// Makes a command run outside as the user of the sandboxes.
pub fn as_user(command: &mut Command) {
    as_uid(command, UID);
}

/// Makes a command run outside as another user; only root can.
pub fn as_uid(command: &mut Command, uid: u32) {
    if Uid::effective().is_root() {
        command.uid(uid).gid(uid);
    }
}

/// A number of seconds that no other `sleep` of this machine sleeps: found again in process lists.
pub fn marker() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}.{count:04}", 4_000_000 + std::process::id())
}

/// How many processes of the host have the marker in their arguments, as an argument of its own.
pub fn count_with(marker: &str) -> usize {
    pids_with(marker).len()
}

/// Which processes have it.
pub fn pids_with(marker: &str) -> Vec<i32> {
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0)
                .any(|word| word == marker.as_bytes())
        })
        .collect()
}

/// Starts a sandbox and waits for its first line.
pub async fn start(launcher: &Launcher, spec: Spec) -> (Confined, String) {
    let Launched {
        confined,
        stdin,
        stdout,
    } = launcher
        .launch(spec)
        .await
        .unwrap_or_else(|error| cannot(&error));
    // Scripts here do not read it; closing it must not end them.
    drop(stdin);
    let mut line = String::new();
    let mut lines = BufReader::new(stdout);
    within("its first line", lines.read_line(&mut line))
        .await
        .unwrap();
    (confined, line.trim().to_owned())
}
