//! Whether the users of runs can reach a path: bubblewrap opens what it binds as that user.

use std::path::{Path, PathBuf};

use super::run_users::RunUsers;

/// A folder on the way that the users of runs cannot enter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the users of runs ({users}) cannot enter {}, which {} needs: name another place, such as /var/lib/outwork, or type: chmod o+x {}",
    folder.display(),
    path.display(),
    folder.display()
)]
pub struct Obstacle {
    /// The folder.
    pub folder: PathBuf,
    path: PathBuf,
    users: RunUsers,
}

/// The first folder on the way to the file or folder `path` that the users of runs cannot enter.
pub fn obstacle(path: &Path, users: &RunUsers) -> Option<Obstacle> {
    outwork_sandbox::blocking_folder(path, &users.last()).map(|folder| Obstacle {
        folder,
        path: path.to_owned(),
        users: users.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_closed_folder_on_the_way_is_named() {
        let users = RunUsers::standard();
        let base = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        };
        let closed = base.path().canonicalize().unwrap().join("closed");
        let inner = closed.join("inner");
        std::fs::create_dir_all(&inner).unwrap();
        set(base.path(), 0o755);
        set(&closed, 0o755);
        assert_eq!(obstacle(&inner, &users), None);
        set(&closed, 0o700);
        let found = obstacle(&inner, &users).unwrap();
        assert_eq!(found.folder, closed);
        let words = found.to_string();
        assert!(
            words.contains(&format!("chmod o+x {}", closed.display())),
            "{words}"
        );
    }
}
