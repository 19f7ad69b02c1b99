//! Publishing: under a lease, repeatable, never over somebody else's work.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;

use outwork_domain::{BranchName, Cause, Class, CommitId};
use outwork_workspace::{BranchOwner, Error, Imported, Push, PushFrom, Pushed, Result};

use crate::support::{World, worlds};

/// Pushes as a run does: to a branch of ours.
async fn publish(
    world: &World,
    imported: &Imported,
    branch: &str,
    expected: Option<&CommitId>,
) -> Result<Pushed> {
    let branch: BranchName = branch.parse().unwrap();
    let push = Push {
        commit: imported.commit(),
        branch: &branch,
        expected,
        owner: BranchOwner::Outwork,
    };
    world.git.push(PushFrom::Imported(imported), &push).await
}

fn hook(bare: &Path, name: &str, script: &str) {
    let path = bare.join("hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn a_new_branch_is_made_once_and_a_repeat_finds_it() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let branch = "outwork/b-0a1b";
        assert_eq!(
            publish(&world, &imported, branch, None).await.unwrap(),
            Pushed::Done
        );
        assert_eq!(world.tip("tools", branch).as_ref(), Some(imported.commit()));
        assert_eq!(
            publish(&world, &imported, branch, None).await.unwrap(),
            Pushed::AlreadyThere
        );
        world.git_in(&world.bare("tools"), &["fsck", "--strict"]);
    }
}

#[tokio::test]
async fn a_kept_commit_is_pushed_from_the_mirror() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        world.git.remove_workspace(imported.folder()).await.unwrap();
        let branch = "b".parse().unwrap();
        let push = Push {
            commit: imported.commit(),
            branch: &branch,
            expected: None,
            owner: BranchOwner::Outwork,
        };
        let pushed = world
            .git
            .push(PushFrom::Mirror(&mirror), &push)
            .await
            .unwrap();
        assert_eq!(pushed, Pushed::Done);
        assert_eq!(
            world
                .git
                .remote_tip(&repository, &branch)
                .await
                .unwrap()
                .as_ref(),
            Some(imported.commit())
        );
    }
}

#[tokio::test]
async fn a_branch_that_moved_is_left_alone() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let first = world.work(&mirror, "one", &base, &[("b", "b")]).await;
        publish(&world, &first, "topic", None).await.unwrap();
        world.git.keep(&first, "one").await.unwrap();
        let second = world
            .work(&mirror, "two", first.commit(), &[("c", "c")])
            .await;
        let theirs = world.commit("tools", "topic", &[("d", "d")]);
        let error = publish(&world, &second, "topic", Some(first.commit()))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Moved { tip: Some(tip), .. } if *tip == theirs),
            "{error}"
        );
        assert_eq!(world.tip("tools", "topic"), Some(theirs));
        world.git_in(&world.bare("tools"), &["branch", "-D", "topic"]);
        let error = publish(&world, &second, "topic", Some(first.commit()))
            .await
            .unwrap_err();
        assert!(matches!(&error, Error::Moved { tip: None, .. }), "{error}");
    }
}

#[tokio::test]
async fn a_follow_up_moves_its_own_branch_on_and_may_replace_its_commits() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let first = world.work(&mirror, "one", &base, &[("b", "b")]).await;
        publish(&world, &first, "topic", None).await.unwrap();
        world.git.keep(&first, "one").await.unwrap();
        let second = world
            .work(&mirror, "two", first.commit(), &[("c", "c")])
            .await;
        publish(&world, &second, "topic", Some(first.commit()))
            .await
            .unwrap();
        assert_eq!(world.tip("tools", "topic").as_ref(), Some(second.commit()));
        let anew = world.work(&mirror, "three", &base, &[("d", "d")]).await;
        publish(&world, &anew, "topic", Some(second.commit()))
            .await
            .unwrap();
        assert_eq!(world.tip("tools", "topic").as_ref(), Some(anew.commit()));
    }
}

#[tokio::test]
async fn somebody_elses_branch_is_only_ever_added_to() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let theirs = world.commit("tools", "topic", &[("theirs", "x")]);
        let beside = world.work(&mirror, "one", &base, &[("b", "b")]).await;
        let branch = "topic".parse().unwrap();
        let push = |imported: &Imported, expected: &CommitId| {
            let (git, imported, expected) = (world.git.clone(), imported.clone(), expected.clone());
            let branch: BranchName = "topic".parse().unwrap();
            async move {
                let push = Push {
                    commit: imported.commit(),
                    branch: &branch,
                    expected: Some(&expected),
                    owner: BranchOwner::Someone,
                };
                git.push(PushFrom::Imported(&imported), &push).await
            }
        };
        let error = push(&beside, &theirs).await.unwrap_err();
        assert!(matches!(error, Error::WouldRewrite { .. }), "{error}");
        assert_eq!(world.tip("tools", "topic"), Some(theirs.clone()));
        world.git.fetch(&repository, &theirs).await.unwrap();
        let onto = world.work(&mirror, "two", &theirs, &[("b", "b")]).await;
        assert_eq!(push(&onto, &theirs).await.unwrap(), Pushed::Done);
        let tip = world.git.remote_tip(&repository, &branch).await.unwrap();
        assert_eq!(tip.as_ref(), Some(onto.commit()));
    }
}

