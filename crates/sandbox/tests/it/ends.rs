//! Whatever way a sandbox ends, nothing of it is left.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use outwork_sandbox::Error;

use crate::support::{count_with, launcher, marker, run, script, start, within, workspace};

/// Daemons of every kind, then one line.
fn daemons(marker: &str, last: &str) -> String {
    format!(
        "sleep {marker} >/dev/null 2>&1 &
         setsid sleep {marker} >/dev/null 2>&1 &
         nohup setsid sleep {marker} >/dev/null 2>&1 &
         ( setsid sh -c 'sleep {marker} >/dev/null 2>&1 & exec sleep {marker}' >/dev/null 2>&1 & )
         while test $(pgrep -c -x sleep) -lt 5; do sleep 0.01; done
         echo ready; {last}"
    )
}

/// Waits until no process has the marker; the kernel may take a moment where nobody waited for it.
async fn gone(marker: &str) {
    within("the end of all processes", async {
        while count_with(marker) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn kill_leaves_nothing() {
    let (folder, marker, launcher) = (workspace(), marker(), launcher());
    let spec = script(folder.path(), &daemons(&marker, "sleep 1000"));
    let (mut confined, line) = start(&launcher, spec).await;
    assert_eq!(line, "ready");
    assert_eq!(count_with(&marker), 5, "the control: daemons run");
    within("the kill", confined.kill()).await.unwrap();
    assert_eq!(count_with(&marker), 0);
    within("a second kill", confined.kill()).await.unwrap();
}

#[tokio::test]
async fn a_normal_end_leaves_nothing() {
    let (folder, marker, launcher) = (workspace(), marker(), launcher());
    let spec = script(folder.path(), &daemons(&marker, "read -t 0 line; exit 3"));
    let (mut confined, line) = start(&launcher, spec).await;
    assert_eq!(line, "ready");
    let status = within("the end", confined.wait()).await.unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(count_with(&marker), 0);
}

#[tokio::test]
async fn dropping_leaves_nothing() {
    let (folder, marker, launcher) = (workspace(), marker(), launcher());
    let spec = script(folder.path(), &daemons(&marker, "sleep 1000"));
    let (confined, _) = start(&launcher, spec).await;
    assert_eq!(count_with(&marker), 5);
    drop(confined);
    gone(&marker).await;
}

#[tokio::test]
async fn a_caller_who_stops_waiting_for_the_start_leaves_nothing() {
    let (folder, marker, launcher) = (workspace(), marker(), launcher());
    for delay in 0..30 {
        let spec = script(folder.path(), &format!("sleep {marker}"));
        let launch = launcher.launch(spec);
        // Different moments of the start; whichever comes first is fine.
        let _ = tokio::time::timeout(Duration::from_micros(delay * 300), launch).await;
    }
    // A last one starts after all the others, so they are through.
    let (mut last, _) = start(&launcher, script(folder.path(), "echo ready; sleep 1000")).await;
    within("the kill", last.kill()).await.unwrap();
    gone(&marker).await;
}

#[tokio::test]
async fn a_sandbox_outlives_the_thread_that_asked_for_it() {
    let (folder, marker, launcher) = (workspace(), marker(), launcher());
    let spec = script(folder.path(), &daemons(&marker, "sleep 1000"));
    let runtime = tokio::runtime::Handle::current();
    let (mut confined, _) = tokio::task::spawn_blocking(move || {
        std::thread::spawn(move || runtime.block_on(start(&launcher, spec)))
            .join()
            .unwrap()
    })
    .await
    .unwrap();
    // Both threads are gone or idle, and so is the last launcher but the sandbox's own.
    assert_eq!(count_with(&marker), 5);
    within("the kill", confined.kill()).await.unwrap();
}

#[tokio::test]
async fn it_dies_with_the_server() {
    let (folder, marker) = (workspace(), marker());
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "ends::holds_a_sandbox",
            "--ignored",
            "--nocapture",
        ])
        .env("OUTWORK_TEST_MARKER", &marker)
        .env("OUTWORK_TEST_FOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = server.stdout.take().unwrap();
    let ready = tokio::task::spawn_blocking(move || {
        BufReader::new(said)
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("holding"))
    });
    assert!(
        within("the other server", ready).await.unwrap(),
        "the control: it held a sandbox"
    );
    assert_eq!(count_with(&marker), 5);
    server.kill().unwrap();
    server.wait().unwrap();
    gone(&marker).await;
}

/// A server of its own for the test above; without a marker it has nothing to do.
#[tokio::test]
#[ignore = "runs in a process of its own, started by it_dies_with_the_server"]
async fn holds_a_sandbox() {
    let variable = |wanted| std::env::vars().find(|(name, _)| name == wanted);
    let (Some((_, marker)), Some((_, folder))) = (
        variable("OUTWORK_TEST_MARKER"),
        variable("OUTWORK_TEST_FOLDER"),
    ) else {
        return;
    };
    let spec = script(Path::new(&folder), &daemons(&marker, "sleep 1000"));
    let (_confined, line) = start(&launcher(), spec).await;
    assert_eq!(line, "ready");
    println!("holding");
    // Until it is killed, or whoever started it is gone.
    let held = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    drop(held.await);
}

#[tokio::test]
async fn why_it_ended_is_told() {
    let (folder, launcher) = (workspace(), launcher());
    let spec = script(
        folder.path(),
        "echo ready; echo 'some last words' >&2; exit 7",
    );
    let (confined, _) = start(&launcher, spec).await;
    let error = within("the reason", confined.explain()).await;
    let Error::Ended { status, words } = error else {
        panic!("{error}");
    };
    assert!(status.contains('7'), "{status}");
    assert_eq!(words, "some last words");
}

#[tokio::test]
async fn a_flood_on_standard_error_blocks_nobody() {
    let folder = workspace();
    let said = run(script(
        folder.path(),
        "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo done",
    ))
    .await;
    assert_eq!(said.text, "done\n");
    assert_eq!(said.stderr.len(), 8 * 1024);
}
