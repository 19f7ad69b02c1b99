//! What is refused, and in which words.

use std::fs::{Permissions, copy, create_dir, set_permissions};
use std::os::unix::fs::PermissionsExt;

use nix::unistd::Uid;
use outwork_domain::Class;
use outwork_sandbox::{Error, Launched, Launcher, LauncherOptions, Spec, User};

use crate::support::{launcher, script, user, within, workspace};

/// The error of a sandbox that cannot work, whenever it shows.
async fn refusal(spec: Spec) -> Error {
    match launcher().launch(spec).await {
        Err(error) => error,
        Ok(Launched { confined, .. }) => within("the reason", confined.explain()).await,
    }
}

#[tokio::test]
async fn root_needs_a_uid_to_drop_to_and_only_root_can_drop() {
    let folder = workspace();
    let mut spec = script(folder.path(), "true");
    let other = |uid| User::Dropped {
        uid,
        gid: 2_000_000,
        groups: vec![],
    };
    if Uid::effective().is_root() {
        spec.user = User::Current;
        assert!(matches!(refusal(spec.clone()).await, Error::RootWithoutUid));
        spec.user = other(0);
    } else {
        spec.user = other(2_000_000);
    }
    let error = refusal(spec).await;
    assert!(matches!(error, Error::CannotDrop { .. }), "{error}");
    assert!(error.remedy().is_some());
}

#[tokio::test]
async fn a_program_that_the_uid_cannot_reach_is_named_with_the_folder() {
    if user() == User::Current {
        // Our own folders can be reached by ourselves.
        return;
    }
    let folder = workspace();
    let closed = folder.path().canonicalize().unwrap().join("closed");
    create_dir(&closed).unwrap();
    let program = closed.join("bash");
    copy("/bin/bash", &program).unwrap();
    set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let mut spec = script(folder.path(), "true");
    spec.program.clone_from(&program);
    let error = refusal(spec.clone()).await;
    assert_eq!(error.class(), Class::Permanent, "{error:?}");
    let Error::Unreachable { path, folder } = error else {
        panic!("{error}");
    };
    assert_eq!((path, folder), (program, closed.clone()));
    set_permissions(&closed, Permissions::from_mode(0o711)).unwrap();
    let Launched { mut confined, .. } = launcher().launch(spec).await.unwrap();
    let status = within("its end", confined.wait()).await.unwrap();
    assert!(
        status.success(),
        "the control: {status} {}",
        confined.stderr_tail()
    );
}

#[tokio::test]
async fn what_is_missing_or_no_program_is_named() {
    let folder = workspace();
    let mut spec = script(folder.path(), "true");
    spec.binds[0].source = folder.path().join("nowhere");
    let error = refusal(spec).await;
    assert!(
        matches!(&error, Error::SourceMissing { path } if path.ends_with("nowhere")),
        "{error}"
    );

    let mut spec = script(folder.path(), "true");
    spec.program = "/etc/fstab".into();
    let error = refusal(spec).await;
    assert!(matches!(error, Error::ProgramUnusable { .. }), "{error:?}");
}

#[tokio::test]
async fn what_no_argument_list_carries_is_refused() {
    let folder = workspace();
    let mut relative = script(folder.path(), "true");
    relative.binds[0].source = "relative".into();
    let mut nul = script(folder.path(), "true");
    nul.environment = vec![("A".into(), "b\0c".into())];
    let mut assignment = script(folder.path(), "true");
    assignment.environment = vec![("A=B".into(), "c".into())];
    for spec in [relative, nul, script(folder.path(), "tr\0ue"), assignment] {
        assert!(matches!(refusal(spec).await, Error::Malformed { .. }));
    }
}

#[tokio::test]
async fn values_cannot_become_options() {
    let folder = workspace();
    let mut spec = script(folder.path(), "printf '%s|' \"$A\" \"$@\"");
    spec.environment = vec![("A".into(), "--bind".into())];
    spec.arguments
        .extend(["x".into(), "--share-net".into(), "--".into()]);
    let said = crate::support::run(spec).await;
    assert_eq!(said.text, "--bind|--share-net|--|");
}

#[tokio::test]
async fn a_missing_bubblewrap_is_told() {
    let options = LauncherOptions {
        bwrap: Some("/nonexistent/bwrap".into()),
        ..LauncherOptions::default()
    };
    let error = Launcher::start(options).err().unwrap();
    assert!(matches!(error, Error::BwrapMissing));
    assert!(
        error
            .remedy()
            .unwrap()
            .contains("apt-get install bubblewrap")
    );
}
