//! Creates an agent with its first run.

use outwork_domain::{
    AccountId, Agent, AgentId, BranchName, BranchWish, ModelId, Prompt, PullRequestWish, RunId,
    Scheme, Source, WebhookTarget, branch_slug, name_of_prompt,
};
use outwork_store::{AgentView, agents, runs};
use uuid::Uuid;

use super::CommandError;
use crate::Engine;
use crate::engine::{random_u32, sortable_uuid};

/// What a caller wants of a new agent.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// The first prompt.
    pub prompt: Prompt,
    /// What answers; the default model if absent.
    pub model: Option<ModelId>,
    /// Where the work starts.
    pub source: Source,
    /// How the branch gets its name.
    pub branch_wish: BranchWish,
    /// What pull request is wanted.
    pub pull_request: PullRequestWish,
    /// Where the ends of its runs are announced.
    pub webhook: Option<WebhookTarget>,
}

impl Engine {
    /// Creates an agent and queues its first run, in one transaction.
    ///
    /// # Errors
    ///
    /// [`CommandError::InvalidModel`], [`CommandError::RepositoryAccess`],
    /// [`CommandError::BaseNotFound`] and [`CommandError::InvalidBranchName`] for what is known to be
    /// wrong at once; what only shows later ends the run.
    pub async fn create_agent(
        &self,
        account_id: AccountId,
        new: NewAgent,
    ) -> Result<AgentView, CommandError> {
        self.admit()?;
        let inner = &self.inner;
        let named = || {
            new.model
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let model = inner
            .models
            .resolve(new.model.as_ref())
            .ok_or_else(|| CommandError::InvalidModel(named()))?;
        let source = &new.source;
        inner
            .git
            .admit(&source.repository, source.base_ref.as_ref())?;
        let name = name_of_prompt(new.prompt.text());
        let branch = self.first_branch(&new.branch_wish, &name, source).await?;
        let now = self.now();
        let agent = Agent {
            id: AgentId::new(Uuid::new_v4()),
            account_id,
            name,
            model,
            source: new.source.clone(),
            branch: Some(branch),
            branch_wish: new.branch_wish,
            pull_request: new.pull_request,
            pull_request_url: new.source.pull_request_url.clone(),
            head: None,
            webhook: new.webhook,
            created_at: now,
            archived_at: None,
        };
        let run = runs::NewRun {
            id: RunId::new(sortable_uuid(now)),
            agent_id: agent.id,
            prompt: new.prompt,
            now,
        };
        inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    agents::insert(tx, &agent).await?;
                    let run = runs::insert(tx, &run).await?;
                    Ok(AgentView {
                        agent,
                        deciding: run,
                        summary: None,
                    })
                })
            })
            .await
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
            BranchWish::Named(branch) => {
                // Asking a remote would make the caller wait; its answer comes with the run.
                let local = source.repository.scheme() == Scheme::File;
                if local && self.default_branch(source).await? == *branch {
                    let text = format!("{branch} is the default branch, which is never written");
                    return Err(CommandError::InvalidBranchName(text));
                }
                Ok(branch.clone())
            }
            BranchWish::Existing(branch) => Ok(branch.clone()),
            BranchWish::Generated => {
                let prefix = &self.inner.options.branch_prefix;
                let tail = random_u32() & 0xffff;
                format!("{prefix}/{}-{tail:04x}", branch_slug(name))
                    .parse()
                    .map_err(|error| CommandError::Internal(format!("branch prefix: {error}")))
            }
        }
    }
}
