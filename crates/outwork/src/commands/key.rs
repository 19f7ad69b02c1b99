//! `outwork key`: API keys, made and ended where the database is.

use std::io::Read;

use anyhow::Context;
use clap::{Args, Subcommand};
use outwork_domain::{AccountId, ApiKey, KeyId, KeyKind};
use outwork_engine::{Clock, SystemClock};
use outwork_store::{Error, KeySecret, Store, accounts, keys, new_id};
use uuid::Uuid;

use crate::config::{DatabaseChoice, Storage, StorageFlags};
use crate::data_dir;
use crate::environment;
use crate::exit::{Failure, Outcome};
use crate::opening::open_unsealed_store;
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::table::Table;

const NAME_CHARS_MAX: usize = 100;
/// Bytes of a key that is imported: at least so many of the part that is secret, at most so many in all.
const TOKEN_BYTES: std::ops::RangeInclusive<usize> = 16..=512;

/// Make, list and revoke API keys; works beside a running server
#[derive(Args, Debug)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key and print it; it is not shown again
    Create(CreateArgs),
    /// List keys without their secrets
    List(ListArgs),
    /// End a key; agents made with it stay
    Revoke(RevokeArgs),
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
struct CreateArgs {
    /// Name of the key
    #[arg(long, value_name = "NAME", default_value = "default")]
    name: String,
    /// E-mail address of its account; keys of one account see the same agents
    #[arg(long, value_name = "EMAIL", default_value = "admin@localhost")]
    email: String,
    /// A key for a service instead of a user: it may make tokens for users
    #[arg(long)]
    service: bool,
    /// Take the key from standard input instead, whatever its shape
    #[arg(long)]
    import_stdin: bool,
    #[command(flatten)]
    storage: StorageFlags,
}

#[derive(Args, Debug)]
struct ListArgs {
    #[command(flatten)]
    storage: StorageFlags,
}

#[derive(Args, Debug)]
struct RevokeArgs {
    /// Id of the key, as it is listed
    id: Uuid,
    #[command(flatten)]
    storage: StorageFlags,
}

/// Carries it out.
pub async fn run(args: KeyArgs, output: &Output) -> Outcome {
    match args.command {
        KeyCommand::Create(args) => create(args, output).await,
        KeyCommand::List(args) => list(&args.storage, output).await,
        KeyCommand::Revoke(args) => revoke(args, output).await,
    }
}

async fn create(args: CreateArgs, output: &Output) -> Outcome {
    check(&args.name, &args.email)?;
    let (token, secret) = if args.import_stdin {
        let token = read_token()?;
        let secret = KeySecret::from_token(&token);
        (token, secret)
    } else {
        fresh()?
    };
    let store = open(&args.storage).await?;
    let kind = if args.service {
        KeyKind::Service
    } else {
        KeyKind::User
    };
    let key = insert(&store, &args.name, &args.email, kind, secret).await;
    store.close().await;
    let key = key?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({
            "id": key.id.to_string(),
            "name": key.name,
            "email": key.email,
            "kind": kind_word(key.kind),
            "key": token,
        }))?,
        Form::Text => output.line(&token)?,
    }
    Ok(())
}

/// A new key and its secret.
///
/// # Errors
///
/// If the machine has no random bytes.
pub fn fresh() -> Result<(String, KeySecret), Failure> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).context("no random bytes")?;
    Ok(KeySecret::generate(random))
}

/// Stores a key, and its account if that is new.
///
/// # Errors
///
/// [`Failure::Failed`] if there is a key with that secret already.
pub async fn insert(
    store: &Store,
    name: &str,
    email: &str,
    kind: KeyKind,
    secret: KeySecret,
) -> Result<ApiKey, Failure> {
    let (name, email) = (name.to_owned(), email.to_owned());
    let now = SystemClock.now();
    let written = store
        .write(move |tx| {
            Box::pin(async move {
                let account_id = AccountId::new(new_id(now));
                let account = accounts::find_or_create(tx, &email, account_id, now).await?;
                let key = ApiKey {
                    id: KeyId::new(new_id(now)),
                    account_id: account.id,
                    email: account.email,
                    name,
                    kind,
                    created_at: now,
                    revoked_at: None,
                };
                keys::insert(tx, &key, &secret).await?;
                Ok::<_, Error>(key)
            })
        })
        .await;
    Ok(written.context("cannot store the key")?)
}