#[tokio::test]
async fn a_taken_name_is_told_apart_from_a_refusal() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let theirs = world.commit("tools", "x", &[("x", "x")]);
        world.commit("tools", "deep/er/y", &[("y", "y")]);
        for taken in ["x", "x/below", "deep", "deep/er"] {
            let error = publish(&world, &imported, taken, None).await.unwrap_err();
            assert!(
                matches!(error, Error::BranchTaken { .. }),
                "{taken}: {error}"
            );
        }
        assert_eq!(world.tip("tools", "x"), Some(theirs));
        publish(&world, &imported, "deep/er-2", None).await.unwrap();
    }
}

#[tokio::test]
async fn a_hook_that_refuses_is_heard_in_its_words() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        hook(
            &world.bare("tools"),
            "pre-receive",
            "echo 'no ticket in the commit message' >&2; exit 1",
        );
        let error = publish(&world, &imported, "topic", None).await.unwrap_err();
        let Error::PushDenied { words } = &error else {
            panic!("{error}");
        };
        assert!(words.contains("no ticket in the commit message"), "{words}");
        assert!(words.contains("pre-receive hook declined"), "{words}");
        assert_eq!(
            (error.class(), error.cause()),
            (Class::Permanent, Cause::PushDenied)
        );
        assert_eq!(world.tip("tools", "topic"), None);
    }
}

#[tokio::test]
async fn a_branch_that_the_forge_protects_is_named() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        hook(
            &world.bare("tools"),
            "pre-receive",
            "echo 'error: GH006: Protected branch update failed for refs/heads/topic.' >&2; exit 1",
        );
        let error = publish(&world, &imported, "topic", None).await.unwrap_err();
        assert!(
            matches!(&error, Error::ProtectedBranch { branch, words }
                if branch.as_str() == "topic" && words.contains("GH006")),
            "{error}"
        );
        assert_eq!(
            (error.class(), error.cause()),
            (Class::Permanent, Cause::PushDenied)
        );
    }
}

#[tokio::test]
async fn a_checked_out_branch_and_a_protected_one_are_refusals() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git_in(
            &world.bare("tools"),
            &["config", "receive.denyCurrentBranch", "refuse"],
        );
        world.git_in(&world.bare("tools"), &["config", "core.bare", "false"]);
        let error = publish(&world, &imported, "main", Some(&base))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::PushDenied { words } if words.contains("checked out")),
            "{error}"
        );
        assert_eq!(world.tip("tools", "main"), Some(base));
    }
}

#[tokio::test]
async fn no_hook_of_ours_and_none_of_the_mirror_is_run() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let mark = world.path("executed");
        for git_dir in [imported.folder(), mirror.objects().parent().unwrap()] {
            for name in ["pre-push", "reference-transaction", "post-merge"] {
                hook(git_dir, name, &format!("touch {}", mark.display()));
            }
        }
        world.git.keep(&imported, "run").await.unwrap();
        publish(&world, &imported, "topic", None).await.unwrap();
        assert!(!mark.exists());
    }
}

#[tokio::test]
async fn a_repository_that_is_gone_refuses_the_push() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        fs::remove_dir_all(world.bare("tools")).unwrap();
        let error = publish(&world, &imported, "topic", None).await.unwrap_err();
        assert_eq!(error.cause(), Cause::PushDenied, "{error}");
    }
}

#[tokio::test]
async fn started_as_root_the_far_end_works_as_the_owner_of_the_repository() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    for world in worlds().await {
        let repository = world.repository("tools");
        let bare = world.bare("tools");
        hook(&bare, "post-receive", "id -u > ran-as");
        let mut open = vec![bare.clone()];
        while let Some(path) = open.pop() {
            lchown(&path, Some(12_345), Some(12_345)).unwrap();
            if path.is_dir() {
                open.extend(
                    fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            }
        }
        fs::set_permissions(&bare, fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(world.path("data"), fs::Permissions::from_mode(0o700)).unwrap();
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        publish(&world, &imported, "topic", None).await.unwrap();
        assert_eq!(
            fs::read_to_string(bare.join("ran-as")).unwrap().trim(),
            "12345"
        );
        let reference = fs::metadata(bare.join("refs/heads/topic")).unwrap();
        assert_eq!(reference.uid(), 12_345);
    }
}
