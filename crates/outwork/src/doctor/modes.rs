//! Who else can read what is in the data folder.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Check;
use crate::data_dir::{RunUsers, mode, worker_id};
use crate::opening::DATABASE_FILE;

const NAME: &str = "data files";
/// What of a mode is for others than the owner.
const OTHERS: u32 = 0o077;

/// Whether only the server can read the database, artifacts and its own name.
///
/// The key that seals secrets has a check of its own.
pub(super) fn modes(folder: &Path, users: Option<&RunUsers>) -> Check {
    let (wal, shm) = (
        format!("{DATABASE_FILE}-wal"),
        format!("{DATABASE_FILE}-shm"),
    );
    let mut wide = Vec::new();
    let inner = [DATABASE_FILE, &wal, &shm, worker_id::FILE, "artifacts"];
    let inner = inner.map(|name| (folder.join(name), 0));
    let own = (folder.to_owned(), mode(users) & OTHERS);
    for (path, allowed) in [own].into_iter().chain(inner) {
        if let Ok(found) = path.metadata()
            && found.mode() & OTHERS & !allowed != 0
        {
            wide.push((path, found.mode() & 0o777));
        }
    }
    if wide.is_empty() {
        return Check::ok(NAME, "closed to other users");
    }
    let shown =
        |(path, mode): &(std::path::PathBuf, u32)| format!("{} (mode {mode:o})", path.display());
    let all: Vec<String> = wide.iter().map(shown).collect();
    let paths: Vec<String> = wide
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    Check::warning(
        NAME,
        format!("open to other users: {}", all.join(", ")),
        format!(
            "chmod go= {} (the next start of a server closes them too)",
            paths.join(" ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::super::Status;
    use super::*;

    #[test]
    fn a_file_that_others_can_read_is_warned_of() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("data");
        assert_eq!(modes(&folder, None).status, Status::Ok, "nothing is there");
        std::fs::create_dir(&folder).unwrap();
        let set = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
        set(&folder, 0o710);
        assert_eq!(
            modes(&folder, Some(&RunUsers::standard())).status,
            Status::Ok
        );
        assert_eq!(modes(&folder, None).status, Status::Warning);
        set(&folder, 0o700);
        let file = folder.join(DATABASE_FILE);
        write(&file, "").unwrap();
        set(&file, 0o600);
        assert_eq!(modes(&folder, None).status, Status::Ok);
        set(&file, 0o644);
        let check = modes(&folder, None);
        assert_eq!(check.status, Status::Warning);
        let told = format!("{} (mode 644)", file.display());
        assert!(check.found.contains(&told), "{check:?}");
    }
}
