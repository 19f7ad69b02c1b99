//! What a killed server left half made ends when the next one starts.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use crate::support::processes::{groups, marked};
use crate::support::repository::Repository;
use crate::support::server::{Database, Ground};

/// The inner half of a bubblewrap; a test that fails must not leave it for ever.
struct Inner(i32);

impl Drop for Inner {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = kill(Pid::from_raw(self.0), Signal::SIGKILL);
        }
    }
}

/// A bubblewrap as a server on that folder starts it, held in the moment before the inner half is told
/// to go on.
fn half_made(data_dir: &Path) -> (Child, Inner) {
    let mut command = Command::new("bwrap");
    command
        .args(["--unshare-all", "--unshare-user", "--die-with-parent"])
        .args(["--as-pid-1", "--ro-bind", "/", "/"])
        // It tells the pid on its output, and goes on when it can read its input.
        .args(["--info-fd", "1", "--userns-block-fd", "0"])
        .args(["--", "/bin/true"])
        .env_clear()
        .env("OUTWORK_PROCESS_OF", data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    if geteuid().is_root() {
        command.uid(2_000_001).gid(2_000_001);
    }
    let mut outer = command.spawn().unwrap();
    let told = outer.stdout.take().unwrap();
    let pid = BufReader::new(told)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            let (_, pid) = line.split_once("\"child-pid\": ")?;
            pid.trim_end_matches(',').parse().ok()
        })
        .unwrap();
    (outer, Inner(pid))
}

#[tokio::test]
async fn a_sandbox_in_the_making_ends_at_the_next_start() {
    let ground = Ground::new(Database::Sqlite);
    let key = ground.key("dev@example.com");
    let data_dir = ground.data_dir();
    let (mut outer, inner) = half_made(&data_dir);
    outer.kill().unwrap();
    assert_eq!(outer.wait().unwrap().signal(), Some(9));
    let ids = |data_dir| -> Vec<i32> { marked(data_dir).into_iter().map(|(id, _)| id).collect() };
    assert_eq!(ids(&data_dir), [inner.0], "the control: it waits for ever");
    let server = ground.serve(&key);
    let left = ids(&data_dir);
    assert!(!left.contains(&inner.0), "{left:?}");
    assert!(server.stop().success());
    assert_eq!(ids(&data_dir), [] as [i32; 0]);
}

/// Where the machine lets a server make no groups, there are none at any time.
#[tokio::test]
async fn the_control_groups_of_a_killed_server_are_gone_at_the_next_start() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let key = ground.key("dev@example.com");
    let data_dir = ground.data_dir();
    let server = ground.serve(&key);
    let id = server
        .launch(&repository.url(), "Wait\n\n```sh\nsleep 600\n```")
        .await;
    let is_called = |event: &serde_json::Value| event["type"] == "tool_called";
    let called = async {
        while !server.events(&id).await.iter().any(is_called) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let called = tokio::time::timeout(Duration::from_secs(60), called).await;
    called.expect("the command is never called");
    let left = groups(&data_dir);
    assert_eq!(left.is_empty(), server.log().contains("no control groups"));
    server.kill();
    let server = ground.serve(&key);
    let now = groups(&data_dir);
    assert!(left.iter().all(|group| !now.contains(group)), "{now:?}");
    assert!(server.stop().success());
    assert_eq!(groups(&data_dir), [] as [std::path::PathBuf; 0]);
}
