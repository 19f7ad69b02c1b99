//! Paths that are no ordinary files, and writes that are interrupted.

use std::fs::{File, read_to_string};

use outwork_domain::ToolStatus;
use serde_json::{Value, json};

use crate::support::{Run, call, is_lost, within};

#[tokio::test]
async fn every_tool_answers_on_every_odd_file() {
    let mut run = Run::start().await;
    run.done(
        "mkfifo fifo; mkdir folder; ln -s loop loop; ln -s a b; ln -s b a; ln -s none dangling
         echo secret > unreadable; chmod 0 unreadable
         python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'
         mkdir -p locked/x; chmod 0 locked",
    )
    .await;
    // Inside, the limit on the size of a file already refuses it.
    let sparse = File::create(run.folders.repo.join("sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    let cases = [
        ("fifo", "is a FIFO"),
        ("folder", "is a folder"),
        ("loop", "Too many levels of symbolic links"),
        ("a", "Too many levels of symbolic links"),
        ("sparse", "1099511627776 bytes are too many"),
        ("unreadable", "Permission denied"),
        ("socket", "is a socket"),
        ("/dev/zero", "is a device"),
        ("/dev/tty", "is a device"),
        ("locked/x", "Permission denied"),
        ("fifo/x", "Not a directory"),
    ];
    for (path, expected) in cases {
        let calls: [(&str, Value); 4] = [
            ("read", json!({"path": path})),
            ("write", json!({"path": path, "content": "x"})),
            (
                "edit",
                json!({"path": path, "old_string": "x", "new_string": "y"}),
            ),
            ("grep", json!({"path": path, "pattern": "x"})),
        ];
        for (name, arguments) in calls {
            if name == "grep" && path == "folder" {
                continue;
            }
            let result = run.call(name, arguments).await;
            assert_eq!(
                result.status,
                ToolStatus::Error,
                "{name} {path}: {}",
                result.text
            );
            assert!(
                result.text.contains(expected),
                "{name} {path}: {}",
                result.text
            );
        }
    }
    let missing = run.call("read", json!({"path": "dangling"})).await;
    assert!(missing.text.contains("No such file"), "{}", missing.text);
    // A search over all of them answers too.
    assert_eq!(
        run.call("grep", json!({"pattern": "secret"})).await.text,
        "[no line matches]"
    );
    assert!(
        run.call("glob", json!({"pattern": "*"}))
            .await
            .text
            .contains("unreadable")
    );
    let proc = run.call("read", json!({"path": "/proc/self/status"})).await;
    assert!(proc.text.contains("Name:"), "{}", proc.text);
    run.done("chmod 700 locked").await;
    run.end().await;
}

#[tokio::test]
async fn a_write_that_is_killed_leaves_old_or_new() {
    let (old, new) = ("old\n".repeat(400_000), "new\n".repeat(700_000));
    for round in 0..8_u32 {
        let mut run = Run::start().await;
        let made = run
            .call("write", json!({"path": "f", "content": old}))
            .await;
        assert_eq!(made.status, ToolStatus::Ok);
        let write = call("write", json!({"path": "f", "content": new}));
        let Run {
            confined,
            host,
            folders,
        } = &mut run;
        {
            let mut ignored = |_: &str| {};
            let written = host.call(&write, &mut ignored);
            // Killed at another moment each time: before, during or after.
            let moment =
                tokio::time::sleep(std::time::Duration::from_micros(u64::from(round) * 2500));
            tokio::pin!(written, moment);
            tokio::select! {
                _ = &mut moment => {}
                result = &mut written => assert_eq!(result.unwrap().status, ToolStatus::Ok),
            }
            within("the kill", confined.kill()).await.unwrap();
        }
        let found = read_to_string(folders.repo.join("f")).unwrap();
        assert!(found == old || found == new, "torn: {} bytes", found.len());
    }
}

#[tokio::test]
async fn a_file_larger_than_the_disk_is_an_error_and_keeps_the_old_one() {
    let mut run = Run::start().await;
    run.done("echo old > /tmp/f; head -c 1100M /dev/zero > /tmp/fill 2>/dev/null; true")
        .await;
    let content = "x".repeat(1 << 20);
    let result = run
        .call("write", json!({"path": "/tmp/f", "content": content}))
        .await;
    assert_eq!(result.status, ToolStatus::Error);
    assert!(
        result.text.contains("No space left on device"),
        "{}",
        result.text
    );
    assert_eq!(run.done("cat /tmp/f; ls -A /tmp | wc -l").await, "old\n2\n");
    run.end().await;
}

#[tokio::test]
async fn a_dead_tool_host_is_lost_and_the_files_are_kept() {
    let mut run = Run::start().await;
    run.done("echo kept > file").await;
    let sleeper = call("shell", json!({"command": "sleep 1000"}));
    let host = run.confined.pid();
    let Run {
        host: tool_host, ..
    } = &mut run;
    let mut ignored = |_: &str| {};
    let called = tool_host.call(&sleeper, &mut ignored);
    let killed = async { kill_inside(host) };
    let (error, ()) = within("the loss", async { tokio::join!(called, killed) }).await;
    let error = error.unwrap_err();
    assert!(is_lost(&error), "{error}");
    let next = call("shell", json!({"command": "true"}));
    let error = within("a later call", run.host.call(&next, &mut |_| {}))
        .await
        .unwrap_err();
    assert!(is_lost(&error), "{error}");
    let mut again = Run::start_in(run.end().await, &[]).await;
    assert_eq!(again.done("cat file").await, "kept\n");
    let folders = again.end().await;
    drop(File::open(folders.repo.join("file")).unwrap());
}

/// Kills the tool host, the only child of the outer process.
fn kill_inside(outer: u32) {
    let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).unwrap();
    let pid: i32 = children.trim().parse().unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
}
