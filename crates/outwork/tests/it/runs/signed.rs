//! Commits: who is named in them, and that they are signed, also after a crash and in follow-ups.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use outwork_domain::EventBody;
use tokio::sync::Notify;

use super::dying::DyingLedger;
use super::world::{AUTHOR_EMAIL, PATIENCE, World, branch, on, then};
use crate::support::repository::Repository;

const PROMPT: &str = "Greet\n\n```sh\necho hello > GREETING.md\n```\n";

/// A key, and the list of signers that it is in.
struct Key {
    _folder: tempfile::TempDir,
    file: PathBuf,
    allowed: PathBuf,
}

impl Key {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&file)
            .output()
            .expect("ssh-keygen is needed (Debian: openssh-client)");
        assert!(made.status.success(), "{made:?}");
        let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
        let allowed = folder.path().join("allowed");
        std::fs::write(&allowed, format!("{AUTHOR_EMAIL} {public}")).unwrap();
        Self {
            _folder: folder,
            file,
            allowed,
        }
    }

    /// The commits of a branch beyond `main`, newest first, each with git's verdict.
    fn verdicts(&self, repository: &Repository, branch: &str) -> Vec<String> {
        let allowed = setting("gpg.ssh.allowedSignersFile", &self.allowed);
        let range = format!("main..{branch}");
        let log = ["log", "--format=%G? %GS", &range];
        let text = repository.git(&[&["-c", &allowed][..], &log].concat());
        text.lines().map(str::to_owned).collect()
    }
}

fn setting(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

#[tokio::test]
async fn every_commit_that_is_pushed_is_signed_and_names_the_user() {
    let key = Key::make();
    let world = World::signing(&key.file).await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let own_commit = "Greet\n\n```sh\necho own > own.txt\ngit add own.txt\n\
                      git commit -q -m 'By the agent'\necho hello > GREETING.md\n```\n";
    let id = world.create(on(&[&repository], own_commit)).await;
    world.succeeded(id).await;
    let good = format!("G {AUTHOR_EMAIL}");
    let ours = world.agent(id).await.repositories.remove(0);
    let branch = branch(&ours);
    assert_eq!(key.verdicts(&repository, branch), [&good[..], &good[..]]);
    let body = repository.git(&["log", "-1", "--format=%B", branch]);
    assert!(
        body.contains("\nCo-authored-by: dev <dev@example.com>\n"),
        "{body}"
    );
    let trailers = repository.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Co-authored-by)",
        branch,
    ]);
    assert!(trailers.contains("dev@example.com"), "{trailers}");

    // The follow-up goes on from what was pushed, in the same workspace.
    world
        .follow_up(id, then("More\n\n```sh\necho more >> GREETING.md\n```\n"))
        .await;
    world.succeeded(id).await;
    assert_eq!(key.verdicts(&repository, branch), vec![good; 3]);
    assert_eq!(repository.file(branch, "GREETING.md"), "hello\nmore\n");
    for event in world.events(id).await {
        assert!(!matches!(event.body, EventBody::Note { .. }), "{event:?}");
    }
    drop(at_work);
}

#[tokio::test]
async fn a_death_between_signing_and_its_note_leaves_one_signed_commit() {
    let key = Key::make();
    let world = World::signing(&key.file).await;
    let repository = world.repository("one.git");
    let died = Arc::new(Notify::new());
    let dying = DyingLedger::after(0, world.store_ledger(), Arc::clone(&died));
    let dying = world.work_on(Arc::new(dying));
    let id = world.create(on(&[&repository], PROMPT)).await;
    tokio::time::timeout(PATIENCE, died.notified())
        .await
        .unwrap();
    drop(dying);
    let before = repository.branches();
    assert_eq!(before.len(), 2, "{before:?}");
    world.reconciler().recover().await.unwrap();
    let at_work = world.work();
    world.succeeded(id).await;
    assert_eq!(repository.branches(), before);
    let ours = world.agent(id).await.repositories.remove(0);
    assert_eq!(
        key.verdicts(&repository, branch(&ours)),
        [format!("G {AUTHOR_EMAIL}")]
    );
    assert_eq!(world.pull_requests().await.len(), 1);
    drop(at_work);
}
