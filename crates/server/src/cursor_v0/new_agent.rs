//! The body of a launch: from its wire form to what the engine is asked for.

use outwork_domain::{BranchWish, ModelId, PullRequestWish, Source};
use outwork_engine::{NewRepository, PullRequestSource};
use serde::Deserialize;
use utoipa::ToSchema;

use super::prompt::PromptBody;
use crate::body::Object;
use crate::errors::Failure;
use crate::pull_request_wish::PullRequestFlags;
use crate::query::is_uri;
use crate::webhook::WebhookBody;

/// The body of `POST /v0/agents`.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewAgentBody {
    #[schema(value_type = PromptBody)]
    pub(super) prompt: Option<Object<PromptBody>>,
    /// One of `/v0/models`; `default`, `auto` or absent for the configured one.
    #[schema(min_length = 1, example = "script")]
    pub(super) model: Option<String>,
    #[schema(value_type = SourceBody)]
    pub(super) source: Option<Object<SourceBody>>,
    #[schema(value_type = Option<TargetBody>)]
    pub(super) target: Option<Object<TargetBody>>,
    /// `plan` lets the first run only plan; `agent` if absent. Ours: the specification has no such field.
    #[schema(pattern = "^(agent|plan)$", example = "agent")]
    pub(super) mode: Option<String>,
    #[schema(value_type = Option<WebhookBody>)]
    pub(super) webhook: Option<Object<WebhookBody>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewSource)]
pub(super) struct SourceBody {
    /// Required unless `prUrl` is there.
    #[schema(min_length = 1, example = "https://github.com/acme/tools")]
    repository: Option<String>,
    #[serde(rename = "ref")]
    /// Branch, tag or commit; the default branch if absent.
    #[schema(min_length = 1, example = "main")]
    base_ref: Option<String>,
    /// Work on this pull request; outweighs `repository` and `ref`.
    #[schema(format = "uri")]
    pr_url: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewTarget)]
pub(super) struct TargetBody {
    /// Open a pull request at the end.
    auto_create_pr: Option<bool>,
    /// Open it as a draft. Ours: the specification has no such field.
    draft_pr: Option<bool>,
    open_as_cursor_github_app: Option<bool>,
    skip_reviewer_request: Option<bool>,
    /// The branch to create; one is made up if absent.
    #[schema(min_length = 1, example = "say-hello")]
    branch_name: Option<String>,
    /// With `prUrl`: `false` pushes to that pull request's own branch.
    auto_branch: Option<bool>,
}

/// Where the work is to start, as far as the body tells.
#[derive(Debug)]
pub(super) enum Start {
    /// In a repository.
    Repository(Source),
    /// At a pull request, by its address.
    PullRequest(String),
}

/// The model that is asked for; none where the default is meant.
pub(super) fn read_model(model: Option<&str>) -> Result<Option<ModelId>, Failure> {
    match model {
        None | Some("default" | "auto") => Ok(None),
        Some("") => Err(Failure::invalid("model must not be empty")),
        Some(text) => text.parse().map(Some).map_err(|_| {
            let shown: String = text.chars().take(200).collect();
            let message = format!("Model '{shown}' is not available or invalid");
            Failure::bad_request("invalid_model", message)
        }),
    }
}

/// Where the work is to start; a pull request's address outweighs repository and ref.
pub(super) fn read_start(source: Option<Object<SourceBody>>) -> Result<Start, Failure> {
    let Object(source) = source.ok_or_else(|| Failure::invalid("source is required"))?;
    if let Some(url) = source.pr_url {
        if !is_uri(&url) {
            return Err(Failure::invalid("source.prUrl must be a URI"));
        }
        return Ok(Start::PullRequest(url));
    }
    let Some(repository) = source.repository else {
        let message = "source.repository is required unless source.prUrl is given";
        return Err(Failure::bad_request("repository_required", message));
    };
    let repository = repository
        .parse()
        .map_err(|why| Failure::invalid(format!("source.repository: {why}")))?;
    let base_ref = source.base_ref.map(|text| text.parse()).transpose();
    let base_ref = base_ref.map_err(|why| Failure::invalid(format!("source.ref: {why}")))?;
    Ok(Start::Repository(Source {
        repository,
        base_ref,
        pull_request_url: None,
    }))
}

impl TargetBody {
    /// What pull request is wanted.
    pub(super) fn pull_request(&self) -> PullRequestWish {
        PullRequestFlags {
            creation: self.auto_create_pr,
            draft: self.draft_pr,
            server_identity: self.open_as_cursor_github_app,
            reviewer_skipped: self.skip_reviewer_request,
        }
        .into()
    }

    /// How the branch gets its name.
    pub(super) fn branch(&self) -> Result<BranchWish, Failure> {
        match self.branch_name.as_deref() {
            None => Ok(BranchWish::Generated),
            Some("") => Err(Failure::invalid("target.branchName must not be empty")),
            Some(name) => name.parse().map(BranchWish::Named).map_err(|why| {
                Failure::bad_request("invalid_branch_name", format!("target.branchName: {why}"))
            }),
        }
    }

    /// The work that continues a pull request: on its branch, or on a new one.
    pub(super) fn continuing(&self, found: &PullRequestSource) -> Result<NewRepository, Failure> {
        if self.auto_branch == Some(false) {
            let (source, head) = found.on_its_branch()?;
            return Ok(NewRepository {
                source,
                branch_wish: BranchWish::Existing(head),
            });
        }
        Ok(NewRepository {
            branch_wish: self.branch()?,
            source: found.beside()?,
        })
    }
}
