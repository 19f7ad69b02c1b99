//! The body of an agent's creation: from its wire form to what the engine is asked for.

use std::collections::BTreeMap;

use outwork_domain::limits::{
    METADATA_ENTRIES_MAX, METADATA_KEY_BYTES, METADATA_VALUE_BYTES_MAX, NAME_CHARS_MAX,
};
use outwork_domain::{
    AccountId, AgentId, BranchName, CloudEnvironment, Dialect, Guidance, NamedEnvironment, Origin,
    PullRequestWish, RunMode, Variable, WebhookTarget,
};
use outwork_engine::outbound::HeldPlaces;
use outwork_engine::{CommandError, Engine, NewAgent};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::env::{EnvBody, read_env};
use super::mcp_servers::{McpServerBody, refuse_mcp_servers};
use super::model::{ModelBody, read_model};
use super::prompt::{NewPrompt, PromptBody, read_prompt};
use super::repos::{Branch, RepoBody, Start, read_repos, refuse_twins};
use super::subagents::{SubagentBody, refuse_subagents};
use super::variables::read_variables;
use crate::app::App;
use crate::body::Object;
use crate::errors::Failure;
use crate::mode::read_mode;
use crate::observe::RequestId;
use crate::pull_request_wish::PullRequestFlags;
use crate::webhook::{WebhookBody, read_webhook};

/// The body of `POST /v1/agents`. It holds secrets, so it is never printed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAgentBody {
    /// What the first run is to do.
    #[schema(value_type = PromptBody)]
    prompt: Option<Object<PromptBody>>,
    /// What answers; the configured default if absent.
    #[schema(value_type = Option<ModelBody>)]
    model: Option<Object<ModelBody>>,
    /// Its name; taken from the prompt if absent.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Its id, if the caller makes it; one that was ever used is refused.
    #[schema(
        pattern = "^bc-[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
    )]
    agent_id: Option<String>,
    /// Where it runs.
    #[schema(value_type = Option<EnvBody>)]
    env: Option<Object<EnvBody>>,
    /// What it works on; nothing if absent.
    #[schema(value_type = Option<Vec<RepoBody>>, max_items = 20)]
    repos: Option<Vec<Object<RepoBody>>>,
    /// Push to the branch that the work starts from, instead of to a new one.
    work_on_current_branch: Option<bool>,
    /// The opposite of `workOnCurrentBranch`, as older clients send it.
    auto_generate_branch: Option<bool>,
    /// Name of the branch to create; one is made up if absent.
    #[schema(min_length = 1, max_length = 200)]
    branch_name: Option<String>,
    /// Open a pull request at the end.
    #[serde(rename = "autoCreatePR", alias = "autoCreatePr")]
    auto_create_pr: Option<bool>,
    /// Open it as a draft. Ours: the specification has no such field.
    #[serde(rename = "draftPR", alias = "draftPr")]
    draft_pr: Option<bool>,
    /// Ask nobody to review it.
    skip_reviewer_request: Option<bool>,
    /// Open it as the server instead of as the user.
    open_as_cursor_github_app: Option<bool>,
    /// Variables of every run of it; names do not begin with `CURSOR_`. Not together with `agentId`.
    env_vars: Option<BTreeMap<String, String>>,
    /// Variables of the first run only.
    run_env_vars: Option<BTreeMap<String, String>>,
    /// Refused unless empty.
    #[schema(value_type = Option<Vec<McpServerBody>>, max_items = 50)]
    mcp_servers: Option<Vec<Object<McpServerBody>>>,
    /// Refused unless empty.
    #[schema(value_type = Option<Vec<SubagentBody>>, max_items = 20)]
    custom_subagents: Option<Vec<Object<SubagentBody>>>,
    /// The mode of the first run: `agent` or `plan`.
    #[schema(example = "agent")]
    mode: Option<String>,
    /// The caller's own notes, given back as they came.
    metadata: Option<BTreeMap<String, String>>,
    /// Accepted without effect.
    #[serde(rename = "agentServeAgent")]
    _agent_serve_agent: Option<String>,
    /// Where the ends of its runs are announced.
    #[schema(value_type = Option<WebhookBody>)]
    webhook: Option<Object<WebhookBody>>,
}

