//! The database, opened as the server would open it.

use super::Check;
use crate::config::{DatabaseChoice, Settings};
use crate::data_dir::Lock;
use crate::opening::{DATABASE_FILE, find_sealer, open_store, open_unsealed_store};

/// Whether the database can be written and read.
pub(super) async fn database(settings: &Settings) -> Check {
    const NAME: &str = "database";
    let storage = &settings.storage;
    let remedy = match storage.database {
        DatabaseChoice::Sqlite => {
            let file = storage.data_dir.join(DATABASE_FILE);
            if !file.exists() {
                return Check::ok(NAME, "SQLite, made at the first start");
            }
            // Another version's server may be at work: opening would bring the tables up to ours.
            if Lock::holder(&storage.data_dir).is_some() {
                return Check::ok(NAME, format!("SQLite, {}, in use", file.display()));
            }
            "Look at the file's owner and mode, and at the disk."
        }
        DatabaseChoice::Postgres(_) => "Check the URL, and that the server runs and lets us in.",
    };
    let opened = async {
        // The first start makes the key; looking must not.
        let store = match find_sealer(storage) {
            Ok(None) => open_unsealed_store(storage).await,
            Ok(Some(_)) | Err(_) => open_store(storage).await,
        };
        let store = store.map_err(|failure| failure.to_string())?;
        let probed = store.probe().await.map_err(|error| error.to_string());
        let kind = store.kind();
        store.close().await;
        probed.map(|()| kind)
    };
    match opened.await {
        Ok("postgres") => Check::ok(NAME, "PostgreSQL, written and read"),
        Ok(_) => Check::ok(NAME, "SQLite, written and read"),
        Err(why) => Check::missing(NAME, why, remedy),
    }
}
