//! What a dead server left.

use std::fs;

use crate::support::worlds;

#[tokio::test]
async fn leftovers_go_and_what_is_in_use_stays() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        world.git.keep(&imported, "run").await.unwrap();
        let git_dir = mirror.objects().parent().unwrap().to_owned();
        for left in [
            "packed-refs.lock",
            "refs/base/x.lock",
            "objects/pack/tmp_pack_x",
            "objects/pack/tmp_idx_y",
        ] {
            fs::write(git_dir.join(left), "").unwrap();
        }
        for left in [
            "trash/workspace-1-1",
            "mirrors/new-1-1",
            "mirrors/broken-1-1",
        ] {
            fs::create_dir(world.path("data").join(left)).unwrap();
        }
        let swept = world.git.sweep().await.unwrap();
        assert_eq!((swept.folders, swept.files), (4, 4));
        assert!(!imported.folder().exists());
        assert!(!git_dir.join("packed-refs.lock").exists());
        assert_eq!(
            world.git.kept(&mirror, "run").await.unwrap().as_ref(),
            Some(imported.commit())
        );
        assert_eq!(
            world.git.subject(&mirror, &base).await.unwrap(),
            "work on main"
        );
        assert_eq!(
            world.git.sweep().await.unwrap(),
            outwork_workspace::Swept::default()
        );
    }
}
