//! Who may read the files of an SQLite database.

use std::fs::{Permissions, read_dir, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use outwork_store::{Database, Store};

use crate::support::sealer;

/// The modes of all files of a folder, by name.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut modes: Vec<(String, u32)> = read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, entry.metadata().unwrap().permissions().mode() & 0o777)
        })
        .collect();
    modes.sort();
    modes
}

#[tokio::test]
async fn nobody_else_reads_the_database_whatever_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outwork.db");
    let closed = ["outwork.db", "outwork.db-shm", "outwork.db-wal"];
    let closed = closed.map(|name| (name.to_owned(), 0o600));
    let database = Database::Sqlite { path };
    let store = Store::open(&database, sealer()).await.unwrap();
    assert_eq!(modes(folder.path()), closed);
    // As an earlier version, or a copy, may have left them.
    for (name, _) in &closed {
        set_permissions(folder.path().join(name), Permissions::from_mode(0o644)).unwrap();
    }
    let beside = Store::open(&database, sealer()).await.unwrap();
    assert_eq!(modes(folder.path()), closed);
    beside.close().await;
    store.close().await;
    assert!(modes(folder.path()).iter().all(|(_, mode)| *mode == 0o600));
}
