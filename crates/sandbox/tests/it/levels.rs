//! Sandboxes without bubblewrap: what the inner walls hold by themselves, and that nothing is left at the end.

use std::path::Path;
use std::time::Duration;

use outwork_domain::IsolationLevel;
use outwork_sandbox::{
    Access, Bind, CONFINED_VARIABLE, Groups, Launcher, LauncherOptions, LimitsMode, Spec,
};

use crate::support::{
    Said, cannot, count_with, launcher_of, lone_user, lone_workspace, marker, pids_with, run_in,
    script, start, within, workspace,
};

/// A bash script whose paths are the host's.
fn loose(folder: &Path, text: &str) -> Spec {
    let mut spec = script(folder, text);
    spec.user = lone_user();
    spec.binds[0].target = folder.to_owned();
    spec.working_folder = folder.to_owned();
    for name in ["HOME", "TMPDIR"] {
        let path = folder.to_str().unwrap().to_owned();
        spec.environment.push((name.to_owned(), path));
    }
    spec
}

/// The same behind the walls that the level has: what stands in for the tool host raises them.
async fn behind_walls(level: IsolationLevel, folder: &Path, text: &str) -> Said {
    let stand_in = workspace();
    let program = stand_in.path().join("stand-in");
    std::fs::copy(env!("CARGO_BIN_EXE_outwork-sandbox-inspect"), &program).unwrap();
    let mut spec = loose(folder, text);
    spec.program = program;
    let name = format!("outwork-levels-{}", marker());
    let words = ["stand-in", &name, "/bin/bash", "-c", text];
    spec.arguments = words.map(str::to_owned).to_vec();
    run_in(&launcher_of(level), spec).await
}

/// Opens a socket of each family, and says which it got.
const SOCKETS: &str = r#"python3 -c '
import socket
for name in ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_VSOCK", "AF_PACKET"]:
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW]:
        try:
            socket.socket(getattr(socket, name), kind)
        except OSError as error:
            print(name, kind.name, error.errno)
        else:
            print(name, kind.name, "opened")
'"#;

#[tokio::test]
async fn a_shared_network_is_refused_by_every_socket_but_unix_ones() {
    let folder = lone_workspace();
    let of = |level| behind_walls(level, folder.path(), SOCKETS);
    let control = of(IsolationLevel::None).await;
    for opened in [
        "AF_UNIX SOCK_STREAM opened",
        "AF_INET SOCK_STREAM opened",
        "AF_INET SOCK_DGRAM opened",
        "AF_NETLINK SOCK_DGRAM opened",
    ] {
        let text = &control.text;
        assert!(
            text.contains(opened),
            "the control: {text} {}",
            control.stderr
        );
    }
    let said = of(IsolationLevel::Weak).await;
    let lines: Vec<&str> = said.text.lines().collect();
    assert_eq!(lines.len(), 18, "{} {}", said.text, said.stderr);
    // The number of "address family not supported".
    let is_refused = |line: &&str| line.ends_with(" 97");
    let (unix, others) = lines.split_at(3);
    assert_eq!(unix[0], "AF_UNIX SOCK_STREAM opened");
    assert!(others.iter().all(is_refused), "{}", said.text);
}

/// The walls of the own network let these be, so that it is the network that makes the difference.
#[tokio::test]
async fn an_own_network_has_ip_and_netlink_sockets() {
    let folder = lone_workspace();
    let said = behind_walls(IsolationLevel::FullNoproc, folder.path(), SOCKETS).await;
    for opened in [
        "AF_INET SOCK_STREAM",
        "AF_INET6 SOCK_DGRAM",
        "AF_NETLINK SOCK_DGRAM",
    ] {
        let opened = format!("{opened} opened");
        assert!(said.text.contains(&opened), "{} {}", said.text, said.stderr);
    }
    assert!(
        said.text.contains("AF_PACKET SOCK_DGRAM 97"),
        "{}",
        said.text
    );
}

#[tokio::test]
async fn only_what_was_bound_is_opened_on_the_host() {
    let (folder, other) = (lone_workspace(), lone_workspace());
    let secret = other.path().join("secret");
    std::fs::write(&secret, "canary").unwrap();
    std::fs::write("/dev/shm/outwork-levels", "canary").unwrap();
    let text = format!(
        "cat {secret} >/dev/null 2>&1 && echo other
         echo x 2>/dev/null > {other}/new && echo new
         ls / >/dev/null 2>&1 && echo root
         cat /etc/fstab /etc/login.defs /etc/shells >/dev/null 2>&1; test -r /etc/login.defs || true
         cat /etc/login.defs >/dev/null 2>&1 && echo settings
         cat /dev/shm/outwork-levels >/dev/null 2>&1 && echo memory
         (: < /dev/ptmx) 2>/dev/null && echo terminals
         cat $HOME/own > $TMPDIR/copy && echo work; id -u >/dev/null && echo names
         echo x > /dev/null && echo null",
        secret = secret.display(),
        other = other.path().display(),
    );
    std::fs::write(folder.path().join("own"), "text").unwrap();
    let of = |level| behind_walls(level, folder.path(), &text);
    let control = of(IsolationLevel::None).await;
    let expected = "other\nnew\nroot\nsettings\nmemory\nterminals\nwork\nnames\nnull\n";
    assert_eq!(control.text, expected, "the control: {}", control.stderr);
    let said = of(IsolationLevel::Weak).await;
    assert_eq!(said.text, "work\nnames\nnull\n", "{}", said.stderr);
    std::fs::remove_file("/dev/shm/outwork-levels").unwrap();
}

