//! The key that seals secrets: where it is, and who else can read it.

use std::os::unix::fs::MetadataExt;

use outwork_store::Sealer;

use super::Check;
use crate::config::{SecretKeyPlace, Storage};
use crate::data_dir::secret_key::path_of;
use crate::opening::{DATABASE_FILE, find_sealer};

const NAME: &str = "secret key";

/// Whether there is a key, and where it must be backed up from.
pub(super) fn secret_key(storage: &Storage) -> Check {
    let path = match &storage.secret_key {
        SecretKeyPlace::Variable(_) => None,
        SecretKeyPlace::File(path) => Some(path.clone()),
        SecretKeyPlace::DataFolder => Some(path_of(&storage.data_dir)),
    };
    let place = path.as_ref().map_or_else(
        || "in OUTWORK_SECRET_KEY".to_owned(),
        |path| path.display().to_string(),
    );
    match find_sealer(storage) {
        Err(failure) => Check::missing(
            NAME,
            failure.to_string(),
            "Restore the key that the database was used with.",
        ),
        Ok(None) if storage.data_dir.join(DATABASE_FILE).exists() => Check::ok(
            NAME,
            format!("{place}, made when a server starts, unless its database has had one"),
        ),
        Ok(None) => Check::ok(NAME, format!("{place}, made at the first start")),
        Ok(Some(sealer)) => match path.as_deref().and_then(open_to_others) {
            Some(mode) => Check::warning(
                NAME,
                format!("{place} can be read by others (mode {mode:o})"),
                format!("chmod 600 {place}"),
            ),
            None => Check::ok(NAME, found(&place, &sealer)),
        },
    }
}

fn found(place: &str, sealer: &Sealer) -> String {
    match sealer.key_ids().as_slice() {
        [newest, _, ..] => format!(
            "{place}; {newest} seals, and older ones open until `outwork secret-key reseal` makes them unneeded; \
             back it up with the database"
        ),
        [_] | [] => format!("{place}; back it up with the database"),
    }
}

fn open_to_others(path: &std::path::Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::Status;
    use super::*;
    use crate::config::DatabaseChoice;
    use crate::data_dir::secret_key::create;

    #[test]
    fn the_place_is_told_and_an_open_file_is_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage {
            data_dir: folder.path().to_owned(),
            database: DatabaseChoice::Sqlite,
            secret_key: SecretKeyPlace::DataFolder,
        };
        let check = secret_key(&storage);
        assert!(
            check.found.ends_with("made at the first start"),
            "{check:?}"
        );
        let path = create(folder.path()).unwrap();
        let check = secret_key(&storage);
        assert_eq!(check.status, Status::Ok, "{check:?}");
        assert!(
            check.found.contains(&path.display().to_string()),
            "{check:?}"
        );
        crate::data_dir::secret_key::add_newest(&path).unwrap();
        let check = secret_key(&storage);
        assert!(check.found.contains("older ones open"), "{check:?}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(secret_key(&storage).status, Status::Warning);
        std::fs::write(&path, "no key").unwrap();
        assert_eq!(secret_key(&storage).status, Status::Missing);
    }
}
