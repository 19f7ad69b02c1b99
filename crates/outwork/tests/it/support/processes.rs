//! What runs or is left on the machine of one test's servers.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A process: its id and its command line.
pub type Process = (i32, String);

/// The processes whose file `name` below `/proc/<id>` pleases.
fn with(name: &str, pleases: impl Fn(&[u8]) -> bool) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter_map(|id| {
        let read = |name| std::fs::read(format!("/proc/{id}/{name}")).ok();
        let command_line = read("cmdline").unwrap_or_default();
        pleases(&read(name)?).then(|| {
            let words = String::from_utf8_lossy(&command_line).replace('\0', " ");
            (id, words)
        })
    })
    .collect()
}

/// The processes that a server on this data folder started on the host: git, and bubblewrap's own.
pub fn marked(data_dir: &Path) -> Vec<Process> {
    let mark = format!("OUTWORK_PROCESS_OF={}", data_dir.to_str().unwrap());
    with("environ", |environment| {
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
    })
}

/// The processes in sandboxes: those that see something of the data folder by a mount.
pub fn confined(data_dir: &Path) -> Vec<Process> {
    // A mount on the way, such as one on /tmp, hides the path's beginning.
    let mut names = data_dir.iter().rev().map(|name| name.to_str().unwrap());
    let (data, ground) = (names.next().unwrap(), names.next().unwrap());
    let end = format!("/{ground}/{data}/");
    with("mountinfo", |mounts| {
        String::from_utf8_lossy(mounts).contains(&end)
    })
}

/// Both.
pub fn all(data_dir: &Path) -> Vec<Process> {
    [marked(data_dir), confined(data_dir)].concat()
}

/// Waits until no sandbox runs: where nobody waits for its end, the kernel takes a moment.
pub async fn no_sandbox(data_dir: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let left = confined(data_dir);
        if left.is_empty() {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "a sandbox outlived its server: {left:?}"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The mounts of the host that name a folder.
pub fn mounts_naming(folder: &Path) -> Vec<String> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let folder = folder.to_str().unwrap();
    mounts
        .lines()
        .filter(|line| line.contains(folder))
        .map(str::to_owned)
        .collect()
}

/// The control groups of a data folder's servers, as far as the machine shows them.
pub fn groups(data_dir: &Path) -> Vec<PathBuf> {
    let about = std::fs::metadata(data_dir).unwrap();
    let prefix = format!("outwork-{:x}-{:x}-", about.dev(), about.ino());
    let (mut found, mut open) = (Vec::new(), vec![PathBuf::from("/sys/fs/cgroup")]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                found.push(entry.path());
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
    }
    found
}
