//! `outwork project`: repositories under a name, added and removed where the database is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use outwork_domain::{Project, ProjectName, Repository, Scheme, clash_of};
use outwork_engine::{Clock, SystemClock};
use outwork_store::{Error, projects};
use outwork_workspace::check_local;

use super::launch::repository;
use crate::config::{
    ProjectSection, PullRequestChoice, StorageFlags, configured_local_repos, configured_projects,
};
use crate::exit::{Failure, Outcome};
use crate::opening::open_beside;
use crate::output::{Form, Output, remark};
use crate::plain::plain_line;
use crate::table::Table;

/// Add, list and remove projects; works beside a running server
#[derive(Args, Debug)]
pub struct ProjectArgs {
    #[command(subcommand)]
    command: ProjectCommand,
}

#[derive(Debug, Subcommand)]
enum ProjectCommand {
    /// Give a repository a name, and defaults for the work in it
    Add(Box<AddArgs>),
    /// List projects, those of the configuration file too
    List(ListArgs),
    /// Remove a project that was added; its agents stay
    Remove(RemoveArgs),
}

#[derive(Args, Debug)]
struct AddArgs {
    /// Its name: letters, digits, dots, underscores and dashes
    id: String,
    /// Repository: an https, ssh or file address, or a path from here on this machine
    #[arg(long, value_name = "REPOSITORY")]
    repository: String,
    /// Branch, tag or commit to start from [default: the repository's default branch]
    #[arg(long = "ref", value_name = "REF")]
    base_ref: Option<String>,
    /// Another name of it
    #[arg(long, value_name = "NAME")]
    alias: Option<String>,
    /// Model where a client names none [default: the server's default]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// What a client's name of a model means, such as sonnet=claude-sonnet-4-5; repeatable
    #[arg(long, value_name = "NAME=MODEL")]
    map_model: Vec<String>,
    /// What branch names begin with [default: mintlify/]
    #[arg(long, value_name = "PREFIX")]
    branch_prefix: Option<String>,
    /// New agents in an hour, and as many further prompts [default: 100]
    #[arg(long, value_name = "COUNT")]
    uses_per_hour: Option<u32>,
    /// What becomes of changed files
    #[arg(long, value_enum, default_value_t)]
    pull_request: PullRequestChoice,
    /// File with instructions for agents [default: .mintlify/AGENTS.md]
    #[arg(long, value_name = "PATH")]
    instructions: Option<String>,
    #[command(flatten)]
    storage: StorageFlags,
}

#[derive(Args, Debug)]
struct ListArgs {
    #[command(flatten)]
    storage: StorageFlags,
}

#[derive(Args, Debug)]
struct RemoveArgs {
    /// Its name
    id: String,
    #[command(flatten)]
    storage: StorageFlags,
}

/// Carries it out.
pub async fn run(args: ProjectArgs, output: &Output) -> Outcome {
    match args.command {
        ProjectCommand::Add(args) => add(*args, output).await,
        ProjectCommand::List(args) => list(&args.storage, output).await,
        ProjectCommand::Remove(args) => remove(&args, output).await,
    }
}

async fn add(args: AddArgs, output: &Output) -> Outcome {
    let storage = args.storage.clone();
    let project = described(args)?.project()?;
    check_place(&project.repository, &configured_local_repos(&storage)?)?;
    let configured = configured_projects(&storage)?;
    if let Some(name) = clash_of(configured.iter().chain([&project])) {
        return Err(Failure::Failed(format!(
            "the configuration file has a project called {name}"
        )));
    }
    let store = open_beside(&storage).await?;
    let (stored, now) = (project.clone(), SystemClock.now());
    let added = store
        .write(move |tx| Box::pin(async move { projects::insert(tx, &stored, now).await }))
        .await;
    store.close().await;
    match added {
        Err(Error::Taken(_)) => {
            let names: Vec<String> = project.names().map(ToString::to_string).collect();
            return Err(Failure::Failed(format!(
                "there is a project called {} already",
                names.join(" or ")
            )));
        }
        added => added.context("cannot store the project")?,
    }
    match output.form() {
        Form::Json => output.json(&json(&project, Origin::Added))?,
        Form::Text => output.line(&format!(
            "{}  {}",
            project.id,
            plain_line(&project.repository.to_string())
        ))?,
    }
    Ok(())
}

