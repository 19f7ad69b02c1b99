//! The session: an agent under Jules's names.

use outwork_domain::{AgentId, AgentRepository, BaseRef, BranchName, SecretsWish};
use outwork_store::{AgentView, Reader, runs};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::moment::Moment;
use super::outputs::{OutputBody, outputs};
use super::source::source_name;
use super::state::{State, state_of};
use crate::errors::Failure;
use crate::wire::{Text, WireAgentId};

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody<'a> {
    #[schema(value_type = String, example = "sessions/0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11")]
    name: SessionName,
    /// The agent's UUID; other dialects put `bc-` before it.
    #[schema(value_type = String, format = "uuid")]
    id: Text<AgentId>,
    /// The first prompt.
    prompt: String,
    title: &'a str,
    /// Absent for a session without a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_context: Option<SourceContextBody<'a>>,
    state: State,
    #[schema(value_type = String, format = "uri")]
    url: SessionUrl<'a>,
    create_time: Moment,
    /// Moves with whatever happens in the session.
    update_time: Moment,
    /// Only there if it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    archived: bool,
    /// Pull requests first, then changed files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    outputs: Vec<OutputBody>,
}

/// Where a session works.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SourceContext)]
struct SourceContextBody<'a> {
    #[schema(example = "sources/github/acme/tools")]
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    github_repo_context: Option<GithubRepoContextBody<'a>>,
    /// The branch of its work, once something was pushed to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "outwork/parser-tests-6f9a")]
    working_branch: Option<Text<&'a BranchName>>,
    /// Only there if it is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_variables_enabled: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GithubRepoContext)]
struct GithubRepoContextBody<'a> {
    #[schema(value_type = String, example = "main")]
    starting_branch: Text<&'a BaseRef>,
}

/// The name of a session: `sessions/` and its id.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionName(pub(super) AgentId);

impl std::fmt::Display for SessionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sessions/{}", self.0)
    }
}

impl Serialize for SessionName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where people look at a session.
#[derive(Debug)]
struct SessionUrl<'a> {
    public_url: &'a str,
    id: WireAgentId,
}

impl Serialize for SessionUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/agents/{}", self.public_url, self.id))
    }
}

impl<'a> SessionBody<'a> {
    /// An agent as it is; none if it was deleted since it was found.
    pub(super) async fn read(
        reader: &mut Reader,
        view: &'a AgentView,
        public_url: &'a str,
    ) -> Result<Option<Self>, Failure> {
        let Some(prompt) = runs::find_first_prompt(reader, view.agent.id).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            state: state_of(view.agent.origin.terms, &view.deciding),
            outputs: outputs(reader, view).await?,
            ..Self::created(view, prompt, public_url)
        }))
    }

    /// How much room its prompt and its outputs take.
    pub(super) fn bytes(&self) -> usize {
        let outputs = self.outputs.iter().map(OutputBody::bytes);
        outputs.sum::<usize>().saturating_add(self.prompt.len())
    }

    /// An agent in the answer to its creation: whatever a quick worker has done by now comes later.
    pub(super) fn created(view: &'a AgentView, prompt: String, public_url: &'a str) -> Self {
        let agent = &view.agent;
        let withheld = agent.origin.terms.secrets == SecretsWish::Withheld;
        let first = agent.first_repository();
        Self {
            name: SessionName(agent.id),
            id: Text(agent.id),
            prompt,
            title: &agent.name,
            source_context: first.map(|first| SourceContextBody {
                environment_variables_enabled: withheld.then_some(false),
                ..SourceContextBody::of(first)
            }),
            state: State::Queued,
            url: SessionUrl {
                public_url,
                id: WireAgentId(agent.id),
            },
            create_time: Moment(agent.created_at),
            update_time: Moment(view.updated_at),
            archived: agent.archived_at.is_some(),
            outputs: Vec::new(),
        }
    }
}

impl<'a> SourceContextBody<'a> {
    fn of(repository: &'a AgentRepository) -> Self {
        let base_ref = repository.source.base_ref.as_ref();
        let pushed = repository
            .branch
            .as_ref()
            .filter(|_| repository.head.is_some());
        Self {
            source: source_name(&repository.source.repository),
            github_repo_context: base_ref.map(|base_ref| GithubRepoContextBody {
                starting_branch: Text(base_ref),
            }),
            working_branch: pushed.map(Text),
            environment_variables_enabled: None,
        }
    }
}
