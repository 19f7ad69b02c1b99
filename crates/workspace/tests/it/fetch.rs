//! Commits into the mirror: once, together, and again after damage.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use outwork_domain::Cause;

use crate::support::{commit_id, until, worlds};

fn count(calls: &Path, command: &str) -> usize {
    let text = fs::read_to_string(calls).unwrap();
    text.lines()
        .filter(|line| line.starts_with(&format!("CALL {command}")))
        .count()
}

fn modes_below(folder: &Path, found: &mut Vec<(String, u32)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let kind = if entry.path().is_dir() {
            "folder"
        } else {
            "file"
        };
        found.push((kind.to_owned(), mode));
        if entry.path().is_dir() {
            modes_below(&entry.path(), found);
        }
    }
}

#[tokio::test]
async fn a_mirror_holds_the_commit_and_everybody_may_read_its_objects() {
    for world in worlds().await {
        let repository = world.repository("tools");
        assert!(world.git.find_mirror(&repository).is_none());
        let (mirror, commit) = world.mirror(&repository).await;
        assert_eq!(world.git.find_mirror(&repository).as_ref(), Some(&mirror));
        let subject = world.git.subject(&mirror, &commit).await.unwrap();
        assert_eq!(subject, "work on main");
        let mut modes = Vec::new();
        modes_below(&mirror.objects(), &mut modes);
        assert!(modes.iter().any(|(kind, _)| kind == "file"));
        for (kind, mode) in modes {
            let wanted = if kind == "folder" { 0o755 } else { 0o444 };
            assert_eq!(mode, wanted, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_warm_start_needs_no_process_and_a_restarted_server_neither() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        world.mirror(&repository).await;
        let calls = world.watch_calls().await;
        let (mirror, commit) = world.mirror(&repository).await;
        world.git.admit(&repository, None).unwrap();
        let folder = world.path("data/workspaces/a/repo");
        let branch = "work".parse().unwrap();
        let layout = outwork_workspace::Layout {
            commit: &commit,
            branch: &branch,
            base_branch: None,
            identity: None,
            owner: None,
        };
        world
            .git
            .lay_workspace(&mirror, &folder, &layout)
            .await
            .unwrap();
        assert_eq!(
            count(&calls, ""),
            0,
            "{}",
            fs::read_to_string(&calls).unwrap()
        );
    }
}

#[tokio::test]
async fn many_who_want_the_same_commit_share_one_fetch() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let calls = world.watch_calls().await;
        let commit = world.tip("tools", "main").unwrap();
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let (git, repository, commit) =
                    (world.git.clone(), repository.clone(), commit.clone());
                tokio::spawn(async move { git.fetch(&repository, &commit).await })
            })
            .collect();
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        assert_eq!(count(&calls, "fetch"), 1);
    }
}

#[tokio::test]
async fn new_commits_and_commits_that_no_branch_is_at_are_fetched() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (_, old) = world.mirror(&repository).await;
        let second = world.commit("tools", "main", &[("b", "b")]);
        let third = world.commit("tools", "main", &[("c", "c")]);
        let (mirror, found) = world.mirror(&repository).await;
        assert_eq!(found, third);
        for commit in [&second, &old] {
            world.git.fetch(&repository, commit).await.unwrap();
            assert!(world.git.same_tree(&mirror, commit, commit).await.unwrap());
        }
        assert!(!world.git.same_tree(&mirror, &second, &third).await.unwrap());
    }
}

#[tokio::test]
async fn what_is_no_commit_of_the_repository_is_not_found() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let tree = commit_id(&world.git_in(&world.bare("tools"), &["rev-parse", "main^{tree}"]));
        let unknown = commit_id("1234567890123456789012345678901234567890");
        for id in [tree, unknown] {
            let error = world.git.fetch(&repository, &id).await.unwrap_err();
            assert_eq!(error.cause(), Cause::BaseNotFound, "{error}");
        }
    }
}

#[tokio::test]
async fn a_repository_with_sha256_works_as_well() {
    for world in worlds().await {
        let repository = world.empty_repository_with("new", &["--object-format=sha256"]);
        let people = world.path("people/new");
        world.git_in(
            world.folder.path(),
            &[
                "init",
                "--quiet",
                "--object-format=sha256",
                "-b",
                "main",
                people.to_str().unwrap(),
            ],
        );
        world.git_in(
            &people,
            &[
                "remote",
                "add",
                "origin",
                world.bare("new").to_str().unwrap(),
            ],
        );
        let commit = world.commit("new", "main", &[("a", "a")]);
        assert_eq!(commit.as_str().len(), 64);
        let (mirror, base) = world.mirror(&repository).await;
        assert_eq!(base, commit);
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        let stat = world
            .git
            .diff_stat(&mirror, &base, imported.commit())
            .await
            .unwrap();
        assert_eq!((stat.file_count, stat.insertions), (1, 1));
    }
}

