//! What is left on the machine.

use std::path::Path;

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

/// The command lines of the processes that name a folder, this test itself left out.
pub fn naming(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let own = std::process::id().to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.bytes().all(|b| b.is_ascii_digit()) && name != own.as_str()
        })
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(folder) && line.contains("bwrap"))
        .collect()
}

/// The mounts that name a folder.
pub fn mounts_naming(folder: &Path) -> Vec<String> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let folder = folder.to_str().unwrap();
    mounts
        .lines()
        .filter(|line| line.contains(folder))
        .map(str::to_owned)
        .collect()
}