#[tokio::test]
async fn paths_and_environment_are_those_that_were_given() {
    let folder = lone_workspace();
    let text = "pwd; echo $HOME; echo $TMPDIR; env | cut -d= -f1 | sort | tr '\\n' ' '";
    let said = run_in(
        &launcher_of(IsolationLevel::None),
        loose(folder.path(), text),
    )
    .await;
    let path = folder.path().display();
    let names =
        "HOME LC_CTYPE LOGNAME OUTWORK_CONFINED OUTWORK_SANDBOX PATH PWD SHLVL TMPDIR USER _ ";
    assert_eq!(said.text, format!("{path}\n{path}\n{path}\n{names}"));
    assert!(names.contains(CONFINED_VARIABLE));
}

/// Daemons of every kind, then one line.
fn daemons(marker: &str, last: &str) -> String {
    format!(
        "sleep {marker} >/dev/null 2>&1 &
         setsid sleep {marker} >/dev/null 2>&1 &
         nohup setsid sleep {marker} >/dev/null 2>&1 &
         ( setsid sh -c 'sleep {marker} >/dev/null 2>&1 & exec sleep {marker}' >/dev/null 2>&1 & )
         while test $(pgrep -c -f '^sleep {marker}') -lt 5; do sleep 0.01; done
         echo ready; {last}"
    )
}

/// With control groups where there are some, and without them.
fn launchers(level: IsolationLevel) -> Vec<Launcher> {
    let name = format!("levels{}", marker().replace('.', "-"));
    let found = Groups::find(&name);
    let mut all = vec![Groups::none("the test wants none")];
    match found.mode() {
        LimitsMode::Cgroup1 | LimitsMode::Cgroup2 => all.push(found),
        LimitsMode::Rlimit => eprintln!("no control groups on this machine"),
    }
    let start = |groups| {
        let options = LauncherOptions {
            level,
            groups,
            ..LauncherOptions::default()
        };
        Launcher::start(options).unwrap_or_else(|error| cannot(&error))
    };
    all.into_iter().map(start).collect()
}

const LOOSE: [IsolationLevel; 2] = [IsolationLevel::Weak, IsolationLevel::None];

#[tokio::test]
async fn a_kill_leaves_nothing() {
    for launcher in LOOSE.into_iter().flat_map(launchers) {
        let (folder, marker) = (lone_workspace(), marker());
        let spec = loose(folder.path(), &daemons(&marker, "sleep 1000"));
        let (mut confined, line) = start(&launcher, spec).await;
        assert_eq!(line, "ready");
        assert_eq!(count_with(&marker), 5, "the control: daemons run");
        within("the kill", confined.kill()).await.unwrap();
        assert_eq!(count_with(&marker), 0, "{}", launcher.level());
        within("a second kill", confined.kill()).await.unwrap();
    }
}

#[tokio::test]
async fn a_normal_end_leaves_nothing() {
    for launcher in LOOSE.into_iter().flat_map(launchers) {
        let (folder, marker) = (lone_workspace(), marker());
        let spec = loose(folder.path(), &daemons(&marker, "read -t 0 line; exit 3"));
        let (mut confined, line) = start(&launcher, spec).await;
        assert_eq!(line, "ready");
        let status = within("the end", confined.wait()).await.unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(count_with(&marker), 0, "{}", launcher.level());
    }
}

#[tokio::test]
async fn dropping_leaves_nothing() {
    for launcher in LOOSE.into_iter().flat_map(launchers) {
        let (folder, marker) = (lone_workspace(), marker());
        let spec = loose(folder.path(), &daemons(&marker, "sleep 1000"));
        let (confined, _) = start(&launcher, spec).await;
        assert_eq!(count_with(&marker), 5);
        drop(confined);
        within("the end of all processes", async {
            while count_with(&marker) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

/// The one that holds the tree together is killed by what it started.
#[tokio::test]
async fn who_kills_the_first_process_does_not_get_away() {
    for launcher in LOOSE.into_iter().flat_map(launchers) {
        let (folder, marker) = (lone_workspace(), marker());
        let spec = loose(folder.path(), &daemons(&marker, "kill -9 $$"));
        let (mut confined, line) = start(&launcher, spec).await;
        assert_eq!(line, "ready");
        let status = within("the end", confined.wait()).await.unwrap();
        assert!(!status.success());
        assert_eq!(
            pids_with(&marker),
            Vec::<i32>::new(),
            "{}",
            launcher.level()
        );
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_named() {
    let folder = lone_workspace();
    for (program, part) in [
        ("/nonexistent/x", "/nonexistent/x"),
        ("/etc/passwd", "/etc/passwd"),
    ] {
        let mut spec = loose(folder.path(), "");
        spec.program = program.into();
        let error = launcher_of(IsolationLevel::Weak).launch(spec).await;
        let error = error.err().unwrap();
        assert!(
            matches!(error, outwork_sandbox::Error::ProgramUnusable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(part), "{error}");
    }
    // A wall that cannot be raised ends the program with the reason.
    let stand_in = workspace();
    let program = stand_in.path().join("stand-in");
    std::fs::copy(env!("CARGO_BIN_EXE_outwork-sandbox-inspect"), &program).unwrap();
    let mut spec = loose(folder.path(), "");
    spec.program = program;
    spec.arguments = ["stand-in", "x", "/bin/true"].map(str::to_owned).to_vec();
    spec.binds.push(Bind {
        source: "/nonexistent/y".into(),
        target: "/nonexistent/y".into(),
        access: Access::ReadOnly,
    });
    let launched = launcher_of(IsolationLevel::Weak).launch(spec).await;
    let error = launched.unwrap().confined.explain().await;
    let words = error.to_string();
    assert!(
        words.contains("walls") && words.contains("/nonexistent/y"),
        "{error:?}"
    );
}
