//! Fresh workspaces and their removal.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use outwork_workspace::{Error, Identity, Layout};

use crate::support::worlds;

#[tokio::test]
async fn a_workspace_is_a_repository_that_borrows_from_the_mirror() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, commit) = world.mirror(&repository).await;
        let folder = world.path("data/workspaces/agent/repo");
        let branch = "outwork/add-readme-0a1b".parse().unwrap();
        let base = "main".parse().unwrap();
        let identity = Identity {
            name: "Out \"of\" work\nevil = true".to_owned(),
            email: "agent@example.org".to_owned(),
        };
        let layout = Layout {
            commit: &commit,
            branch: &branch,
            base_branch: Some(&base),
            identity: Some(&identity),
            owner: None,
        };
        world
            .git
            .lay_workspace(&mirror, &folder, &layout)
            .await
            .unwrap();
        let ask = |arguments: &[&str]| world.git_in(&folder, arguments);
        assert_eq!(
            ask(&["symbolic-ref", "HEAD"]),
            "refs/heads/outwork/add-readme-0a1b"
        );
        assert_eq!(ask(&["rev-parse", "HEAD"]), commit.as_str());
        assert_eq!(ask(&["rev-parse", "origin/main"]), commit.as_str());
        ask(&["reset", "--quiet", "--hard"]);
        assert_eq!(
            fs::read_to_string(folder.join("src/a.txt")).unwrap(),
            "one\ntwo\nthree\n"
        );
        assert_eq!(ask(&["status", "--porcelain"]), "");
        ask(&["fsck", "--strict"]);
        assert_eq!(
            ask(&["config", "user.name"]),
            "Out \"of\" work\nevil = true"
        );
        assert_eq!(
            fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(
            fs::metadata(folder.parent().unwrap())
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o711
        );
        let again = world.git.lay_workspace(&mirror, &folder, &layout).await;
        assert!(matches!(again, Err(Error::WorkspaceExists(_))));
    }
}

#[tokio::test]
async fn started_as_root_the_workspace_belongs_to_the_run() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, commit) = world.mirror(&repository).await;
        let folder = world.path("data/workspaces/agent/repo");
        let branch = "a/b/c".parse().unwrap();
        let layout = Layout {
            commit: &commit,
            branch: &branch,
            base_branch: None,
            identity: None,
            owner: Some((2_000_001, 2_000_001)),
        };
        world
            .git
            .lay_workspace(&mirror, &folder, &layout)
            .await
            .unwrap();
        let mut open = vec![folder.clone()];
        let mut count = 0;
        while let Some(path) = open.pop() {
            assert_eq!(
                fs::metadata(&path).unwrap().uid(),
                2_000_001,
                "{}",
                path.display()
            );
            count += 1;
            if path.is_dir() {
                open.extend(
                    fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            }
        }
        assert!(count > 15, "{count}");
        assert_eq!(fs::metadata(folder.parent().unwrap()).unwrap().uid(), 0);
        let artifacts = world.path("data/workspaces/agent/artifacts");
        for _ in 0..2 {
            world
                .git
                .make_folder(&artifacts, Some((2_000_001, 2_000_001)))
                .await
                .unwrap();
            assert_eq!(fs::metadata(&artifacts).unwrap().uid(), 2_000_001);
        }
    }
}

#[tokio::test]
async fn removing_a_workspace_follows_no_link_and_needs_no_rights() {
    for world in worlds().await {
        let folder = world.path("data/workspaces/agent");
        fs::create_dir_all(folder.join("repo/closed/inner")).unwrap();
        fs::write(folder.join("repo/closed/inner/file"), "x").unwrap();
        fs::create_dir(world.path("precious")).unwrap();
        fs::write(world.path("precious/file"), "x").unwrap();
        symlink(world.path("precious"), folder.join("repo/link")).unwrap();
        fs::set_permissions(
            folder.join("repo/closed"),
            fs::Permissions::from_mode(0o000),
        )
        .unwrap();
        world.git.remove_workspace(&folder).await.unwrap();
        assert!(!folder.exists());
        assert!(world.path("precious/file").exists());
        assert_eq!(fs::read_dir(world.path("data/trash")).unwrap().count(), 0);
        world.git.remove_workspace(&folder).await.unwrap();
    }
}
