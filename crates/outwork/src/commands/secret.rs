//! `outwork secret`: values that runs get as variables. They come from a file or from standard input,
//! never from an argument, and are never shown.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use outwork_client::{Client, NewSecret, Secret, SecretScope};
use outwork_domain::limits::{REDACTED_BYTES_MIN, VARIABLE_VALUE_BYTES_MAX};
use secrecy::SecretString;

use super::environment::environment_id;
use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, remark};
use crate::plain::plain_line;
use crate::remote::ServerFlags;
use crate::table::Table;

/// List, set and remove secrets, which runs get as variables
#[derive(Args, Debug)]
pub struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// List secrets without their values
    List(ListArgs),
    /// Make a secret, or change its value; the value is read from standard input
    Set(SetArgs),
    /// Remove a secret
    Remove(RemoveArgs),
}

/// Whose the secret is.
#[derive(Args, Debug)]
struct ScopeFlags {
    /// That of everybody on the server, instead of your own
    #[arg(long)]
    team: bool,
    /// That of an environment, by its name or id
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "team")]
    environment: Option<String>,
}

impl ScopeFlags {
    async fn scope(&self, client: &Client) -> Result<Option<SecretScope>, Failure> {
        Ok(match &self.environment {
            _ if self.team => Some(SecretScope::Team),
            None => None,
            Some(name) => Some(SecretScope::Environment(
                environment_id(client, name).await?,
            )),
        })
    }
}

#[derive(Args, Debug)]
struct ListArgs {
    #[command(flatten)]
    scope: ScopeFlags,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Args, Debug)]
struct SetArgs {
    /// Its name: letters, digits and _, not beginning with a digit
    name: String,
    /// File with the value, instead of standard input; one line end behind it is left out
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Whether it is redacted wherever Outwork shows something [default: runtime, or as it was]
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Repository whose runs get it; repeatable [default: all, or as it was]
    #[arg(long = "repo", alias = "repository", value_name = "REPOSITORY")]
    repositories: Vec<String>,
    /// Version, where several have the name
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    scope: ScopeFlags,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Redacted, and refused in commits and artifacts
    Runtime,
    /// A plain variable
    Variable,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Runtime => "runtime_secret",
            Self::Variable => "environment_variable",
        }
    }
}

#[derive(Args, Debug)]
struct RemoveArgs {
    /// Its name
    name: String,
    /// Version, where several have the name
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    scope: ScopeFlags,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: SecretArgs, output: &Output) -> Outcome {
    match args.command {
        SecretCommand::List(args) => list(&args, output).await,
        SecretCommand::Set(args) => set(args, output).await,
        SecretCommand::Remove(args) => remove(&args, output).await,
    }
}

async fn list(args: &ListArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let scope = args.scope.scope(&client).await?;
    let all = client.secrets(scope.as_ref()).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "secrets": all }))?,
        Form::Text if all.is_empty() => output.line("no secrets")?,
        Form::Text => output.line(&table(&all))?,
    }
    Ok(())
}

fn table(all: &[Secret]) -> String {
    let mut table = Table::new(&["NAME", "KIND", "HOLDER", "REPOSITORIES", "ID"]);
    for one in all {
        let holder = one.owner.as_ref().map_or("", |owner| owner.kind.as_str());
        let repositories = if one.repos.is_empty() {
            "all".to_owned()
        } else {
            plain_line(&one.repos.join(", "))
        };
        table.row(&[
            plain_line(&one.name),
            plain_line(&one.kind),
            plain_line(holder),
            repositories,
            plain_line(&one.id),
        ]);
    }
    table.to_string()
}

async fn set(args: SetArgs, output: &Output) -> Outcome {
    let value = read_value(args.file.as_deref())?;
    let client = args.server.client()?;
    let scope = args.scope.scope(&client).await?;
    let scope = scope.unwrap_or(SecretScope::User);
    let short = value.len() < REDACTED_BYTES_MIN;
    let new = NewSecret {
        value: SecretString::from(value),
        kind: args.kind.map(|kind| kind.word().to_owned()),
        repos: (!args.repositories.is_empty()).then_some(args.repositories),
    };
    let set = client
        .put_secret(&scope, &args.name, args.id.as_deref(), &new)
        .await?;
    if short && set.kind == Kind::Runtime.word() {
        remark(&format!(
            "a value below {REDACTED_BYTES_MIN} bytes is not redacted: it would be found where nobody meant it"
        ));
    }
    match output.form() {
        Form::Json => output.json(&set)?,
        Form::Text => output.line(&format!("{}  set", plain_line(&set.name)))?,
    }
    Ok(())
}

async fn remove(args: &RemoveArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let scope = args.scope.scope(&client).await?;
    let scope = scope.unwrap_or(SecretScope::User);
    client
        .delete_secret(&scope, &args.name, args.id.as_deref())
        .await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "name": args.name }))?,
        Form::Text => output.line(&format!("{}  removed", plain_line(&args.name)))?,
    }
    Ok(())
}

/// The value, without the line end that editors and `echo` put behind it.
fn read_value(file: Option<&Path>) -> Result<String, Failure> {
    // Room for a line end, and one byte more than fits tells "too long" from "just fits".
    let most = VARIABLE_VALUE_BYTES_MAX as u64 + 3;
    let mut text = String::new();
    let (read, place) = match file {
        Some(path) => {
            let place = path.display().to_string();
            let opened = std::fs::File::open(path)
                .map_err(|error| Failure::Usage(format!("the file {place}: {error}")))?;
            (opened.take(most).read_to_string(&mut text), place)
        }
        None => {
            let input = std::io::stdin().lock();
            let read = input.take(most).read_to_string(&mut text);
            (read, "standard input".to_owned())
        }
    };
    read.with_context(|| format!("cannot read the value from {place}"))?;
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() || value.len() > VARIABLE_VALUE_BYTES_MAX {
        return Err(Failure::Usage(format!(
            "the value has 1 to {VARIABLE_VALUE_BYTES_MAX} bytes"
        )));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_without_its_line_end_and_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_value(Some(&path))
        };
        for (text, value) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n")] {
            assert_eq!(read(text).unwrap(), value);
        }
        let long = "x".repeat(VARIABLE_VALUE_BYTES_MAX);
        assert_eq!(read(&format!("{long}\r\n")).unwrap(), long);
        for text in ["", "\n", &format!("{long}x")] {
            assert_eq!(read(text).unwrap_err().status(), 2);
        }
        let gone = read_value(Some(&folder.path().join("gone"))).unwrap_err();
        assert_eq!(gone.status(), 2);
    }
}
