//! As whom a sandbox really runs, seen from the host.

use std::os::unix::fs::MetadataExt;

use outwork_sandbox::User;

use crate::support::{GROUP, UID, launcher, script, start, user, within, workspace};

fn field(pid: u32, name: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_uid_is_really_dropped() {
    let (folder, launcher) = (workspace(), launcher());
    let spec = script(folder.path(), "touch made; id; echo; sleep 1000");
    let (mut confined, line) = start(&launcher, spec).await;
    assert!(
        line.starts_with("uid=1000(agent) gid=1000(agent)"),
        "{line}"
    );
    let made = folder.path().join("made").metadata().unwrap();
    let pid = confined.pid();
    match user() {
        User::Dropped { .. } => {
            let four = [
                UID.to_string(),
                UID.to_string(),
                UID.to_string(),
                UID.to_string(),
            ]
            .join(" ");
            assert_eq!(field(pid, "Uid:"), four);
            assert_eq!(field(pid, "Gid:"), four);
            assert_eq!(field(pid, "Groups:"), GROUP.to_string());
            assert_eq!((made.uid(), made.gid()), (UID, UID));
        }
        User::Current => assert_eq!(made.uid(), nix::unistd::getuid().as_raw()),
    }
    assert_eq!(field(pid, "NoNewPrivs:"), "1");
    assert_eq!(field(pid, "CapEff:"), "0000000000000000");
    within("the kill", confined.kill()).await.unwrap();
}

#[tokio::test]
async fn arguments_and_environment_are_in_no_process_list() {
    let (folder, launcher) = (workspace(), launcher());
    let mut spec = script(
        folder.path(),
        "tr '\\0' ' ' < /proc/1/cmdline; echo; sleep 1000",
    );
    spec.environment = vec![("TOKEN".to_owned(), "canary-51c2".to_owned())];
    let (mut confined, line) = start(&launcher, spec).await;
    let host = std::fs::read(format!("/proc/{}/cmdline", confined.pid())).unwrap();
    let path = folder.path().display().to_string();
    let host = String::from_utf8_lossy(&host).into_owned();
    assert!(
        host.contains("--args"),
        "the control: this is bubblewrap's: {host}"
    );
    assert!(line.starts_with("/outwork -c"), "{line}");
    for list in [line, host] {
        assert!(
            !list.contains("canary-51c2") && !list.contains(&path),
            "{list}"
        );
    }
    within("the kill", confined.kill()).await.unwrap();
}
