//! The name of a data folder's worker. It outlives the process: what a dead process still holds under
//! it is taken back at the next start.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;

use crate::exit::Failure;

/// The file in the data folder.
pub const FILE: &str = "worker-id";
const MODE: u32 = 0o600;

/// The name in the folder, or `fresh`, which is then the name for good.
pub(super) fn get_or_create(folder: &Path, fresh: &str) -> Result<String, Failure> {
    let path = folder.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) if is_name(text.trim()) => {
            let closed = std::fs::set_permissions(&path, Permissions::from_mode(MODE));
            closed.with_context(|| format!("cannot close {} to others", path.display()))?;
            return Ok(text.trim().to_owned());
        }
        // A crash between making and filling the file leaves it empty.
        Ok(text) if text.trim().is_empty() => {}
        Ok(_) => {
            let path = path.display();
            return Err(Failure::Failed(format!("{path} holds no worker's name")));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            let why = format!("cannot read {}", path.display());
            return Err(anyhow::Error::new(error).context(why).into());
        }
    }
    write(&path, fresh).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(fresh.to_owned())
}

fn write(path: &Path, name: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(MODE)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    writeln!(file, "{name}")?;
    file.sync_all()
}

fn is_name(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=100).contains(&text.len()) && text.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_closed_to_others_also_one_that_was_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        get_or_create(folder.path(), "a").unwrap();
        assert_eq!(mode(), MODE);
        for left in ["a\n", ""] {
            std::fs::write(&path, left).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
            get_or_create(folder.path(), "a").unwrap();
            assert_eq!(mode(), MODE, "{left:?}");
        }
    }

    #[test]
    fn the_first_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(get_or_create(folder.path(), "a").unwrap(), "a");
        assert_eq!(get_or_create(folder.path(), "b").unwrap(), "a");
        std::fs::write(folder.path().join(FILE), "").unwrap();
        assert_eq!(get_or_create(folder.path(), "c").unwrap(), "c");
        std::fs::write(folder.path().join(FILE), "no name\n").unwrap();
        assert!(get_or_create(folder.path(), "d").is_err());
    }
}
