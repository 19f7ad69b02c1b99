//! `outwork secret-key`: the keys that seal what is secret in the database, made and retired where it is.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use outwork_store::sealing::{Resealed, list_keys, reseal};
use outwork_store::{Error, Sealer, SealingKeyId, Store};

use crate::config::{SecretKeyPlace, Storage, StorageFlags};
use crate::data_dir::secret_key::{add_newest, path_of};
use crate::environment;
use crate::exit::{Failure, Outcome};
use crate::opening::{find_sealer, open_store, open_unsealed_store};
use crate::output::{Form, Output};

/// Values that are sealed again in one transaction, between which servers write.
const AT_ONCE: u32 = 200;

/// List, replace and retire the keys that seal secrets in the database; works beside a running server
#[derive(Args, Debug)]
pub struct SecretKeyArgs {
    #[command(subcommand)]
    command: SecretKeyCommand,
}

#[derive(Debug, Subcommand)]
enum SecretKeyCommand {
    /// List the keys by their ids: where each is, and whether the database asks for it
    List(PlaceArgs),
    /// Write a new key above those in the key's file; servers seal with it once they are restarted
    Rotate(PlaceArgs),
    /// Seal everything again with the newest key, so that the older ones can be removed
    Reseal(PlaceArgs),
}

#[derive(Args, Debug)]
struct PlaceArgs {
    #[command(flatten)]
    storage: StorageFlags,
}

/// Carries the command out.
///
/// # Errors
///
/// [`Failure`] says what is in the way, and what to do about it.
pub async fn run(args: SecretKeyArgs, output: &Output) -> Outcome {
    match args.command {
        SecretKeyCommand::List(args) => list(&storage(&args)?, output).await,
        SecretKeyCommand::Rotate(args) => rotate(&storage(&args)?, output),
        SecretKeyCommand::Reseal(args) => reseal_all(&storage(&args)?, output).await,
    }
}

fn storage(args: &PlaceArgs) -> Result<Storage, Failure> {
    Storage::of(&args.storage, &environment::find)
}

/// The keys that are there; a database without one has nothing sealed.
fn sealer_of(storage: &Storage) -> Result<Sealer, Failure> {
    let none = "there is no key yet: one is made when a server starts for the first time";
    find_sealer(storage)?.ok_or_else(|| Failure::NotFound(none.to_owned()))
}

/// The keys that the database asks for.
async fn known_to(storage: &Storage) -> Result<Vec<SealingKeyId>, Failure> {
    let store = open_unsealed_store(storage).await?;
    let known = async {
        let mut reader = store.read().await?;
        list_keys(&mut reader).await
    };
    let known = known.await.context("cannot read the keys' ids");
    store.close().await;
    Ok(known?)
}

async fn list(storage: &Storage, output: &Output) -> Outcome {
    let ours = sealer_of(storage)?.key_ids();
    let known = known_to(storage).await?;
    let mut all = ours.clone();
    all.extend(known.iter().filter(|id| !ours.contains(id)));
    for id in all {
        let place = ours.iter().position(|own| *own == id);
        let place = match place {
            Some(0) => "seals",
            Some(_) => "opens",
            None => "missing",
        };
        let asked_for = known.contains(&id);
        match output.form() {
            Form::Json => output.json(&serde_json::json!({
                "id": id.to_string(), "use": place, "askedFor": asked_for,
            }))?,
            Form::Text => {
                let asked_for = if asked_for {
                    "the database asks for it"
                } else {
                    "not needed"
                };
                output.line(&format!("{id}  {place:<7}  {asked_for}"))?;
            }
        }
    }
    Ok(())
}

fn rotate(storage: &Storage, output: &Output) -> Outcome {
    let path = file_of(storage)?;
    sealer_of(storage)?;
    let id = add_newest(&path)?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id.to_string(), "file": path }))?,
        Form::Text => output.line(&format!(
            "{id}  is the first key in {}: back the file up, restart every server of this database, and then \
             run `outwork secret-key reseal`",
            path.display()
        ))?,
    }
    Ok(())
}

fn file_of(storage: &Storage) -> Result<PathBuf, Failure> {
    match &storage.secret_key {
        SecretKeyPlace::DataFolder => Ok(path_of(&storage.data_dir)),
        SecretKeyPlace::File(path) => Ok(path.clone()),
        SecretKeyPlace::Variable(_) => Err(Failure::Usage(
            "the key is in OUTWORK_SECRET_KEY: write a new one, as `openssl rand -hex 32` prints it, before it, \
             and a comma between them"
                .to_owned(),
        )),
    }
}

async fn reseal_all(storage: &Storage, output: &Output) -> Outcome {
    let ours = sealer_of(storage)?.key_ids();
    let newest = ours.first().copied();
    let newest = newest.ok_or_else(|| Failure::NotFound("there is no key".to_owned()))?;
    // A server that was not restarted since could not open what is sealed with a key that it does not have.
    if !known_to(storage).await?.contains(&newest) {
        return Err(Failure::Failed(format!(
            "no server has been started with the key {newest} yet: restart every server of this database first"
        )));
    }
    let store = open_store(storage).await?;
    let count = reseal_in(&store).await;
    store.close().await;
    let count = count
        .context("not everything could be sealed again; what was stays, and so do the keys")?;
    match output.form() {
        Form::Json => {
            output.json(&serde_json::json!({ "id": newest.to_string(), "resealed": count }))?
        }
        Form::Text => {
            output.line(&format!(
                "{count} values were sealed again; {newest} has sealed everything"
            ))?;
            if ours.len() > 1 {
                let place = file_of(storage).map_or_else(
                    |_| "OUTWORK_SECRET_KEY".to_owned(),
                    |path| Path::display(&path).to_string(),
                );
                output.line(&format!(
                    "The older keys may be removed from {place}; keep them with the backups from before"
                ))?;
            }
        }
    }
    Ok(())
}

async fn reseal_in(store: &Store) -> Result<u64, Error> {
    let mut count = 0;
    loop {
        let some = store.write_later(|tx| Box::pin(async move { reseal(tx, AT_ONCE).await }));
        let some: Result<Resealed, Error> = some.await;
        match some? {
            Resealed::Some(some) => count += u64::from(some),
            Resealed::All => return Ok(count),
        }
    }
}
