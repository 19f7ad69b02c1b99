//! Whether a user can get to a path at all: bubblewrap resolves what it binds as that user.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use crate::User;

/// The first folder on the way to `path` that `user` cannot enter, if there is one.
///
/// For another user it judges by owner and mode, which is what counts on a file system without
/// access control lists; use it to explain a refusal or to warn, not to grant anything.
#[must_use]
pub fn blocking_folder(path: &Path, user: &User) -> Option<PathBuf> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut folders: Vec<&Path> = real.ancestors().skip(1).collect();
    folders.reverse();
    folders
        .into_iter()
        .find(|folder| !may_enter(folder, user))
        .map(Path::to_owned)
}

fn may_enter(folder: &Path, user: &User) -> bool {
    match user {
        User::Current => access(folder, AccessFlags::X_OK).is_ok(),
        User::Dropped { uid, gid, groups } => {
            let Ok(about) = folder.metadata() else {
                return false;
            };
            let shift = if about.uid() == *uid {
                6
            } else if about.gid() == *gid || groups.contains(&about.gid()) {
                3
            } else {
                0
            };
            (about.mode() >> shift) & 1 == 1
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir_all, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn finds_the_closed_folder() {
        let temp = tempfile::tempdir().unwrap();
        set_permissions(temp.path(), Permissions::from_mode(0o711)).unwrap();
        let closed = temp.path().canonicalize().unwrap().join("closed");
        create_dir_all(closed.join("below")).unwrap();
        let stranger = |groups| User::Dropped {
            uid: 2_000_321,
            gid: 2_000_321,
            groups,
        };
        let target = closed.join("below/file");
        set_permissions(&closed, Permissions::from_mode(0o711)).unwrap();
        assert_eq!(blocking_folder(&target, &stranger(vec![])), None);
        set_permissions(&closed, Permissions::from_mode(0o710)).unwrap();
        assert_eq!(
            blocking_folder(&target, &stranger(vec![])),
            Some(closed.clone())
        );
        let group = closed.metadata().unwrap().gid();
        assert_eq!(blocking_folder(&target, &stranger(vec![group])), None);
        assert_eq!(blocking_folder(&target, &User::Current), None);
    }
}
