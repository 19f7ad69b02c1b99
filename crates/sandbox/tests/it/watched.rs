//! What the server itself holds sandboxes to: the disk everywhere, memory where there are no groups.

use std::path::Path;
use std::time::Duration;

use outwork_sandbox::{Confined, Launched, LimitReached, LimitsMode, Spec};
use tokio::io::AsyncReadExt;

use crate::support::{cannot, launcher, script, within, workspace};

/// Starts a sandbox that reads nothing.
async fn start(spec: Spec) -> (Confined, tokio::process::ChildStdout) {
    // Without groups, whatever this machine has.
    let launcher = launcher();
    assert_eq!(launcher.limits(), LimitsMode::Rlimit);
    let launched = launcher.launch(spec).await;
    let Launched {
        confined,
        stdin,
        stdout,
    } = launched.unwrap_or_else(|error| cannot(&error));
    drop(stdin);
    (confined, stdout)
}

/// Waits until a limit is reached.
async fn reached(confined: &Confined) -> LimitReached {
    within("a limit", async {
        loop {
            if let Some(reached) = confined.limits_reached().pop() {
                return reached;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

fn filling(folder: &Path, text: &str) -> Spec {
    let mut spec = script(folder, text);
    spec.limits.disk_bytes = 8 << 20;
    spec.limits.disk_files = 1000;
    spec
}

const DISK: LimitReached = LimitReached::Disk {
    bytes: 8 << 20,
    files: 1000,
};
const FOR_GOOD: LimitReached = LimitReached::DiskForGood {
    bytes: 8 << 20,
    files: 1000,
};

#[tokio::test]
async fn the_largest_process_is_killed_at_the_limit_of_memory() {
    let folder = workspace();
    let eat = "python3 -c 'import time; held = b\"x\" * 300000000; time.sleep(1000)'; echo $?";
    let mut spec = script(folder.path(), eat);
    spec.limits.memory_bytes = 128 << 20;
    let (mut confined, mut stdout) = start(spec).await;
    let mut text = String::new();
    within("the end", stdout.read_to_string(&mut text))
        .await
        .unwrap();
    assert_eq!(text, "137\n");
    let bytes = 128 << 20;
    assert_eq!(confined.limits_reached(), [LimitReached::Memory { bytes }]);
    assert!(within("the end", confined.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_disk_that_is_filled_ends_the_command_and_not_the_sandbox() {
    let folder = workspace();
    // A bounded fill, so that a test that fails does no harm; it stays until it is ended.
    let text = "head -c 40M /dev/urandom > big; sync big; exec sleep 1000";
    let spec = filling(
        folder.path(),
        &format!("bash -c '{text}'; echo $?; rm big; echo cleaned"),
    );
    let (mut confined, mut stdout) = start(spec).await;
    assert_eq!(reached(&confined).await, DISK);
    let mut text = String::new();
    within("the end", stdout.read_to_string(&mut text))
        .await
        .unwrap();
    assert_eq!(text, "137\ncleaned\n");
    assert!(within("the end", confined.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_mass_of_files_ends_the_command() {
    let folder = workspace();
    let text = "for n in $(seq 3000); do : > f$n; done; exec sleep 1000";
    let spec = filling(folder.path(), &format!("bash -c '{text}'; echo $?"));
    let (mut confined, mut stdout) = start(spec).await;
    assert_eq!(reached(&confined).await, DISK);
    let mut text = String::new();
    within("the end", stdout.read_to_string(&mut text))
        .await
        .unwrap();
    assert_eq!(text, "137\n");
    within("the end", confined.wait()).await.unwrap();
}

#[tokio::test]
async fn whoever_goes_on_growing_loses_the_sandbox() {
    let folder = workspace();
    let fill = "head -c 40M /dev/urandom > big$n; sync big$n; exec sleep 1000";
    let spec = filling(
        folder.path(),
        &format!("for n in 1 2 3; do export n; bash -c '{fill}'; done; sleep 1000"),
    );
    let (mut confined, _stdout) = start(spec).await;
    assert_eq!(reached(&confined).await, DISK);
    assert_eq!(reached(&confined).await, FOR_GOOD);
    let status = within("the end", confined.wait()).await.unwrap();
    assert!(!status.success(), "{status}");
    assert!(!folder.path().join("big3").exists());
}

#[tokio::test]
async fn a_sparse_file_of_a_terabyte_takes_nothing() {
    let folder = workspace();
    let mut spec = filling(
        folder.path(),
        "python3 -c 'import os; f = open(\"sparse\", \"w\"); os.truncate(\"sparse\", 1 << 40)' &&
         head -c 4M /dev/urandom > small && echo fits; sleep 7",
    );
    // The limit on one file would refuse it as well, which its own test shows.
    spec.limits.file_bytes = 1 << 41;
    let (mut confined, mut stdout) = start(spec).await;
    let mut text = String::new();
    within("the end", stdout.read_to_string(&mut text))
        .await
        .unwrap();
    assert_eq!(text, "fits\n");
    assert_eq!(confined.limits_reached(), []);
    assert!(within("the end", confined.wait()).await.unwrap().success());
    let mut spec = filling(
        folder.path(),
        "(trap '' XFSZ; python3 -c 'import os; f = open(\"sparse\", \"w\"); os.truncate(\"sparse\", 1 << 40)') 2>&1 | grep -c OSError",
    );
    spec.limits.file_bytes = 1 << 30;
    let (_confined, mut stdout) = start(spec).await;
    let mut text = String::new();
    within("the end", stdout.read_to_string(&mut text))
        .await
        .unwrap();
    assert_eq!(text, "1\n");
}
