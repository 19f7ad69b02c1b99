//! What people see of commits.

use std::fs;
use std::os::unix::fs::symlink;

use outwork_domain::limits::DIFF_BYTES_MAX;
use outwork_workspace::{DiffStat, Error, Extent};

use crate::support::worlds;

#[tokio::test]
async fn a_change_is_shown_measured_and_given_as_patches() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let files = [
            ("src/a.txt", "one\n2\nthree\nfour\n"),
            ("ünïcode name", "x\n"),
        ];
        let imported = world.work(&mirror, "run", &base, &files).await;
        world.git.keep(&imported, "run").await.unwrap();
        let tip = imported.commit();
        let diff = world.git.diff(&mirror, &base, tip).await.unwrap();
        assert_eq!(diff.extent, Extent::Whole);
        assert!(
            diff.text.contains("\n-two\n+2\n three\n+four\n"),
            "{}",
            diff.text
        );
        assert!(diff.text.contains("ünïcode name"), "{}", diff.text);
        let stat = world.git.diff_stat(&mirror, &base, tip).await.unwrap();
        assert_eq!(
            stat,
            DiffStat {
                file_count: 2,
                insertions: 3,
                deletions: 1
            }
        );
        assert!(!world.git.same_tree(&mirror, &base, tip).await.unwrap());
        assert_eq!(world.git.subject(&mirror, tip).await.unwrap(), "Add a file");
        let patch = world.git.patch(&mirror, &base, tip).await.unwrap();
        let file = world.path("series.patch");
        fs::write(&file, patch).unwrap();
        let people = world.clone_of("tools");
        world.git_in(&people, &["am", "--quiet", file.to_str().unwrap()]);
        let mine = world.git_in(&people, &["rev-parse", "HEAD^{tree}"]);
        let theirs = world.git_in(
            imported.folder(),
            &["rev-parse", &format!("{tip}^{{tree}}")],
        );
        assert_eq!(mine, theirs);
    }
}

#[tokio::test]
async fn a_change_applies_with_all_its_files_or_is_not_given() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let files = [
            ("src/a.txt", "one\n2\n"),
            ("image", "a\0b\n"),
            ("ünïcode", "x"),
        ];
        let imported = world.work(&mirror, "run", &base, &files).await;
        world.git.keep(&imported, "run").await.unwrap();
        let tip = imported.commit();
        let change = world.git.change(&mirror, &base, tip).await.unwrap();
        let file = world.path("change.patch");
        fs::write(&file, change.unwrap()).unwrap();
        let people = world.clone_of("tools");
        world.git_in(&people, &["apply", "--index", file.to_str().unwrap()]);
        let mine = world.git_in(&people, &["write-tree"]);
        let wanted = format!("{tip}^{{tree}}");
        assert_eq!(
            mine,
            world.git_in(imported.folder(), &["rev-parse", &wanted])
        );
        let none = world.git.change(&mirror, &base, &base).await.unwrap();
        assert_eq!(none.as_deref(), Some(""));
        // Neither letters that are not UTF-8 nor the beginning of something too large would apply.
        world.git_in(&people, &["commit", "--quiet", "-m", "the same"]);
        let large: Vec<u8> = b"words\n".repeat(DIFF_BYTES_MAX / 6 + 1);
        for bytes in [b"caf\xe9\n".as_slice(), &large] {
            fs::write(people.join("odd.txt"), bytes).unwrap();
            let odd = world.commit("tools", "odd", &[]);
            let mirror = world.git.fetch(&repository, &odd).await.unwrap();
            assert_eq!(world.git.change(&mirror, &base, &odd).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn an_edit_that_was_taken_back_is_the_same_tree() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[]).await;
        world.git.keep(&imported, "run").await.unwrap();
        assert_ne!(&base, imported.commit());
        assert!(
            world
                .git
                .same_tree(&mirror, &base, imported.commit())
                .await
                .unwrap()
        );
        let missing = "1234567890123456789012345678901234567890".parse().unwrap();
        let error = world
            .git
            .same_tree(&mirror, &base, &missing)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::MirrorBroken { .. }), "{error}");
        assert!(world.git.diff(&mirror, &base, &missing).await.is_err());
    }
}

#[tokio::test]
async fn files_are_read_without_a_checkout_and_links_stay_inside() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let people = world.clone_of("tools");
        symlink("README.md", people.join("AGENTS.md")).unwrap();
        symlink("/etc/passwd", people.join("outside")).unwrap();
        symlink("../../etc/passwd", people.join("above")).unwrap();
        world.commit("tools", "main", &[]);
        let (mirror, commit) = world.mirror(&repository).await;
        let cases = [
            ("README.md", Some("# Tools\n")),
            ("AGENTS.md", Some("# Tools\n")),
            ("outside", None),
            ("above", None),
            ("src", None),
            ("missing", None),
            ("a\nb", None),
            ("", None),
        ];
        for (path, wanted) in cases {
            let file = world
                .git
                .read_file(&mirror, &commit, path, 100)
                .await
                .unwrap();
            assert_eq!(file.as_deref(), wanted.map(str::as_bytes), "{path:?}");
        }
        let cut = world
            .git
            .read_file(&mirror, &commit, "README.md", 3)
            .await
            .unwrap();
        assert_eq!(cut.as_deref(), Some(b"# T".as_slice()));
        let calls = world.watch_calls().await;
        for _ in 0..2 {
            world
                .git
                .read_file(&mirror, &commit, "README.md", 100)
                .await
                .unwrap();
        }
        let text = fs::read_to_string(calls).unwrap();
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("CALL cat-file"))
                .count(),
            1
        );
    }
}
