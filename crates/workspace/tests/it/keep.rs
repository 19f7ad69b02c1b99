//! Kept commits.

use std::fs;

use crate::support::worlds;

#[tokio::test]
async fn a_kept_commit_outlives_its_folder_and_a_restart() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world
            .work(&mirror, "run", &base, &[("new.txt", "hello\n")])
            .await;
        assert_eq!(world.git.kept(&mirror, "run").await.unwrap(), None);
        for _ in 0..2 {
            world.git.keep(&imported, "run").await.unwrap();
        }
        fs::remove_dir_all(imported.folder()).unwrap();
        world.reopen(|_| {}).await;
        assert_eq!(
            world.git.kept(&mirror, "run").await.unwrap().as_ref(),
            Some(imported.commit())
        );
        let file = world
            .git
            .read_file(&mirror, imported.commit(), "new.txt", 100)
            .await
            .unwrap();
        assert_eq!(file.as_deref(), Some(b"hello\n".as_slice()));
        world
            .git
            .fetch(&repository, imported.commit())
            .await
            .unwrap();
        let folder = world
            .workspace(&mirror, "follow-up", imported.commit())
            .await;
        assert_eq!(
            fs::read_to_string(folder.join("new.txt")).unwrap(),
            "hello\n"
        );
    }
}

#[tokio::test]
async fn a_released_name_is_free_also_when_it_was_packed() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        for packed in [false, true] {
            world.git.keep(&imported, "run").await.unwrap();
            if packed {
                world.git_in(mirror.objects().parent().unwrap(), &["pack-refs", "--all"]);
            }
            assert!(world.git.kept(&mirror, "run").await.unwrap().is_some());
            world.git.release(&mirror, "run").await.unwrap();
            assert_eq!(world.git.kept(&mirror, "run").await.unwrap(), None);
            world.git.release(&mirror, "run").await.unwrap();
            world.git.keep(&imported, "run").await.unwrap();
            world.git.release_everywhere("run").await.unwrap();
            assert_eq!(world.git.kept(&mirror, "run").await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn names_cannot_lead_elsewhere() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, _) = world.mirror(&repository).await;
        for bad in ["", "../base/x", "a/b", ".x", "x.lock", "a b"] {
            assert!(world.git.kept(&mirror, bad).await.is_err(), "{bad:?}");
            assert!(world.git.release(&mirror, bad).await.is_err(), "{bad:?}");
        }
    }
}

#[tokio::test]
async fn many_packs_are_put_together_and_no_object_is_lost() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let mut commits = Vec::new();
        for n in 0..4 {
            let name = format!("run-{n}");
            let imported = world.work(&mirror, &name, &base, &[("new", &name)]).await;
            world.git.keep(&imported, &name).await.unwrap();
            commits.push(imported.commit().clone());
        }
        let packs = || {
            let entries = fs::read_dir(mirror.objects().join("pack")).unwrap();
            entries
                .filter(|entry| entry.as_ref().unwrap().path().extension().unwrap() == "pack")
                .count()
        };
        assert_eq!(world.git.tidy().await.unwrap(), 0);
        assert_eq!(packs(), 5);
        world.git.release(&mirror, "run-0").await.unwrap();
        world.reopen(|options| options.limits.packs_max = 4).await;
        assert_eq!(world.git.tidy().await.unwrap(), 1);
        assert!(packs() < 5);
        for commit in &commits {
            assert_eq!(
                world.git.subject(&mirror, commit).await.unwrap(),
                "Add a file"
            );
        }
    }
}