/// What a body asks for, as far as it can be judged alone.
pub(super) struct Wanted {
    id: Option<AgentId>,
    name: Option<String>,
    prompt: NewPrompt,
    mode: RunMode,
    model: Option<Object<ModelBody>>,
    environment: Option<String>,
    repositories: Vec<Start>,
    branch: Branch,
    pull_request: PullRequestWish,
    webhook: Option<WebhookTarget>,
    variables: Vec<Variable>,
    run_variables: Vec<Variable>,
    metadata: BTreeMap<String, String>,
}

impl Wanted {
    /// Finds out what is elsewhere: images, pull requests, models, environments.
    pub(super) async fn resolve(
        self,
        app: &App,
        account_id: AccountId,
        request_id: RequestId,
    ) -> Result<(NewAgent, Option<HeldPlaces>), Failure> {
        let engine = app.engine();
        let model = read_model(engine, self.model)?;
        let (environment, starts) = match self.environment {
            None => (None, self.repositories),
            Some(name) => {
                let found = find_environment(engine, account_id, &name).await?;
                let named = NamedEnvironment {
                    id: found.id,
                    name: found.name.to_string(),
                };
                let starts = found.repositories.into_iter().map(Start::of).collect();
                (Some(named), starts)
            }
        };
        let mut repositories = Vec::with_capacity(starts.len());
        for start in starts {
            repositories.push(start.resolve(engine, account_id, &self.branch).await?);
        }
        refuse_twins(&repositories)?;
        let (prompt, places) = self.prompt.fetch(app, account_id).await?;
        let new = NewAgent {
            origin: Origin::of(Dialect::CursorV1),
            guidance: Guidance::default(),
            id: self.id,
            name: self.name,
            prompt,
            mode: self.mode,
            model,
            repositories,
            pull_request: self.pull_request,
            webhook: self.webhook,
            environment,
            variables: self.variables,
            run_variables: self.run_variables,
            metadata: self.metadata,
            request_id: request_id.to_string(),
        };
        Ok((new, places))
    }
}

impl NewAgentBody {
    /// Reads the body; what it asks for and cannot be had is refused last.
    pub(super) fn read(self, app: &App) -> Result<Wanted, Failure> {
        let id = self.read_id()?;
        let name = self.read_name()?;
        let branch = self.read_branch()?;
        let pull_request = self.read_pull_request();
        let prompt = read_prompt(app, self.prompt)?;
        let mode = read_mode(self.mode.as_deref())?.unwrap_or_default();
        if let Some(Object(model)) = &self.model {
            model.check("model")?;
        }
        let environment = read_env(self.env)?;
        let repositories = read_repos(self.repos)?;
        if environment.is_some() && !repositories.is_empty() {
            let message = "repos cannot be combined with a named environment";
            return Err(Failure::invalid(message));
        }
        let variables = read_variables("envVars", self.env_vars)?;
        let run_variables = read_variables("runEnvVars", self.run_env_vars)?;
        let metadata = read_metadata(self.metadata)?;
        let webhook = read_webhook(self.webhook)?;
        refuse_mcp_servers(self.mcp_servers)?;
        refuse_subagents(self.custom_subagents)?;
        Ok(Wanted {
            id,
            name,
            prompt,
            mode,
            model: self.model,
            environment,
            repositories,
            branch,
            pull_request,
            webhook,
            variables,
            run_variables,
            metadata,
        })
    }

    /// The name that the caller gives.
    fn read_name(&self) -> Result<Option<String>, Failure> {
        let Some(name) = &self.name else {
            return Ok(None);
        };
        if name.trim().is_empty() {
            return Err(Failure::invalid("name must not be empty"));
        }
        if name.chars().count() > NAME_CHARS_MAX {
            let message = format!("name must be at most {NAME_CHARS_MAX} characters");
            return Err(Failure::invalid(message));
        }
        if name.contains('\0') {
            return Err(Failure::invalid("name must not contain a NUL character"));
        }
        Ok(Some(name.clone()))
    }