/// Refuses a path without a repository, since these commands work where the server's folders are. Says so of one
/// that the configuration does not open; the server's command line and environment may, which nobody here knows.
fn check_place(repository: &Repository, configured: &[PathBuf]) -> Result<(), Failure> {
    if repository.scheme() != Scheme::File {
        return Ok(());
    }
    let there = check_local(&[PathBuf::from("/")], repository);
    there.map_err(|why| Failure::Usage(why.to_string()))?;
    if configured.is_empty() || check_local(configured, repository).is_ok() {
        return Ok(());
    }
    let folders: Vec<String> = configured
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    remark(&format!(
        "{repository} is below none of the configuration's local_repos: {}. The server opens it only if it is \
         started with --local-repos and a folder around it.",
        folders.join(", ")
    ));
    Ok(())
}

fn described(args: AddArgs) -> Result<ProjectSection, Failure> {
    let mut models = BTreeMap::new();
    for pair in &args.map_model {
        let Some((name, model)) = pair.split_once('=') else {
            return Err(Failure::Usage(format!(
                "--map-model takes NAME=MODEL, not {pair:?}"
            )));
        };
        models.insert(name.to_owned(), model.to_owned());
    }
    Ok(ProjectSection {
        id: args.id,
        repository: repository(&args.repository)?,
        base_ref: args.base_ref,
        alias: args.alias,
        model: args.model,
        models,
        branch_prefix: args.branch_prefix,
        uses_per_hour: args.uses_per_hour,
        pull_request: args.pull_request,
        instructions: args.instructions,
        egress: None,
    })
}

/// Where a project comes from.
#[derive(Clone, Copy)]
enum Origin {
    Configured,
    Added,
}

impl Origin {
    const fn word(self) -> &'static str {
        match self {
            Self::Configured => "configuration",
            Self::Added => "added",
        }
    }
}

async fn list(storage: &StorageFlags, output: &Output) -> Outcome {
    let configured = configured_projects(storage)?;
    let store = open_beside(storage).await?;
    let added = async {
        let mut reader = store.read().await?;
        projects::list(&mut reader).await
    };
    let added = added.await.context("cannot read the projects");
    store.close().await;
    let configured = configured.into_iter().map(|one| (one, Origin::Configured));
    let added = added?.into_iter().map(|one| (one, Origin::Added));
    let mut all: Vec<(Project, Origin)> = configured.chain(added).collect();
    all.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
    match output.form() {
        Form::Json => {
            let all: Vec<_> = all.iter().map(|(one, origin)| json(one, *origin)).collect();
            output.json(&serde_json::json!({ "projects": all }))?;
        }
        Form::Text if all.is_empty() => output.line("no projects")?,
        Form::Text => output.line(&table(&all))?,
    }
    Ok(())
}

fn json(project: &Project, origin: Origin) -> serde_json::Value {
    let models = project.models.iter();
    let models: BTreeMap<&str, &str> = models
        .map(|(name, id)| (name.as_str(), id.as_str()))
        .collect();
    serde_json::json!({
        "id": project.id.as_str(),
        "alias": project.alias.as_ref().map(ProjectName::as_str),
        "repository": project.repository.to_string(),
        "ref": project.base_ref.as_ref().map(ToString::to_string),
        "model": project.model.as_ref().map(ToString::to_string),
        "models": models,
        "branchPrefix": project.branch_prefix.as_str(),
        "usesPerHour": project.uses_per_hour,
        "pullRequest": project.pull_request.word(),
        "instructions": project.instructions.as_str(),
        "origin": origin.word(),
    })
}

fn table(all: &[(Project, Origin)]) -> String {
    let mut table = Table::new(&["ID", "ALIAS", "REPOSITORY", "REF", "MODEL", "FROM"]);
    let text = |text: Option<String>| plain_line(&text.unwrap_or_default());
    for (project, origin) in all {
        table.row(&[
            project.id.to_string(),
            text(project.alias.as_ref().map(ToString::to_string)),
            plain_line(&project.repository.to_string()),
            text(project.base_ref.as_ref().map(ToString::to_string)),
            text(project.model.as_ref().map(ToString::to_string)),
            origin.word().to_owned(),
        ]);
    }
    table.to_string()
}

async fn remove(args: &RemoveArgs, output: &Output) -> Outcome {
    let id: Result<ProjectName, _> = args.id.parse();
    let id = id.map_err(|why| Failure::Usage(why.to_string()))?;
    let configured = configured_projects(&args.storage)?;
    if configured.iter().any(|project| project.id == id) {
        return Err(Failure::Failed(format!(
            "{id} is a project of the configuration file: remove it there"
        )));
    }
    let store = open_beside(&args.storage).await?;
    let removed = id.clone();
    let was_there = store
        .write(move |tx| Box::pin(async move { projects::delete(tx, &removed).await }))
        .await
        .context("cannot remove the project");
    store.close().await;
    if !was_there? {
        return Err(Failure::NotFound(format!("there is no project {id}")));
    }
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id.as_str() }))?,
        Form::Text => output.line(&format!("{id}  removed"))?,
    }
    Ok(())
}
