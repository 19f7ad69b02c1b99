//! The commit that a run starts from.

use std::fs;
use std::os::unix::fs::symlink;

use outwork_domain::{BaseRef, BranchName, Cause};
use outwork_workspace::Error;

use crate::support::worlds;

fn base(text: &str) -> BaseRef {
    text.parse().unwrap()
}

#[tokio::test]
async fn the_default_branch_is_taken_if_none_is_named() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let found = world.git.resolve(&repository, None).await.unwrap();
        assert_eq!(Some(found.commit), world.tip("tools", "main"));
        assert_eq!(found.branch.as_str(), "main");
        assert_eq!(found.default_branch.as_str(), "main");
    }
}

#[tokio::test]
async fn branches_are_listed_with_the_default_branch_first() {
    for world in worlds().await {
        let repository = world.repository("tools");
        world.commit("tools", "a/topic", &[("b", "b")]);
        world.commit("tools", "z", &[("c", "c")]);
        let branches = world.git.branches(&repository).await.unwrap();
        let names: Vec<&str> = branches.names.iter().map(BranchName::as_str).collect();
        assert_eq!(names, ["main", "a/topic", "z"]);
        assert_eq!(branches.default.as_ref(), branches.names.first());
        // The name of a branch that nobody has written to.
        let bare = world.bare("tools");
        world.git_in(&bare, &["symbolic-ref", "HEAD", "refs/heads/unborn"]);
        let branches = world.git.branches(&repository).await.unwrap();
        let names: Vec<&str> = branches.names.iter().map(BranchName::as_str).collect();
        assert_eq!(
            (branches.default, names),
            (None, vec!["a/topic", "main", "z"])
        );
        let error = world
            .git
            .branches(&world.address("none"))
            .await
            .unwrap_err();
        assert_eq!(error.cause(), Cause::RepositoryNotFound, "{error}");
    }
}

#[tokio::test]
async fn branches_tags_and_commits_can_be_named() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let first = world.tip("tools", "main").unwrap();
        let topic = world.commit("tools", "topic/one", &[("b", "b")]);
        let people = world.clone_of("tools");
        world.git_in(&people, &["tag", "plain", first.as_str()]);
        world.git_in(
            &people,
            &["tag", "-a", "-m", "signed off", "annotated", first.as_str()],
        );
        world.git_in(&people, &["push", "--quiet", "--tags", "origin"]);
        for (named, commit, branch) in [
            ("topic/one", &topic, "topic/one"),
            ("refs/heads/topic/one", &topic, "topic/one"),
            ("plain", &first, "main"),
            ("annotated", &first, "main"),
            ("refs/tags/annotated", &first, "main"),
            (topic.as_str(), &topic, "main"),
        ] {
            for packed in [false, true] {
                if packed {
                    world.git_in(&world.bare("tools"), &["pack-refs", "--all"]);
                }
                world.git.admit(&repository, Some(&base(named))).unwrap();
                let found = world
                    .git
                    .resolve(&repository, Some(&base(named)))
                    .await
                    .unwrap();
                assert_eq!(&found.commit, commit, "{named}");
                assert_eq!(found.branch.as_str(), branch, "{named}");
                assert_eq!(found.default_branch.as_str(), "main", "{named}");
            }
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_has_a_typed_cause() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let missing = world
            .git
            .resolve(&repository, Some(&base("nowhere")))
            .await
            .unwrap_err();
        assert_eq!(missing.cause(), Cause::BaseNotFound, "{missing}");
        let missing = world
            .git
            .admit(&repository, Some(&base("nowhere")))
            .unwrap_err();
        assert_eq!(missing.cause(), Cause::BaseNotFound, "{missing}");
        let gone = world
            .git
            .resolve(&world.address("none"), None)
            .await
            .unwrap_err();
        assert!(matches!(gone, Error::RepositoryNotFound { .. }), "{gone}");
        let empty = world.empty_repository("empty");
        let error = world.git.resolve(&empty, None).await.unwrap_err();
        assert!(matches!(error, Error::EmptyRepository), "{error}");
        let error = world
            .git
            .resolve(&empty, Some(&base("main")))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::EmptyRepository), "{error}");
        assert!(matches!(
            world.git.admit(&empty, None),
            Err(Error::EmptyRepository)
        ));
    }
}

#[tokio::test]
async fn a_repository_outside_the_folders_is_not_open_whatever_leads_there() {
    for world in worlds().await {
        let repository = world.repository("tools");
        fs::create_dir(world.path("elsewhere")).unwrap();
        fs::rename(world.bare("tools"), world.path("elsewhere/tools.git")).unwrap();
        symlink(world.path("elsewhere/tools.git"), world.bare("tools")).unwrap();
        let direct = world
            .path("elsewhere/tools.git")
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        for repository in [&repository, &direct] {
            let error = world.git.admit(repository, None).unwrap_err();
            assert_eq!(error.cause(), Cause::RepositoryNotFound, "{error}");
            let error = world.git.resolve(repository, None).await.unwrap_err();
            assert_eq!(error.cause(), Cause::RepositoryNotFound, "{error}");
        }
    }
}

#[tokio::test]
async fn the_clone_of_a_person_is_served_like_a_bare_repository() {
    for world in worlds().await {
        world.repository("tools");
        let from = world.clone_of("tools");
        let to = world.path("repositories").join("clone");
        fs::rename(&from, &to).unwrap();
        let repository = to.to_str().unwrap().parse().unwrap();
        let (_, commit) = world.mirror(&repository).await;
        assert_eq!(Some(commit), world.tip("tools", "main"));
    }
}

#[tokio::test]
async fn a_detached_head_is_no_obstacle() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let commit = world.tip("tools", "main").unwrap();
        fs::write(world.bare("tools").join("HEAD"), format!("{commit}\n")).unwrap();
        let found = world.git.resolve(&repository, None).await.unwrap();
        assert_eq!((found.commit, found.branch.as_str()), (commit, "main"));
    }
}

#[tokio::test]
async fn only_what_the_configuration_opens_is_admitted() {
    for mut world in worlds().await {
        for address in [
            "http://git.example.org/a/b",
            "ssh://git@git.example.org/a/b",
            "https://127.0.0.1/a/b",
            "https://169.254.169.254/a/b",
            "https://[::1]/a/b",
            "https://localhost/a/b",
            "https://LOCALHOST:8443/a/b",
            "https://a.localhost./a/b",
            "https://metadata.google.internal/a/b",
            "https://127.1/a/b",
            "https://2130706433/a/b",
            "https://0x7f.0.0.1/a/b",
            "https://[::ffff:10.0.0.1]/a/b",
        ] {
            let repository = address.parse().unwrap();
            let error = world.git.admit(&repository, None).unwrap_err();
            assert!(
                matches!(error, Error::RepositoryRefused { .. }),
                "{address}: {error}"
            );
        }
        let public = "https://git.example.org/a/b".parse().unwrap();
        world.git.admit(&public, None).unwrap();
        let here = world.repository("tools");
        world
            .reopen(|options| {
                options.other_hosts = outwork_workspace::OtherHosts::Refused;
                options.local_repositories.clear();
            })
            .await;
        for repository in [public, here] {
            let error = world.git.admit(&repository, None).unwrap_err();
            assert!(matches!(error, Error::RepositoryRefused { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_refused() {
    for world in worlds().await {
        let repository = "https://localhost/a/b".parse().unwrap();
        let error = world.git.resolve(&repository, None).await.unwrap_err();
        assert!(matches!(error, Error::RepositoryRefused { .. }), "{error}");
    }
}
