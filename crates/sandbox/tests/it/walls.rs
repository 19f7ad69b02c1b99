//! Escapes: each succeeds outside, as the same user, and fails inside.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use outwork_sandbox::{Launcher, LauncherOptions};

use crate::support::{as_user, cannot, inside, marker, outside, script, start, workspace};

/// Runs an attempt outside, where it must reach its goal, and inside, where it must not.
async fn blocked(what: &str, attempt: &str) {
    let attempt = format!("{attempt} && echo reached");
    let control = outside(&attempt);
    let told = String::from_utf8_lossy(&control.stdout).into_owned();
    let errors = String::from_utf8_lossy(&control.stderr).into_owned();
    assert!(
        told.contains("reached"),
        "{what}: the control is broken: {told} {errors}"
    );
    let said = inside(&attempt).await;
    assert!(!said.text.contains("reached"), "{what}: {}", said.text);
}

/// A process of the same user on the host with a canary in its environment.
struct Victim(std::process::Child);

impl Victim {
    fn start() -> Self {
        let mut command = Command::new("/bin/sleep");
        command
            .arg(marker())
            .env("CANARY", "canary-7f3a")
            .stdin(Stdio::null());
        as_user(&mut command);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn files_of_the_host() {
    let other = workspace();
    let secret = other.path().join("secret");
    std::fs::write(&secret, "canary").unwrap();
    let secret = secret.display();
    blocked("another workspace", &format!("cat {secret}")).await;
    let link = format!("ln -sf {secret} /tmp/outwork-link-$$; cat /tmp/outwork-link-$$");
    blocked("another workspace through a link", &link).await;
    blocked(
        "another workspace through a process",
        &format!("cat /proc/self/root{secret}"),
    )
    .await;
    blocked(
        "writing into it",
        &format!("echo x > {}/new", other.path().display()),
    )
    .await;
    blocked(
        "a file of /etc that is not curated",
        "cat /etc/fstab /etc/login.defs >/dev/null",
    )
    .await;
}

#[tokio::test]
async fn processes_of_the_host() {
    let victim = Victim::start();
    let pid = victim.0.id();
    blocked(
        "the environment of a process",
        &format!("grep -a canary-7f3a /proc/{pid}/environ"),
    )
    .await;
    blocked("its root", &format!("ls /proc/{pid}/root/ >/dev/null")).await;
    blocked("a signal to it", &format!("kill -0 {pid}")).await;
    blocked(
        "seeing many processes",
        "test $(ls -d /proc/[0-9]* | wc -l) -gt 15",
    )
    .await;
}

#[tokio::test]
async fn the_network_of_the_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in ["127.0.0.1", "localhost"] {
        let attempt = format!("exec 3<>/dev/tcp/{address}/{port}");
        blocked(&format!("TCP to {address}"), &attempt).await;
    }
    let any = "grep -q -v -e lo: -e '|' /proc/net/dev || test -e /sys/class/net/lo";
    blocked("another interface", any).await;
}

#[tokio::test]
async fn user_namespaces_inside() {
    blocked("a user namespace", "unshare --user true").await;
    blocked(
        "a mount in one",
        "unshare --user --map-root-user --mount mount -t tmpfs none /mnt",
    )
    .await;
}

#[tokio::test]
async fn nothing_of_the_system_can_be_written() {
    let said = inside(
        "for f in / /usr /usr/bin /etc /dev /proc/sys/kernel /outwork /etc/passwd; do
           { test -d $f && touch $f/new; } 2>/dev/null && echo wrote $f
           test -f $f && { echo >> $f; } 2>/dev/null && echo wrote $f
         done; echo done",
    )
    .await;
    assert_eq!(said.text, "done\n", "{}", said.stderr);
}

#[tokio::test]
async fn no_descriptor_of_the_server_arrives() {
    let secret = workspace();
    let file = std::fs::File::create(secret.path().join("open")).unwrap();
    // As a careless library would leave it: without the flag that closes it at exec.
    let number = nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_DUPFD(100)).unwrap();
    let list = "ls /proc/self/fd";
    let control = Command::new("/bin/bash")
        .args(["-c", list])
        .output()
        .unwrap();
    let seen = String::from_utf8_lossy(&control.stdout).into_owned();
    assert!(
        seen.lines().any(|line| line == number.to_string()),
        "the control is broken: {seen}"
    );
    // The last one is the list's own.
    assert_eq!(inside(list).await.text, "0\n1\n2\n3\n");
}

#[tokio::test]
async fn useful_work_is_possible() {
    let said = inside(
        "set -e
         echo text > file; test \"$(cat file)\" = text
         f=$(mktemp); echo x > $f; test -w $HOME; echo x > /dev/shm/x; echo x > /var/tmp/x
         git init -q r; cd r; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m m
         diff <(echo a) <(echo a)
         test \"$(id -un)\" = agent; test \"$(getent hosts localhost | wc -l)\" -ge 1
         test \"$(hostname)\" = outwork; echo x > /dev/null; head -c 8 /dev/urandom >/dev/null
         python3 -c 'import socket, ssl
s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen()
c = socket.create_connection(s.getsockname()); print(\"connected\")'",
    )
    .await;
    assert!(said.is_success, "{} {}", said.text, said.stderr);
    assert!(said.text.contains("connected"));
}

#[tokio::test]
async fn the_environment_is_what_was_given() {
    let folder = workspace();
    let mut spec = crate::support::script(folder.path(), "env -0 | sort -z | tr '\\0' '\\n'");
    spec.environment = vec![("GIVEN".to_owned(), "a b\nc".to_owned())];
    let said = crate::support::run(spec).await;
    let names: Vec<&str> = said
        .text
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    assert_eq!(
        names,
        [
            "GIVEN", "HOME", "LC_CTYPE", "LOGNAME", "PATH", "PWD", "SHLVL", "TMPDIR", "USER", "_"
        ]
    );
    assert!(
        said.text.contains("PATH=/usr/local/bin:/usr/bin:/bin\n"),
        "{}",
        said.text
    );
}

#[tokio::test]
async fn the_mark_of_the_server_stays_outside() {
    let launcher = Launcher::start(LauncherOptions {
        mark: Some(("MARK".into(), "of the tests".into())),
        ..LauncherOptions::default()
    })
    .unwrap_or_else(|error| cannot(&error));
    let folder = workspace();
    let look =
        "cat /proc/*/environ | tr '\\0' '\\n' | grep -c -e MARK -e 'of the tests'; sleep 1000";
    let (mut confined, count) = start(&launcher, script(folder.path(), look)).await;
    let outer = std::fs::read(format!("/proc/{}/environ", confined.pid())).unwrap();
    assert_eq!(outer, b"MARK=of the tests\0", "the control");
    assert_eq!(count, "0");
    confined.kill().await.unwrap();
}
