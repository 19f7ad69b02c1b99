//! The probe: passes on a machine that can confine, and does not pass by accident.

use std::fs::{Permissions, copy, set_permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use outwork_domain::IsolationLevel;
use outwork_sandbox::{
    Access, Bind, Error, ProbeReport, Probed, ResourceLimits, Spec, User, probe,
};

use crate::support::{cannot, launcher, launcher_of, lone_user, run_in, user, within, workspace};

/// The inspecting program where the runs' uid can reach it.
fn program(folder: &Path) -> std::path::PathBuf {
    let program = folder.join("inspect");
    copy(env!("CARGO_BIN_EXE_outwork-sandbox-inspect"), &program).unwrap();
    set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    program
}

/// A probe of a program without arguments.
fn probed(folder: &Path, program: &Path) -> Probed {
    Probed {
        program: program.to_owned(),
        arguments: vec![],
        user: user(),
        folder: folder.to_owned(),
    }
}

/// As a user whom no other test has: where nothing else holds a sandbox together, all of its are ended.
async fn probe_at(level: IsolationLevel) -> ProbeReport {
    let folder = workspace();
    let mut probed = probed(folder.path(), &program(folder.path()));
    probed.user = lone_user();
    let found = within("the probe", probe(&launcher_of(level), probed)).await;
    let report = found.unwrap_or_else(|error| cannot(&error));
    assert_eq!(report.level, level);
    let left: Vec<_> = folder.path().read_dir().unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "its folder is gone: {left:?}");
    report
}

#[tokio::test]
async fn without_proc_every_wall_stands() {
    let report = probe_at(IsolationLevel::FullNoproc).await;
    assert_eq!(report.checks.len(), 15);
    let text = report.to_string();
    assert!(text.contains("no /proc"), "{text}");
    assert!(report.bwrap.is_some());
}

#[tokio::test]
async fn weak_walls_stand_without_bubblewrap() {
    let report = probe_at(IsolationLevel::Weak).await;
    assert_eq!(report.checks.len(), 14);
    let text = report.to_string();
    assert!(text.contains("no sockets but UNIX ones: "), "{text}");
    assert!(!text.contains("no interface but lo"), "{text}");
    assert_eq!(report.bwrap, None);
}

#[tokio::test]
async fn without_walls_work_is_possible() {
    let report = probe_at(IsolationLevel::None).await;
    assert_eq!(report.checks.len(), 5);
}

/// What was tried is the level that was asked for: the walls of another are missed.
#[tokio::test]
async fn a_weaker_sandbox_does_not_pass_for_a_stronger_one() {
    let folder = workspace();
    let inspect = program(folder.path());
    if let User::Dropped { uid, gid, .. } = lone_user() {
        chown(folder.path(), Some(uid), Some(gid)).unwrap();
    }
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = open.local_addr().unwrap().to_string();
    let home = folder.path().to_str().unwrap().to_owned();
    for (level, missed) in [
        (IsolationLevel::FullNoproc, "own processes only\tbad\t"),
        (IsolationLevel::Weak, "no interface but lo\tbad\t"),
        (
            IsolationLevel::None,
            "Landlock and seccomp stand\tbad\tnone are wanted here",
        ),
    ] {
        let spec = Spec {
            program: inspect.clone(),
            arguments: [&address, "nobody-listens", "/etc/fstab", "full"]
                .map(String::from)
                .to_vec(),
            user: lone_user(),
            binds: vec![Bind {
                source: folder.path().to_owned(),
                target: folder.path().to_owned(),
                access: Access::ReadWrite,
            }],
            working_folder: folder.path().to_owned(),
            environment: vec![("TMPDIR".to_owned(), home.clone())],
            limits: ResourceLimits::default(),
        };
        let said = run_in(&launcher_of(level), spec).await;
        assert!(said.text.contains(missed), "{level}: {}", said.text);
    }
}

#[tokio::test]
async fn every_wall_stands() {
    let folder = workspace();
    let program = program(folder.path());
    let launcher = launcher();
    let found = probe(&launcher, probed(folder.path(), &program));
    let report = within("the probe", found).await;
    let report = report.unwrap_or_else(|error| cannot(&error));
    assert_eq!(report.checks.len(), 15);
    assert_eq!(report.landlock, outwork_sandbox::landlock_abi());
    assert!(
        report.to_string().contains("no interface but lo: lo"),
        "{report}"
    );
}

#[tokio::test]
async fn another_program_is_no_probe() {
    let launcher = launcher();
    let folder = workspace();
    let silent = probe(&launcher, probed(folder.path(), Path::new("/bin/true")));
    let error = within("the probe", silent).await.unwrap_err();
    assert!(matches!(error, Error::Ended { .. }), "{error}");
    let mut chatty = probed(folder.path(), Path::new("/bin/echo"));
    chatty.arguments = vec!["all is well".into()];
    let chatty = probe(&launcher, chatty);
    let error = within("the probe", chatty).await.unwrap_err();
    assert!(matches!(error, Error::ProbeBroken { .. }), "{error}");
}

#[test]
fn outside_a_sandbox_it_finds_every_wall_missing() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_outwork-sandbox-inspect"))
        .args([
            &address.local_addr().unwrap().to_string(),
            "nobody-listens",
            "/etc/passwd",
            "full",
        ])
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    for check in [
        "Landlock and seccomp stand",
        "no calls that commands do not need",
        "own processes only",
        "the server's TCP listener is out of reach",
        "files of the host are out of sight",
    ] {
        assert!(told.contains(&format!("{check}\tbad\t")), "{told}");
    }
}