#[tokio::test]
async fn a_repository_over_the_size_limit_is_refused_and_leaves_nothing() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        world
            .reopen(|options| options.limits.repository_bytes_max = 100)
            .await;
        let commit = world.tip("tools", "main").unwrap();
        let error = world.git.fetch(&repository, &commit).await.unwrap_err();
        assert_eq!(error.cause(), Cause::RepositoryTooLarge, "{error}");
        let mirror = world.git.find_mirror(&repository).unwrap();
        assert_eq!(
            fs::read_dir(mirror.objects().join("pack")).unwrap().count(),
            0
        );
        let again = world.git.fetch(&repository, &commit).await.unwrap_err();
        assert_eq!(again.cause(), Cause::RepositoryTooLarge, "{again}");
    }
}

#[tokio::test]
async fn a_broken_mirror_is_made_anew_and_keeps_what_can_be_read() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        let head = fs::read(mirror.objects().join("../HEAD")).unwrap();
        fs::remove_file(mirror.objects().join("../HEAD")).unwrap();
        let newer = world.commit("tools", "main", &[("c", "c")]);
        world.reopen(|_| {}).await;
        let anew = world.git.fetch(&repository, &newer).await.unwrap();
        assert_eq!(anew, mirror);
        assert!(!head.is_empty());
        assert!(
            world
                .git
                .read_file(&mirror, &newer, "c", 10)
                .await
                .unwrap()
                .is_some()
        );
    }
}

#[tokio::test]
async fn damaged_packs_are_healed_by_a_rebuild() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        for entry in fs::read_dir(mirror.objects().join("pack")).unwrap() {
            let path = entry.unwrap().path();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            fs::write(&path, "not a pack").unwrap();
        }
        assert!(world.git.subject(&mirror, &base).await.is_err());
        world.git.rebuild(&repository, &base).await.unwrap();
        assert_eq!(
            world.git.subject(&mirror, &base).await.unwrap(),
            "work on main"
        );
    }
}

#[tokio::test]
async fn kept_commits_survive_a_rebuild_and_gc() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        let git_dir = mirror.objects().parent().unwrap().to_owned();
        world.git_in(&git_dir, &["gc", "--quiet", "--prune=now"]);
        assert_eq!(
            world.git.kept(&mirror, "run").await.unwrap().as_ref(),
            Some(imported.commit())
        );
        world.git.rebuild(&repository, &base).await.unwrap();
        assert_eq!(
            world.git.kept(&mirror, "run").await.unwrap().as_ref(),
            Some(imported.commit())
        );
        assert!(
            world
                .git
                .read_file(&mirror, imported.commit(), "b", 10)
                .await
                .unwrap()
                .is_some()
        );
    }
}

#[tokio::test]
async fn the_lock_of_a_cancelled_fetch_does_not_stop_the_next() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, _) = world.mirror(&repository).await;
        let commit = world.commit("tools", "main", &[("b", "b")]);
        let mark = world.path("started");
        let real = world.program.display().to_string();
        let lock = mirror.objects().join(format!("../refs/base/{commit}.lock"));
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = fetch ] && [ ! -e {mark} ]; then : > {lock}; : > {mark}; exec sleep 600; fi\nexec {real} \"$@\"\n",
            mark = mark.display(),
            lock = lock.display(),
        );
        world.use_script(&script).await;
        let (git, repository_too, commit_too) =
            (world.git.clone(), repository.clone(), commit.clone());
        let fetch = tokio::spawn(async move { git.fetch(&repository_too, &commit_too).await });
        until("the fetch to start", || mark.exists()).await;
        fetch.abort();
        assert!(fetch.await.unwrap_err().is_cancelled());
        assert!(lock.exists());
        world.git.fetch(&repository, &commit).await.unwrap();
        assert!(!lock.exists());
    }
}

#[tokio::test]
async fn what_a_remote_is_configured_to_run_is_not_run() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let mark = world.path("executed");
        let run = format!("touch {}; false", mark.display());
        let bare = world.bare("tools");
        for name in [
            "uploadpack.packObjectsHook",
            "core.fsmonitor",
            "core.sshCommand",
            "credential.helper",
        ] {
            world.git_in(&bare, &["config", name, &run]);
        }
        let elsewhere = format!("url.{}.insteadOf", world.path("elsewhere").display());
        world.git_in(&bare, &["config", &elsewhere, bare.to_str().unwrap()]);
        world.mirror(&repository).await;
        assert!(!mark.exists());
    }
}
