//! Files and folders that nobody but the server may read, whatever the umask.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tokio::fs::{DirBuilder, File, OpenOptions, set_permissions};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Makes a folder and the one above it, both closed to others also if they were there.
pub(super) async fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(FOLDER_MODE);
    builder.create(folder).await?;
    for one in folder.parent().into_iter().chain([folder]) {
        set_permissions(one, Permissions::from_mode(FOLDER_MODE)).await?;
    }
    Ok(())
}

/// Makes a file that is not there yet.
pub(super) async fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE_MODE);
    options.open(path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn others_are_kept_out_also_of_what_was_open() {
        let base = tempfile::tempdir().unwrap();
        let (above, folder) = (base.path().join("a"), base.path().join("a/b"));
        std::fs::create_dir(&above).unwrap();
        set_permissions(&above, Permissions::from_mode(0o755))
            .await
            .unwrap();
        make_private(&folder).await.unwrap();
        let file = folder.join("file");
        create_private(&file).await.unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&above), mode(&folder)), (FOLDER_MODE, FOLDER_MODE));
        assert_eq!(mode(&file), FILE_MODE);
        assert!(create_private(&file).await.is_err());
    }
}
