//! `outwork key`: API keys, made and ended where the database is.

use std::io::Read;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use outwork_domain::limits::KEY_LIFETIME_MAX;
use outwork_domain::{
    AccountId, AllowedNetwork, ApiKey, KeyId, KeyKind, KeyName, KeyRules, KeyScope,
};
use outwork_engine::{Clock, NewKey, SystemClock, find_project, fresh_token};
use outwork_store::{KeySecret, Store, accounts, keys, new_id};
use uuid::Uuid;

use crate::config::{StorageFlags, configured_projects};
use crate::exit::{Failure, Outcome};
use crate::opening::open_beside;
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::table::Table;

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
    #[command(flatten)]
    rules: RuleFlags,
    /// Take the key from standard input instead, whatever its shape
    #[arg(long)]
    import_stdin: bool,
    #[command(flatten)]
    storage: StorageFlags,
}

/// What the key may be used for.
#[derive(Args, Debug)]
struct RuleFlags {
    /// Project that it is limited to, by its name; repeatable [default: all, and what is in none]
    #[arg(long = "project", value_name = "PROJECT")]
    projects: Vec<String>,
    /// What it may do: write, which is also to read, or only read
    #[arg(long, value_name = "SCOPE", default_value = "write")]
    scope: KeyScope,
    /// Address or range that it may be used from, such as 10.2.0.0/16; repeatable [default: any]
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Vec<AllowedNetwork>,
    /// How long it works, such as 90d, 12h or 30min [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires: Option<Duration>,
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let refused = || "a time is a number and d, h or min, such as 90d".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let secs = match unit {
        "d" => 24 * 3600,
        "h" => 3600,
        "min" => 60,
        _ => return Err(refused()),
    };
    let count: u64 = count.parse().map_err(|_| refused())?;
    let all = count.checked_mul(secs).filter(|all| *all > 0);
    let all = all.filter(|all| *all <= KEY_LIFETIME_MAX.as_secs());
    all.map(Duration::from_secs).ok_or_else(refused)
}

impl RuleFlags {
    /// The rules, once its projects were looked up: a key of an unknown one would reach nothing.
    async fn rules(self, flags: &StorageFlags, store: &Store) -> Result<KeyRules, Failure> {
        let configured = configured_projects(flags)?;
        let reader = store.read().await;
        let mut reader = reader.context("cannot read the projects")?;
        let mut projects = Vec::with_capacity(self.projects.len());
        for name in self.projects {
            let found = find_project(&configured, &mut reader, &name).await;
            let found = found.context("cannot read the projects")?;
            let unknown = || Failure::NotFound(format!("there is no project {name}"));
            projects.push(found.ok_or_else(unknown)?.id);
        }
        Ok(KeyRules {
            scope: self.scope,
            projects,
            networks: self.addresses,
            expires_at: self.expires.map(|time| SystemClock.now().plus(time)),
        })
    }
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
    let name: Result<KeyName, _> = args.name.parse();
    let name = name.map_err(|why| Failure::Usage(why.to_string()))?;
    check(&args.email)?;
    let (token, secret) = if args.import_stdin {
        let token = read_token()?;
        let secret = KeySecret::from_token(&token);
        (token, secret)
    } else {
        fresh_token().context("cannot make a key")?
    };
    let store = open_beside(&args.storage).await?;
    let key = async {
        let new = NewKey {
            name,
            kind: if args.service {
                KeyKind::Service
            } else {
                KeyKind::User
            },
            rules: args.rules.rules(&args.storage, &store).await?,
        };
        insert(&store, args.email, new, secret).await
    };
    let key = key.await;
    store.close().await;
    let key = key?;
    match output.form() {
        Form::Json => {
            let mut shown = json(&key);
            shown["key"] = token.into();
            output.json(&shown)?;
        }
        Form::Text => output.line(&token)?,
    }
    Ok(())
}

/// Stores a key, and its account if that is new.
///
/// # Errors
///
/// [`Failure::Failed`] if there is a key with that secret already.
pub async fn insert(
    store: &Store,
    email: String,
    new: NewKey,
    secret: KeySecret,
) -> Result<ApiKey, Failure> {
    let now = SystemClock.now();
    let written = store
        .write(move |tx| {
            Box::pin(async move {
                let account_id = AccountId::new(new_id(now));
                let account = accounts::find_or_create(tx, &email, account_id, now).await?;
                new.make(tx, account, &secret, now).await
            })
        })
        .await;
    Ok(written.context("cannot store the key")?)
}

async fn list(storage: &StorageFlags, output: &Output) -> Outcome {
    let store = open_beside(storage).await?;
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
        "scope": key.rules.scope.word(),
        "projects": key.rules.projects.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "addresses": key.rules.networks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "expiresAt": key.rules.expires_at.map(|at| at.to_string()),
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

/// What a key may be used for, in few words.
fn may(rules: &KeyRules) -> String {
    let mut words = vec![rules.scope.word().to_owned()];
    words.extend(
        rules
            .projects
            .iter()
            .map(|project| format!("project {project}")),
    );
    words.extend(
        rules
            .networks
            .iter()
            .map(|network| format!("from {network}")),
    );
    words.join(", ")
}

fn table(all: &[ApiKey]) -> String {
    let mut table = Table::new(&[
        "ID", "NAME", "EMAIL", "KIND", "MAY", "CREATED", "EXPIRES", "REVOKED",
    ]);
    for key in all {
        table.row(&[
            key.id.to_string(),
            plain_line(&key.name),
            plain_line(&key.email),
            kind_word(key.kind).to_owned(),
            may(&key.rules),
            key.created_at.to_string(),
            key.rules
                .expires_at
                .map(|at| at.to_string())
                .unwrap_or_default(),
            key.revoked_at.map(|at| at.to_string()).unwrap_or_default(),
        ]);
    }
    table.to_string()
}

async fn revoke(args: RevokeArgs, output: &Output) -> Outcome {
    let store = open_beside(&args.storage).await?;
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

fn check(email: &str) -> Result<(), Failure> {
    let parts = email.split_once('@');
    let is_address = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    if !is_address || email.contains(is_odd) {
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
