//! What runs leave for their users: who may read it, when it counts as new, and that it is not lost.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use outwork_domain::Cause;

use super::world::{World, on, then};

const SECRET: &str = "hunter2-hunter2-hunter2";

#[tokio::test]
async fn an_artifact_is_as_old_as_its_last_change() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let leave = |what: &str| {
        format!(
            "Go on\n\n```sh\ncd \"$OUTWORK_ARTIFACTS\"; echo same > kept; echo {what} > changed\n```\n"
        )
    };
    let id = world.create(on(&[&repository], &leave("one"))).await;
    world.succeeded(id).await;
    let first = world.artifacts(id).await;
    world.follow_up(id, then(&leave("two"))).await;
    world.succeeded(id).await;
    let second = world.artifacts(id).await;
    let time = |all: &[outwork_domain::Artifact], path: &str| {
        let found = all.iter().find(|one| one.path.as_str() == path);
        found.unwrap().updated_at
    };
    assert_eq!(second.len(), 2);
    assert_eq!(time(&first, "kept"), time(&second, "kept"));
    assert!(time(&first, "changed") < time(&second, "changed"));
    let folder = world.ground.data_dir().join("artifacts");
    let folder = (folder.clone(), folder.join(id.to_string()));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder.0), mode(&folder.1)), (0o700, 0o700));
    let files: Vec<_> = folder.1.read_dir().unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 2, "what was replaced is gone");
    assert!(files.iter().all(|file| mode(&file.path()) == 0o600));
    drop(at_work);
}

#[tokio::test]
async fn a_run_that_cannot_be_published_leaves_its_artifacts() {
    let world = World::new().await;
    world.put_secret("TOKEN", SECRET).await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let prompt =
        "Go on\n\n```sh\necho \"$TOKEN\" > told; echo hello > \"$OUTWORK_ARTIFACTS/report\"\n```\n";
    let id = world.create(on(&[&repository], prompt)).await;
    assert_eq!(world.failed(id).await.0, Cause::ImportRefused);
    let left = world.artifacts(id).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].path.as_str(), "report");
    drop(at_work);
}
