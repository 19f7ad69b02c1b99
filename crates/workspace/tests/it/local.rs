//! The list of repositories on this disk.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::worlds;

#[tokio::test]
async fn bare_repositories_are_listed_three_levels_deep() {
    for world in worlds().await {
        for name in ["b", "a", "team/x", "team/sub/y", "team/sub/deep/z"] {
            fs::create_dir_all(world.bare(name).parent().unwrap()).unwrap();
            world.empty_repository(name);
        }
        fs::create_dir(world.path("elsewhere")).unwrap();
        symlink(world.path("elsewhere"), world.path("repositories/link")).unwrap();
        fs::write(world.path("repositories/file"), "").unwrap();
        let listed = world.git.list_local().await.unwrap();
        let names: Vec<&str> = listed
            .iter()
            .map(outwork_domain::Repository::name)
            .collect();
        assert_eq!(names, ["a.git", "b.git", "y.git", "x.git"]);
        for repository in &listed {
            assert!(!matches!(
                world.git.admit(repository, None),
                Err(outwork_workspace::Error::RepositoryNotFound { .. })
            ));
        }
    }
}
