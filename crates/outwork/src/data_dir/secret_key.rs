//! The key that seals secrets, for a server that nobody gave one: made once, kept in the data folder.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use outwork_store::{SealingKey, SealingKeyId};

use crate::config::read_secret_key;
use crate::exit::Failure;

const FILE: &str = "secret-key";
const REMARK: &str = "# Seals the secrets in the database. Back it up: without it they are lost.";

/// Where the key of a data folder is.
pub fn path_of(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Makes the file with a random key; one that is there already stays.
///
/// # Errors
///
/// If it cannot be written, or the machine has no random bytes.
pub fn create(folder: &Path) -> Result<PathBuf, Failure> {
    let path = path_of(folder);
    let made = make(folder, &path);
    made.with_context(|| format!("cannot make the secret key {}", path.display()))?;
    Ok(path)
}

fn make(folder: &Path, path: &Path) -> anyhow::Result<()> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).context("no random bytes")?;
    // Under another name until it is whole and on disk: a crash must not leave half a key.
    let draft = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    writeln!(file, "{REMARK}\n{}", hex::encode(random))?;
    file.sync_all()?;
    let placed = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match placed {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        // The folder's own entry must be as durable as what is sealed with the key.
        Ok(()) | Err(_) => Ok(std::fs::File::open(folder)?.sync_all()?),
    }
}

/// Writes a fresh key above those in a file, which seals from the next opening on; gives its id.
///
/// # Errors
///
/// If there is no key in the file, it cannot be written, or the machine has no random bytes.
pub fn add_newest(path: &Path) -> Result<SealingKeyId, Failure> {
    let added = add(path);
    let added = added.with_context(|| format!("cannot add a key to {}", path.display()));
    Ok(added?)
}

fn add(path: &Path) -> anyhow::Result<SealingKeyId> {
    // A link to a file that lies elsewhere stays one.
    let path = path.canonicalize()?;
    let before = std::fs::read_to_string(&path)?;
    read_secret_key(&path).map_err(anyhow::Error::msg)?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).context("no random bytes")?;
    let (remark, keys) = match before.split_once('\n') {
        Some((REMARK, keys)) => (REMARK, keys),
        Some(_) | None => ("", before.as_str()),
    };
    let gap = if remark.is_empty() { "" } else { "\n" };
    let text = format!("{remark}{gap}{}\n{keys}", hex::encode(random));
    replace(&path, &text)?;
    Ok(SealingKey::new(random).id())
}

/// Puts a text in the place of a file, whole or not at all; owner and rights stay.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("it is no file")?;
    let about = std::fs::metadata(path)?;
    let mut draft = tempfile::Builder::new()
        .prefix(".secret-key-")
        .tempfile_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().set_permissions(about.permissions())?;
    std::os::unix::fs::fchown(draft.as_file(), Some(about.uid()), Some(about.gid()))?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    Ok(std::fs::File::open(folder)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_stands_above_the_others_and_the_file_stays_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = create(folder.path()).unwrap();
        let first = read_secret_key(&path).unwrap().key_ids();
        let second = add_newest(&path).unwrap();
        assert_eq!(
            read_secret_key(&path).unwrap().key_ids(),
            [second, first[0]]
        );
        let third = add_newest(&path).unwrap();
        let all = read_secret_key(&path).unwrap().key_ids();
        assert_eq!(all, [third, second, first[0]]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(REMARK), "{text}");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // What is no key file stays as it is.
        let other = folder.path().join("other");
        std::fs::write(&other, "no key").unwrap();
        assert!(add_newest(&other).is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "no key");
        assert!(add_newest(&folder.path().join("none")).is_err());
    }

    #[test]
    fn the_first_key_stays_and_is_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = create(folder.path()).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(crate::config::read_secret_key(&path).is_ok());
        create(folder.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
