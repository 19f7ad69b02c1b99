//! The probe: passes on a machine that can confine, and does not pass by accident.

use std::fs::{Permissions, copy, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use outwork_sandbox::{Error, probe};

use crate::support::{cannot, launcher, user, within, workspace};

/// The inspecting program where the runs' uid can reach it.
fn program(folder: &Path) -> std::path::PathBuf {
    let program = folder.join("inspect");
    copy(env!("CARGO_BIN_EXE_outwork-sandbox-inspect"), &program).unwrap();
    set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    program
}

#[tokio::test]
async fn every_wall_stands() {
    let folder = workspace();
    let program = program(folder.path());
    let report = within("the probe", probe(&launcher(), &program, vec![], user())).await;
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
    let silent = probe(&launcher, Path::new("/bin/true"), vec![], user());
    let error = within("the probe", silent).await.unwrap_err();
    assert!(matches!(error, Error::Ended { .. }), "{error}");
    let chatty = probe(
        &launcher,
        Path::new("/bin/echo"),
        vec!["all is well".into()],
        user(),
    );
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
