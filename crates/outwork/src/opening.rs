//! Opens the database with the key that its secrets are sealed with.
//!
//! A key that nobody configured is made for a database that was never used with one, and for no other:
//! a fresh key could not open what is there.

use anyhow::Context;
use outwork_store::{Database, Error, Sealer, Store};
use secrecy::ExposeSecret;

use crate::config::{DatabaseChoice, Storage, StorageFlags, read_secret_key};
use crate::data_dir::{self, secret_key};
use crate::environment;
use crate::exit::Failure;

/// The name of the SQLite database in the data folder.
pub const DATABASE_FILE: &str = "outwork.db";

/// Opens the database for a server: the secrets in it can be sealed and opened.
///
/// # Errors
///
/// What keeps it from being opened, with the remedy if it is the key.
pub async fn open_store(storage: &Storage) -> Result<Store, Failure> {
    if let Some(sealer) = find_sealer(storage)? {
        return open(storage, sealer).await;
    }
    let store = open_unsealed_store(storage).await?;
    let is_sealed = store.has_sealing_key().await;
    store.close().await;
    if is_sealed.context("cannot read the database")? {
        return Err(Failure::Failed(format!(
            "the secrets in the database are sealed, and the key {} is gone: restore it from the backup, \
             or name it by OUTWORK_SECRET_KEY_FILE",
            secret_key::path_of(&storage.data_dir).display()
        )));
    }
    let path = secret_key::create(&storage.data_dir)?;
    tracing::info!(path = %path.display(), "a key for secrets was made: back it up with the database");
    open(storage, sealer_in(&path)?).await
}

/// Opens the database for work that touches no secret, and needs no key.
///
/// # Errors
///
/// What keeps it from being opened.
pub async fn open_unsealed_store(storage: &Storage) -> Result<Store, Failure> {
    open(storage, Sealer::absent()).await
}

/// Opens the database that the flags name, beside a running server or before the first one.
///
/// # Errors
///
/// What keeps it from being opened.
pub async fn open_beside(flags: &StorageFlags) -> Result<Store, Failure> {
    let storage = Storage::of(flags, &environment::find)?;
    if matches!(storage.database, DatabaseChoice::Sqlite) {
        data_dir::prepare(&storage.data_dir)?;
    }
    open_unsealed_store(&storage).await
}

/// The keys that are configured, else those in the data folder, if there are any.
///
/// # Errors
///
/// [`Failure`] if there is something that is no key.
pub fn find_sealer(storage: &Storage) -> Result<Option<Sealer>, Failure> {
    if let Some(sealer) = storage.secret_key.configured()? {
        return Ok(Some(sealer));
    }
    let path = secret_key::path_of(&storage.data_dir);
    path.exists().then(|| sealer_in(&path)).transpose()
}

fn sealer_in(path: &std::path::Path) -> Result<Sealer, Failure> {
    let sealer = read_secret_key(path);
    sealer.map_err(|why| Failure::Failed(format!("secret key file {}: {why}", path.display())))
}

async fn open(storage: &Storage, sealer: Sealer) -> Result<Store, Failure> {
    let (database, place) = match &storage.database {
        DatabaseChoice::Sqlite => {
            let path = storage.data_dir.join(DATABASE_FILE);
            let place = path.display().to_string();
            (Database::Sqlite { path }, place)
        }
        DatabaseChoice::Postgres(url) => {
            let url = url.expose_secret().to_owned();
            (Database::Postgres { url }, "PostgreSQL".to_owned())
        }
    };
    let store = Store::open(&database, sealer).await;
    if let Err(error @ Error::UnknownSealingKey { .. }) = &store {
        return Err(Failure::Failed(format!(
            "{error}: put the right key in its place, or write it below the newest one"
        )));
    }
    Ok(store.with_context(|| format!("cannot open the database ({place})"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretKeyPlace;

    fn storage(folder: &std::path::Path, secret_key: SecretKeyPlace) -> Storage {
        Storage {
            data_dir: folder.to_owned(),
            database: DatabaseChoice::Sqlite,
            secret_key,
        }
    }

    async fn opened(storage: &Storage) -> Result<(), String> {
        let store = open_store(storage)
            .await
            .map_err(|failure| failure.to_string())?;
        store.close().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_key_is_made_once_and_missed_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(folder.path(), SecretKeyPlace::DataFolder);
        // What `outwork key create` does before the first start.
        open_unsealed_store(&storage).await.unwrap().close().await;
        assert!(!secret_key::path_of(folder.path()).exists());
        opened(&storage).await.unwrap();
        opened(&storage).await.unwrap();
        std::fs::remove_file(secret_key::path_of(folder.path())).unwrap();
        let refused = opened(&storage).await.unwrap_err();
        assert!(refused.contains("secret-key is gone"), "{refused}");
        assert!(!secret_key::path_of(folder.path()).exists());
    }

    #[tokio::test]
    async fn another_key_is_refused_and_a_newer_one_needs_the_older() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = ("0a".repeat(32), "0b".repeat(32));
        let place = |text: &str| SecretKeyPlace::Variable(text.to_owned().into());
        let with = |text: &str| storage(folder.path(), place(text));
        opened(&with(&one)).await.unwrap();
        let refused = opened(&with(&two)).await.unwrap_err();
        assert!(
            refused.contains("not among the configured keys"),
            "{refused}"
        );
        opened(&with(&format!("{two}\n{one}"))).await.unwrap();
        let refused = opened(&with(&one)).await.unwrap_err();
        assert!(
            refused.contains("put the right key in its place"),
            "{refused}"
        );
    }
}