    /// The id that the caller makes.
    fn read_id(&self) -> Result<Option<AgentId>, Failure> {
        let Some(text) = &self.agent_id else {
            return Ok(None);
        };
        if self.env_vars.is_some() {
            return Err(Failure::invalid("agentId cannot be combined with envVars"));
        }
        let rest = text
            .get(..3)
            .filter(|prefix| prefix.eq_ignore_ascii_case("bc-"))
            .and_then(|_| text.get(3..));
        let uuid = rest.filter(|rest| rest.len() == 36).map(Uuid::try_parse);
        match uuid {
            // The nil id stands for ids that were never given.
            Some(Ok(uuid)) if !uuid.is_nil() => Ok(Some(AgentId::new(uuid))),
            Some(_) | None => Err(Failure::invalid("agentId must be bc- followed by a UUID")),
        }
    }

    /// Which branch the work goes to.
    fn read_branch(&self) -> Result<Branch, Failure> {
        let current = match (self.work_on_current_branch, self.auto_generate_branch) {
            (Some(current), Some(generated)) if current == generated => {
                return Err(Failure::invalid(
                    "autoGenerateBranch is the opposite of workOnCurrentBranch",
                ));
            }
            (Some(current), _) => current,
            (None, Some(generated)) => !generated,
            (None, None) => false,
        };
        let wrong = |why: String| Failure::bad_request("invalid_branch_name", why);
        let branch = match (self.branch_name.as_deref(), current) {
            (None, false) => return Ok(Branch::Generated),
            (None, true) => Branch::Starting,
            (Some(""), _) => return Err(Failure::invalid("branchName must not be empty")),
            (Some(_), true) => {
                let why = "branchName cannot be combined with workOnCurrentBranch";
                return Err(wrong(why.to_owned()));
            }
            (Some(name), false) => {
                let name: Result<BranchName, _> = name.parse();
                Branch::Named(name.map_err(|why| wrong(format!("branchName: {why}")))?)
            }
        };
        if self.repos.as_ref().is_none_or(Vec::is_empty) && self.env_name().is_none() {
            let message = "branchName and workOnCurrentBranch need a repository";
            return Err(Failure::bad_request("repository_required", message));
        }
        Ok(branch)
    }

    fn env_name(&self) -> Option<&str> {
        self.env.as_ref().and_then(|Object(env)| env.name())
    }

    /// What pull request is wanted.
    fn read_pull_request(&self) -> PullRequestWish {
        PullRequestFlags {
            creation: self.auto_create_pr,
            draft: self.draft_pr,
            server_identity: self.open_as_cursor_github_app,
            reviewer_skipped: self.skip_reviewer_request,
        }
        .into()
    }
}

/// The environment of that name; one that is unknown is a fault of the body, not of the path.
async fn find_environment(
    engine: &Engine,
    account_id: AccountId,
    name: &str,
) -> Result<CloudEnvironment, Failure> {
    let found = engine.resolve_environment(account_id, name).await;
    found.map_err(|error| {
        if matches!(error, CommandError::EnvironmentNotFound) {
            let message = format!("env.name: there is no environment '{name}'");
            return Failure::invalid(message);
        }
        error.into()
    })
}

/// Checks the caller's own notes.
fn read_metadata(
    metadata: Option<BTreeMap<String, String>>,
) -> Result<BTreeMap<String, String>, Failure> {
    let metadata = metadata.unwrap_or_default();
    if metadata.len() > METADATA_ENTRIES_MAX {
        let message = format!("metadata must have at most {METADATA_ENTRIES_MAX} entries");
        return Err(Failure::invalid(message));
    }
    for (key, value) in &metadata {
        if !METADATA_KEY_BYTES.contains(&key.len()) || key.contains('\0') {
            let most = METADATA_KEY_BYTES.end();
            let message = format!("metadata: keys must be 1 to {most} bytes without NUL");
            return Err(Failure::invalid(message));
        }
        if value.len() > METADATA_VALUE_BYTES_MAX || value.contains('\0') {
            let message = format!(
                "metadata.{key} must be at most {METADATA_VALUE_BYTES_MAX} bytes without NUL"
            );
            return Err(Failure::invalid(message));
        }
    }
    Ok(metadata)
}
