//! Control groups, where this machine lets us use them: limits in force, told, and nothing left behind.

use std::path::PathBuf;
use std::process::Command;

use outwork_sandbox::{
    Confined, Groups, Launched, Launcher, LauncherOptions, LimitReached, LimitsMode, Spec,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::ChildStdin;

use crate::support::{cannot, marker, script, within, workspace};

/// The groups of one test; none where this machine has none, which its server would say as well.
fn groups(name: &str) -> Option<Groups> {
    let groups = Groups::find(&format!("test{}{name}", std::process::id()));
    match groups.mode() {
        LimitsMode::Cgroup1 | LimitsMode::Cgroup2 => Some(groups),
        LimitsMode::Rlimit => {
            let why = groups.why_not().unwrap_or_default();
            eprintln!("no control groups on this machine, nothing to look at: {why}");
            None
        }
    }
}

fn launcher(groups: &Groups) -> Launcher {
    let options = LauncherOptions {
        groups: groups.clone(),
        ..LauncherOptions::default()
    };
    Launcher::start(options).unwrap_or_else(|error| cannot(&error))
}

/// A sandbox whose script says lines and waits for lines.
struct Talk {
    confined: Confined,
    stdin: ChildStdin,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Talk {
    async fn start(launcher: &Launcher, spec: Spec) -> Self {
        let launched = launcher.launch(spec).await;
        let Launched {
            confined,
            stdin,
            stdout,
        } = launched.unwrap_or_else(|error| cannot(&error));
        Self {
            confined,
            stdin,
            lines: BufReader::new(stdout).lines(),
        }
    }

    async fn line(&mut self) -> String {
        let line = within("a line", self.lines.next_line()).await.unwrap();
        line.unwrap_or_else(|| panic!("no line: {}", self.confined.stderr_tail()))
    }

    async fn end(mut self) {
        drop(self.stdin);
        within("the kill", self.confined.kill()).await.unwrap();
    }
}

/// Every folder below the mounts of control groups with such a name.
fn folders(name: &str) -> Vec<PathBuf> {
    let output = Command::new("find")
        .args(["/sys/fs/cgroup", "-type", "d", "-name"])
        .arg(format!("outwork-test{}{name}-*", std::process::id()))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(PathBuf::from).collect()
}

const EAT: &str = "head -c 300000000 /dev/zero | tail -c 300000000 > /dev/null";

#[tokio::test]
async fn memory_ends_at_its_limit_and_only_the_eater_is_killed() {
    let Some(groups) = groups("memory") else {
        return;
    };
    let folder = workspace();
    let text = format!("{EAT}; echo ${{PIPESTATUS[1]}}; read line; {EAT}; echo $?; read line");
    let mut spec = script(folder.path(), &text);
    spec.limits.memory_bytes = 64 << 20;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    assert_eq!(talk.line().await, "137");
    let bytes = 64 << 20;
    let reached = [LimitReached::Memory { bytes }];
    assert_eq!(talk.confined.limits_reached(), reached);
    assert_eq!(talk.confined.limits_reached(), [], "told once");
    assert!(!folders("memory").is_empty(), "the control");
    talk.end().await;
    assert_eq!(folders("memory"), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn the_same_is_possible_within_the_limit() {
    let Some(groups) = groups("enough") else {
        return;
    };
    let folder = workspace();
    let spec = script(
        folder.path(),
        &format!("{EAT}; echo ${{PIPESTATUS[1]}}; read line"),
    );
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    assert_eq!(talk.line().await, "0");
    assert_eq!(talk.confined.limits_reached(), []);
    talk.end().await;
}

#[tokio::test]
async fn a_folder_in_memory_counts() {
    let Some(groups) = groups("tmp") else {
        return;
    };
    let folder = workspace();
    let text = "head -c 200M /dev/zero > /tmp/a; sleep 1000";
    let mut spec = script(folder.path(), text);
    spec.limits.memory_bytes = 64 << 20;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    // Killing gives nothing back of it, so the kernel goes on until nobody is left.
    let status = within("the end", talk.confined.wait()).await.unwrap();
    assert!(!status.success(), "{status}");
    let bytes = 64 << 20;
    let reached = [LimitReached::Memory { bytes }];
    assert_eq!(talk.confined.limits_reached(), reached);
}

#[tokio::test]
async fn processes_are_refused_at_their_limit() {
    let Some(groups) = groups("pids") else {
        return;
    };
    let folder = workspace();
    let bomb = "python3 -c 'import os, time
count = 0
try:
  while count < 60:
    if os.fork() == 0: time.sleep(1000)
    count += 1
except OSError: pass
print(count, flush=True)'; read line";
    let mut spec = script(folder.path(), bomb);
    spec.limits.processes = 40;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    let count: u32 = talk.line().await.parse().unwrap();
    assert!((5..40).contains(&count), "{count}");
    let reached = [LimitReached::Processes { count: 40 }];
    assert_eq!(talk.confined.limits_reached(), reached);
    talk.end().await;
    assert_eq!(folders("pids"), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn cpu_time_is_a_share_of_the_time_that_passes() {
    let Some(groups) = groups("cpu") else {
        return;
    };
    let folder = workspace();
    let text = "python3 -c 'import time
end = time.monotonic() + 2
while time.monotonic() < end: pass
print(time.process_time(), flush=True)'; read line";
    let mut spec = script(folder.path(), text);
    spec.limits.cpu_percent = 20;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    let used: f64 = talk.line().await.parse().unwrap();
    // A fifth of two seconds; a busy machine gives less, none gives so much more.
    assert!(used < 1.0, "{used}");
    talk.end().await;
}

#[tokio::test]
async fn what_is_written_to_the_disk_each_second_is_limited() {
    let Some(groups) = groups("disk") else {
        return;
    };
    let folder = workspace();
    if let Err(why) = groups.limits_writes(folder.path()) {
        eprintln!("writing to the disk cannot be limited here: {why}");
        return;
    }
    let text = "head -c 1M /dev/zero > /repo/a; sync /repo/a; echo written; read line";
    let mut spec = script(folder.path(), text);
    spec.limits.disk_write_bytes_per_sec = 7 << 20;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    assert_eq!(talk.line().await, "written");
    // The kernel says what it holds the group to, under the name that its version has for it.
    let told: Vec<String> = folders("disk")
        .iter()
        .flat_map(|group| {
            ["blkio.throttle.write_bps_device", "io.max"].map(|file| group.join(file))
        })
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .filter(|text| !text.is_empty())
        .collect();
    assert!(told.len() == 1 && told[0].contains("7340032"), "{told:?}");
    talk.end().await;
    assert_eq!(folders("disk"), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn who_waits_for_the_disk_ends_at_once() {
    let Some(groups) = groups("wait") else {
        return;
    };
    let folder = workspace();
    if let Err(why) = groups.limits_writes(folder.path()) {
        eprintln!("writing to the disk cannot be limited here: {why}");
        return;
    }
    let text = "head -c 64M /dev/zero > /repo/a; sync /repo/a &
while read -r _ _ state _ < /proc/$!/stat && [ $state != D ] && [ $state != Z ]; do :; done
echo waits; wait; echo synced";
    let mut spec = script(folder.path(), text);
    // Minutes, as long as the limit holds; longer than any kill waits.
    spec.limits.disk_write_bytes_per_sec = 256 << 10;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    assert_eq!(talk.line().await, "waits");
    talk.end().await;
    assert_eq!(folders("wait"), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn a_dropped_sandbox_leaves_no_group() {
    let Some(groups) = groups("drop") else {
        return;
    };
    let folder = workspace();
    let spec = script(folder.path(), "echo ready; sleep 1000");
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    assert_eq!(talk.line().await, "ready");
    assert!(!folders("drop").is_empty(), "the control");
    drop(talk);
    within("the end of the group", async {
        while !folders("drop").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_killed_server_left_is_swept() {
    let Some(groups) = groups("sweep") else {
        return;
    };
    // A sandbox that is not ended, as one of a server that was killed; its processes are still there.
    let folder = workspace();
    let marker = marker();
    let look = "while ! pgrep -x sleep > /dev/null; do :; done";
    let spec = script(
        folder.path(),
        &format!("sleep {marker} & {look}; echo ready; wait"),
    );
    let launcher = launcher(&groups);
    let mut talk = Talk::start(&launcher, spec).await;
    assert_eq!(talk.line().await, "ready");
    assert_eq!(crate::support::count_with(&marker), 1);
    let others = Groups::find(&format!("test{}other", std::process::id()));
    assert_eq!(others.sweep(), 0);
    let count = groups.sweep();
    assert!(count > 0 && folders("sweep").is_empty(), "{count}");
    assert_eq!(crate::support::count_with(&marker), 0);
    drop(talk);
}

#[tokio::test]
async fn output_that_floods_counts_for_nobody() {
    let Some(groups) = groups("flood") else {
        return;
    };
    let folder = workspace();
    let mut spec = script(
        folder.path(),
        "head -c 100M /dev/zero; echo; echo done; read line",
    );
    spec.limits.memory_bytes = 64 << 20;
    let mut talk = Talk::start(&launcher(&groups), spec).await;
    let mut stdout = talk.lines.into_inner();
    let mut piece = vec![0; 1 << 16];
    let mut total = 0;
    while total < 100 << 20 {
        let count = within("output", stdout.read(&mut piece)).await.unwrap();
        assert!(count > 0);
        total += count;
    }
    assert_eq!(talk.confined.limits_reached(), []);
    within("the kill", talk.confined.kill()).await.unwrap();
}

#[test]
fn groups_can_be_insisted_on() {
    let none = Groups::none("nothing here");
    let error = none.require().unwrap_err();
    assert!(error.to_string().contains("nothing here"));
    if let Some(found) = groups("require") {
        found.require().unwrap();
    }
}