async fn list(storage: &StorageFlags, output: &Output) -> Outcome {
    let store = open(storage).await?;
    let all = async {
        let mut reader = store.read().await?;
        keys::list(&mut reader).await
    };
    let all = all.await.context("cannot read the keys");
    store.close().await;
    let all = all?;
    match output.form() {
        Form::Json => {
            let all: Vec<_> = all.iter().map(json).collect();
            output.json(&serde_json::json!({ "keys": all }))?;
        }
        Form::Text if all.is_empty() => output.line("no keys")?,
        Form::Text => output.line(&table(&all))?,
    }
    Ok(())
}

fn json(key: &ApiKey) -> serde_json::Value {
    serde_json::json!({
        "id": key.id.to_string(),
        "name": key.name,
        "email": key.email,
        "kind": kind_word(key.kind),
        "createdAt": key.created_at.to_string(),
        "revokedAt": key.revoked_at.map(|at| at.to_string()),
    })
}

const fn kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::User => "user",
        KeyKind::Service => "service",
        KeyKind::Delegated { .. } => "delegated",
    }
}

fn table(all: &[ApiKey]) -> String {
    let mut table = Table::new(&["ID", "NAME", "EMAIL", "KIND", "CREATED", "REVOKED"]);
    for key in all {
        table.row(&[
            key.id.to_string(),
            plain_line(&key.name),
            plain_line(&key.email),
            kind_word(key.kind).to_owned(),
            key.created_at.to_string(),
            key.revoked_at.map(|at| at.to_string()).unwrap_or_default(),
        ]);
    }
    table.to_string()
}

async fn revoke(args: RevokeArgs, output: &Output) -> Outcome {
    let store = open(&args.storage).await?;
    let (id, now) = (KeyId::new(args.id), SystemClock.now());
    let was_valid = store
        .write(move |tx| Box::pin(async move { keys::revoke(tx, id, now).await }))
        .await
        .context("cannot revoke the key");
    store.close().await;
    if !was_valid? {
        return Err(Failure::NotFound(format!("there is no valid key {id}")));
    }
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id.to_string() }))?,
        Form::Text => output.line(&format!("{id}  revoked"))?,
    }
    Ok(())
}

async fn open(flags: &StorageFlags) -> Result<Store, Failure> {
    let storage = Storage::of(flags, &environment::find)?;
    if matches!(storage.database, DatabaseChoice::Sqlite) {
        data_dir::prepare(&storage.data_dir)?;
    }
    open_unsealed_store(&storage).await
}

fn check(name: &str, email: &str) -> Result<(), Failure> {
    let is_odd = |text: &str| text.chars().any(char::is_control);
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX || is_odd(name) {
        return Err(Failure::Usage(
            "a key's name is 1 to 100 characters".to_owned(),
        ));
    }
    let parts = email.split_once('@');
    let is_address = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if !is_address || email.contains(char::is_whitespace) || is_odd(email) {
        return Err(Failure::Usage(format!("{email:?} is no e-mail address")));
    }
    Ok(())
}

fn read_token() -> Result<String, Failure> {
    let mut text = String::new();
    let mut limited = std::io::stdin().lock().take(*TOKEN_BYTES.end() as u64 + 2);
    limited
        .read_to_string(&mut text)
        .context("cannot read the key from standard input")?;
    let token = text.trim();
    // Basic authorization ends a user name at a colon; a header carries visible ASCII.
    let is_legal = |c: char| c.is_ascii_graphic() && c != ':';
    let is_long_enough = KeySecret::secret_part(token).len() >= *TOKEN_BYTES.start();
    if is_long_enough && token.len() <= *TOKEN_BYTES.end() && token.chars().all(is_legal) {
        return Ok(token.to_owned());
    }
    Err(Failure::Usage(
        "a key is 16 to 512 visible ASCII characters without a colon; what stands up to its first _ does not \
         count towards the 16"
            .to_owned(),
    ))
}
