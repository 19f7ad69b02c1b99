//! Where the data folder is when nobody says.

use std::path::PathBuf;

use crate::environment;
use crate::exit::Failure;

/// `/var/lib/outwork` for root, else the user's own data folder (XDG base directories).
///
/// # Errors
///
/// [`Failure::Usage`] if there is no home either.
pub fn default_data_dir() -> Result<PathBuf, Failure> {
    if nix::unistd::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/outwork"));
    }
    let own = environment::find_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || environment::find_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    own.or_else(home)
        .map(|base| base.join("outwork"))
        .ok_or_else(|| {
            Failure::Usage("there is no HOME: name the data folder by --data-dir".to_owned())
        })
}
