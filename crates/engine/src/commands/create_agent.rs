//! Creates an agent with its first run.

use std::collections::{BTreeMap, HashSet};

use outwork_domain::limits::REPOSITORIES_MAX;
use outwork_domain::redact::without_tokens;
use outwork_domain::{
    AccountId, Agent, AgentId, AgentRepository, BranchName, BranchWish, Guidance, ModelChoice,
    NamedEnvironment, Origin, Prompt, PullRequestWish, Repository, RunId, RunMode, Scheme, Source,
    Variable, WebhookTarget, branch_slug, folders_of, name_of_prompt,
};
use outwork_store::{AgentView, Error, agents, guidance, new_id, runs, variables};
use uuid::Uuid;

use super::CommandError;
use super::once::{Once, Receipt};
use crate::Engine;
use crate::engine::random_u32;
use crate::run_variables::RunVariables;

/// What a caller wants of a new agent.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// Its id, if the caller chose one; one is made up if absent.
    pub id: Option<AgentId>,
    /// Its name; taken from the prompt if absent.
    pub name: Option<String>,
    /// The first prompt.
    pub prompt: Prompt,
    /// Whether the first run changes something.
    pub mode: RunMode,
    /// What answers; the default model if absent.
    pub model: Option<ModelChoice>,
    /// What it works on; nothing, one or several repositories, no two alike.
    pub repositories: Vec<NewRepository>,
    /// What pull requests are wanted.
    pub pull_request: PullRequestWish,
    /// How it comes to be.
    pub origin: Origin,
    /// What it is told beyond its prompts.
    pub guidance: Guidance,
    /// Where the ends of its runs are announced.
    pub webhook: Option<WebhookTarget>,
    /// The named environment that it runs in.
    pub environment: Option<NamedEnvironment>,
    /// Variables of all its runs.
    pub variables: Vec<Variable>,
    /// Variables of its first run only.
    pub run_variables: Vec<Variable>,
    /// The caller's own notes.
    pub metadata: BTreeMap<String, String>,
    /// The id of the request that asks for it.
    pub request_id: String,
}

/// A repository that a new agent is to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRepository {
    /// Where the work starts.
    pub source: Source,
    /// How the branch gets its name.
    pub branch_wish: BranchWish,
}

