//! Merging for pull requests that the server keeps itself.

use std::fs;

use outwork_domain::{Cause, CommitId, Repository, Timestamp};
use outwork_workspace::{Error, Identity, Merge, Result};

use crate::support::{World, worlds};

async fn merge(world: &World, repository: &Repository, head: &CommitId) -> Result<CommitId> {
    let (base, author) = (
        "main".parse().unwrap(),
        Identity {
            name: "Outwork".to_owned(),
            email: "outwork@example.org".to_owned(),
        },
    );
    let merge = Merge {
        base: &base,
        head,
        message: "Merge pull request 1\n\nAdd a file",
        author: &author,
        date: Timestamp::from_millis(1_768_473_000_999),
    };
    world.git.merge(repository, &merge).await
}

#[tokio::test]
async fn both_sides_end_in_one_merge_commit_and_a_repeat_finds_it() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world
            .work(
                &mirror,
                "run",
                &base,
                &[("src/a.txt", "zero\none\ntwo\nthree\n")],
            )
            .await;
        world.git.keep(&imported, "run").await.unwrap();
        let theirs = world.commit("tools", "main", &[("theirs", "x")]);
        let merged = merge(&world, &repository, imported.commit()).await.unwrap();
        assert_eq!(world.tip("tools", "main").as_ref(), Some(&merged));
        let bare = world.bare("tools");
        let ask = |format: &str| {
            world.git_in(
                &bare,
                &["log", "-1", &format!("--format={format}"), merged.as_str()],
            )
        };
        assert_eq!(ask("%P"), format!("{theirs} {}", imported.commit()));
        assert_eq!(
            ask("%an <%ae> %at %ct"),
            "Outwork <outwork@example.org> 1768473000 1768473000"
        );
        assert_eq!(ask("%B").trim(), "Merge pull request 1\n\nAdd a file");
        assert_eq!(
            world.git_in(&bare, &["show", &format!("{merged}:theirs")]),
            "x"
        );
        assert!(
            world
                .git_in(&bare, &["show", &format!("{merged}:src/a.txt")])
                .starts_with("zero")
        );
        assert_eq!(
            merge(&world, &repository, imported.commit()).await.unwrap(),
            merged
        );
        world.commit_on_top("tools");
        assert_eq!(
            merge(&world, &repository, imported.commit()).await.unwrap(),
            merged
        );
        assert!(
            !fs::read_dir(world.path("data/intake"))
                .unwrap()
                .any(|entry| {
                    entry
                        .unwrap()
                        .file_name()
                        .to_string_lossy()
                        .starts_with("merge-")
                })
        );
    }
}

#[tokio::test]
async fn a_merge_that_could_be_fast_forwarded_is_a_commit_all_the_same() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        let merged = merge(&world, &repository, imported.commit()).await.unwrap();
        assert_ne!(&merged, imported.commit());
        let parents = world.git_in(
            &world.bare("tools"),
            &["log", "-1", "--format=%P", merged.as_str()],
        );
        assert_eq!(parents, format!("{base} {}", imported.commit()));
    }
}

#[tokio::test]
async fn a_conflict_names_its_paths_and_changes_nothing() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let files = [("src/a.txt", "one\nmine\nthree\n"), ("mine only", "x")];
        let imported = world.work(&mirror, "run", &base, &files).await;
        world.git.keep(&imported, "run").await.unwrap();
        let theirs = world.commit("tools", "main", &[("src/a.txt", "one\ntheirs\nthree\n")]);
        let error = merge(&world, &repository, imported.commit())
            .await
            .unwrap_err();
        let Error::MergeConflict { paths } = &error else {
            panic!("{error}");
        };
        assert_eq!(paths, &["src/a.txt"]);
        assert_eq!(world.tip("tools", "main"), Some(theirs));
    }
}

#[tokio::test]
async fn a_base_that_keeps_moving_is_merged_into_where_it_is() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        let moved = world.commit("tools", "other", &[("other", "x")]);
        let (bare, real, mark) = (
            world.bare("tools"),
            world.program.clone(),
            world.path("moved"),
        );
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = push ] && [ ! -e {mark} ]; then : > {mark}; env -i {real} --git-dir={bare} update-ref refs/heads/main {moved}; fi\nexec {real} \"$@\"\n",
            mark = mark.display(),
            real = real.display(),
            bare = bare.display()
        );
        world.use_script(&script).await;
        let merged = merge(&world, &repository, imported.commit()).await.unwrap();
        let parents = world.git_in(
            &world.bare("tools"),
            &["log", "-1", "--format=%P", merged.as_str()],
        );
        assert_eq!(parents, format!("{moved} {}", imported.commit()));
    }
}

#[tokio::test]
async fn a_branch_that_is_gone_is_not_found_and_a_refusal_is_told() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        world.git_in(
            &world.bare("tools"),
            &["config", "receive.denyNonFastForwards", "true"],
        );
        world.git_in(
            &world.bare("tools"),
            &["config", "receive.maxInputSize", "1"],
        );
        let error = merge(&world, &repository, imported.commit())
            .await
            .unwrap_err();
        assert_eq!(error.cause(), Cause::PushDenied, "{error}");
        assert_eq!(world.tip("tools", "main"), Some(base));
        world.git_in(
            &world.bare("tools"),
            &["update-ref", "-d", "refs/heads/main"],
        );
        let error = merge(&world, &repository, imported.commit())
            .await
            .unwrap_err();
        assert_eq!(error.cause(), Cause::BaseNotFound, "{error}");
    }
}

impl World {
    /// A person goes on from what is on `main` now.
    fn commit_on_top(&self, name: &str) {
        let folder = self.clone_of(name);
        self.git_in(&folder, &["fetch", "--quiet", "origin"]);
        self.git_in(&folder, &["reset", "--quiet", "--hard", "origin/main"]);
        self.commit(name, "main", &[("on top", "x")]);
    }
}
