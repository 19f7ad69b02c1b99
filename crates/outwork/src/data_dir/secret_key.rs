//! The key that seals secrets, for a server that nobody gave one: made once, kept in the data folder.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

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