impl Engine {
    /// Creates an agent and queues its first run, in one transaction.
    ///
    /// # Errors
    ///
    /// [`CommandError::InvalidModel`], [`CommandError::InvalidRepositories`],
    /// [`CommandError::RepositoryAccess`], [`CommandError::BaseNotFound`] and
    /// [`CommandError::InvalidBranchName`], [`CommandError::InvalidWebhook`] for what is known to be wrong at once, what only shows later
    /// ends the run; [`CommandError::AgentIdTaken`].
    pub async fn create_agent(
        &self,
        account_id: AccountId,
        new: NewAgent,
        receipt: Option<Receipt<AgentView>>,
    ) -> Result<Once<AgentView>, CommandError> {
        self.admit()?;
        let model = self.choose_model(new.model.as_ref())?;
        check_repositories(&new.repositories)?;
        self.check_webhook(new.webhook.as_ref())?;
        let name = name_of(&new)?;
        let repositories = self.repositories_of(new.repositories, &name).await?;
        let now = self.now();
        let agent = Agent {
            id: new.id.unwrap_or_else(|| AgentId::new(Uuid::new_v4())),
            account_id,
            name,
            model: model.clone(),
            repositories,
            pull_request: new.pull_request,
            origin: new.origin,
            webhook: new.webhook,
            environment: new.environment,
            metadata: new.metadata,
            created_at: now,
            archived_at: None,
        };
        let run = runs::NewRun {
            id: RunId::new(new_id(now)),
            agent_id: agent.id,
            prompt: new.prompt,
            mode: new.mode,
            approved: None,
            model,
            request_id: new.request_id,
            now,
        };
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                agents::insert(tx, &agent).await.map_err(taken)?;
                guidance::insert(tx, agent.id, &new.guidance).await?;
                variables::insert_of_agent(tx, agent.id, &new.variables).await?;
                let run = runs::insert(tx, &run).await?;
                variables::insert_of_run(tx, run.id, &new.run_variables).await?;
                Ok(AgentView {
                    updated_at: agent.created_at,
                    agent,
                    latest_run_id: run.id,
                    deciding: run,
                    summary: None,
                })
            })
        })
        .await
    }

    /// Whether a webhook's address may be called, as far as it can be told without asking anybody.
    fn check_webhook(&self, webhook: Option<&WebhookTarget>) -> Result<(), CommandError> {
        let Some(webhook) = webhook else {
            return Ok(());
        };
        let admitted = self.inner.outbound.admit(webhook.url().as_str());
        admitted
            .map(drop)
            .map_err(|fault| CommandError::InvalidWebhook(format!("url: {fault}")))
    }

    /// The model that a wish stands for.
    pub(super) fn choose_model(
        &self,
        wish: Option<&ModelChoice>,
    ) -> Result<ModelChoice, CommandError> {
        let id = self.inner.models.resolve(wish.map(|wish| &wish.id));
        let id = id.ok_or_else(|| {
            let named = wish.map(|wish| wish.id.to_string());
            CommandError::InvalidModel(named.unwrap_or_default())
        })?;
        let effort = wish.and_then(|wish| wish.effort);
        if let Some(effort) = effort
            && !self.inner.models.takes_effort(&id)
        {
            return Err(CommandError::InvalidModel(format!(
                "{id} (effort {effort})"
            )));
        }
        Ok(ModelChoice { id, effort })
    }

    async fn repositories_of(
        &self,
        new: Vec<NewRepository>,
        name: &str,
    ) -> Result<Vec<AgentRepository>, CommandError> {
        let all: Vec<&Repository> = new.iter().map(|one| &one.source.repository).collect();
        let folders = folders_of(&all);
        let mut repositories = Vec::with_capacity(new.len());
        for (one, folder) in new.into_iter().zip(folders) {
            let (source, git) = (&one.source, &self.inner.git);
            git.admit(&source.repository, source.base_ref.as_ref())?;
            let branch = self.first_branch(&one.branch_wish, name, source).await?;
            repositories.push(AgentRepository {
                folder,
                pull_request_url: shown_from_the_start(&one).map(str::to_owned),
                branch_wish: one.branch_wish,
                branch: Some(branch),
                head: None,
                source: one.source,
            });
        }
        Ok(repositories)
    }

    async fn default_branch(&self, source: &Source) -> Result<BranchName, CommandError> {
        Ok(self
            .inner
            .git
            .resolve(&source.repository, None)
            .await?
            .default_branch)
    }

    /// The name under which the first push is tried.
    async fn first_branch(
        &self,
        wish: &BranchWish,
        name: &str,
        source: &Source,
    ) -> Result<BranchName, CommandError> {
        match wish {
            BranchWish::Named(branch) | BranchWish::Existing(branch) => {
                // Asking a remote would make the caller wait; its answer comes with the run.
                let local = source.repository.scheme() == Scheme::File;
                if local && self.default_branch(source).await? == *branch {
                    let text = format!("{branch} is the default branch, which is never written");
                    return Err(CommandError::InvalidBranchName(text));
                }
                Ok(branch.clone())
            }
            BranchWish::Generated => {
                let prefix = &self.inner.options.branch_prefix;
                let tail = random_u32() & 0xffff;
                format!("{prefix}/{}-{tail:04x}", branch_slug(&without_tokens(name)))
                    .parse()
                    .map_err(|error| CommandError::Internal(format!("branch prefix: {error}")))
            }
        }
    }
}

/// The pull request that shows the work from the start on: the one that it continues, if it goes to its
/// branch; a new branch gets its own.
fn shown_from_the_start(new: &NewRepository) -> Option<&str> {
    match new.branch_wish {
        BranchWish::Existing(_) => new.source.pull_request_url.as_deref(),
        BranchWish::Generated | BranchWish::Named(_) => None,
    }
}

/// Its name; what is made of the prompt shows no value of its variables, and nothing that looks like a
/// credential.
fn name_of(new: &NewAgent) -> Result<String, CommandError> {
    if let Some(name) = &new.name {
        return Ok(name.clone());
    }
    let variables = new.variables.iter().chain(&new.run_variables);
    let redactor = RunVariables::of_request(variables)
        .map_err(|error| CommandError::Internal(error.to_string()))?;
    let text = redactor.text(new.prompt.text());
    Ok(name_of_prompt(&without_tokens(&text)))
}

fn check_repositories(new: &[NewRepository]) -> Result<(), CommandError> {
    if new.len() > REPOSITORIES_MAX {
        let text = format!("an agent works on at most {REPOSITORIES_MAX} repositories");
        return Err(CommandError::InvalidRepositories(text));
    }
    let mut seen = HashSet::new();
    for one in new {
        let repository = &one.source.repository;
        if !seen.insert(repository) {
            let text = format!("the repository {repository} is named twice");
            return Err(CommandError::InvalidRepositories(text));
        }
    }
    Ok(())
}

fn taken(error: Error) -> CommandError {
    if let Error::Taken(_) = error {
        return CommandError::AgentIdTaken;
    }
    error.into()
}
