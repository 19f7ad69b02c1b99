//! `/api/v1/projects`: repositories under a name, with defaults for the work in them.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use outwork_domain::limits::BODY_BYTES_MAX;
use outwork_domain::{
    BaseRef, InvalidProject, ModelId, Project, ProjectDescription, ProjectName, ProjectPullRequest,
    Repository,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::operator;
use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::errors::Failure;
use crate::once::{Post, json_reply};
use crate::path::parameter;
use crate::reach::Reach;
use crate::reply::{Answer, json};
use crate::wire::Text;

/// A project that is to be added; what is absent is as it usually is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewProjectBody {
    /// Letters, digits, dots, underscores and dashes.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "docs")]
    id: Option<String>,
    #[schema(value_type = String, example = "https://github.com/acme/docs")]
    repository: Option<String>,
    /// The branch, tag or commit to start from.
    #[serde(rename = "ref")]
    #[schema(example = "main")]
    base_ref: Option<String>,
    /// Another name of it.
    #[schema(example = "handbook")]
    alias: Option<String>,
    /// What answers where a client names no model.
    #[schema(example = "script")]
    model: Option<String>,
    /// What names of models mean that clients use.
    #[schema(example = json!({"sonnet": "script"}))]
    models: Option<BTreeMap<String, String>>,
    /// What branch names begin with.
    #[schema(example = "docs/")]
    branch_prefix: Option<String>,
    /// New agents in an hour, and as many further prompts.
    #[schema(minimum = 1, maximum = 100_000)]
    uses_per_hour: Option<u32>,
    /// What becomes of changed files.
    #[schema(pattern = "^(ready|draft|none)$", example = "ready")]
    pull_request: Option<String>,
    /// The file with instructions for agents.
    #[schema(example = "AGENTS.md")]
    instructions: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectList)]
struct ListBody<'a> {
    projects: Vec<ProjectBody<'a>>,
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProjectBody<'a> {
    #[schema(value_type = String, example = "docs")]
    id: Text<&'a ProjectName>,
    #[schema(value_type = String, example = "https://github.com/acme/docs")]
    repository: Text<&'a Repository>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    base_ref: Option<Text<&'a BaseRef>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    alias: Option<Text<&'a ProjectName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    model: Option<Text<&'a ModelId>>,
    #[schema(value_type = BTreeMap<String, String>)]
    models: BTreeMap<&'a str, Text<&'a ModelId>>,
    branch_prefix: &'a str,
    uses_per_hour: u32,
    #[schema(pattern = "^(ready|draft|none)$", example = "ready")]
    pull_request: &'static str,
    instructions: &'a str,
    /// `configuration`: it is changed and removed in the configuration file; `added`: by command.
    #[schema(pattern = "^(configuration|added)$", example = "added")]
    origin: &'static str,
}

/// Where a project comes from.
#[derive(Clone, Copy)]
enum Origin {
    Configured,
    Added,
}

impl<'a> ProjectBody<'a> {
    fn of(project: &'a Project, origin: Origin) -> Self {
        let models = project.models.iter();
        Self {
            id: Text(&project.id),
            repository: Text(&project.repository),
            base_ref: project.base_ref.as_ref().map(Text),
            alias: project.alias.as_ref().map(Text),
            model: project.model.as_ref().map(Text),
            models: models.map(|(name, id)| (name.as_str(), Text(id))).collect(),
            branch_prefix: project.branch_prefix.as_str(),
            uses_per_hour: project.uses_per_hour,
            pull_request: project.pull_request.word(),
            instructions: project.instructions.as_str(),
            origin: match origin {
                Origin::Configured => "configuration",
                Origin::Added => "added",
            },
        }
    }
}

impl NewProjectBody {
    fn read(self) -> Result<Project, Failure> {
        let required = |name: &str| Failure::invalid(format!("{name} is required"));
        let pull_request = self.pull_request.map(|word| word.parse());
        let pull_request: Option<ProjectPullRequest> = pull_request
            .transpose()
            .map_err(|why| Failure::invalid(format!("pullRequest: {why}")))?;
        let description = ProjectDescription {
            id: self.id.ok_or_else(|| required("id"))?,
            repository: self.repository.ok_or_else(|| required("repository"))?,
            base_ref: self.base_ref,
            alias: self.alias,
            model: self.model,
            models: self.models.unwrap_or_default(),
            branch_prefix: self.branch_prefix,
            uses_per_hour: self.uses_per_hour,
            pull_request: pull_request.unwrap_or_default(),
            instructions: self.instructions,
        };
        description.project().map_err(refusal)
    }
}

/// The fault by the name that the key has here.
fn refusal(invalid: InvalidProject) -> Failure {
    let InvalidProject { key, why, .. } = invalid;
    let mut words = key.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    Failure::invalid(format!("{name}: {why}"))
}

/// The project that the part `{id}` of the path names; none for what names none.
pub(super) struct PathProject(Option<ProjectName>);

impl FromRequestParts<App> for PathProject {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "id").await.unwrap_or_default();
        Ok(Self(text.parse().ok()))
    }
}

/// Lists the projects that the key reaches, by name.
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    responses((status = 200, description = "All of them.", body = ListBody)),
)]
pub(super) async fn list_projects(State(app): State<App>, caller: Caller) -> Answer {
    let engine = app.engine();
    let reach = Reach::of(&app, &caller).await?;
    let mut all = engine.projects().await?;
    all.retain(|project| reach.has_project(project));
    let origin_of = |project: &Project| {
        if engine.is_configured(&project.id) {
            Origin::Configured
        } else {
            Origin::Added
        }
    };
    let bodies = all.iter();
    json(&ListBody {
        projects: bodies
            .map(|project| ProjectBody::of(project, origin_of(project)))
            .collect(),
    })
}

/// Adds a project.
#[utoipa::path(
    post,
    path = "/api/v1/projects",
    request_body = NewProjectBody,
    responses(
        (status = 201, description = "The project.", body = ProjectBody),
        (status = 400, description = "`validation_error`: the message names the field. `repository_access`. \
            `missing_body`."),
        (status = 403, description = "`role_forbidden`: the key is limited, or a sub-token, or no \
            operator's; or another site made a browser send this."),
        (status = 409, description = "`project_name_conflict`: another project has one of its names. \
            `too_many_projects`: as many were added as may be."),
    ),
)]
pub(super) async fn create_project(
    State(app): State<App>,
    caller: Caller,
    Post {
        body: JsonBody(body),
        repeatable,
    }: Post<JsonBody<NewProjectBody, BODY_BYTES_MAX>>,
) -> Answer {
    operator::admit(&app, &caller).await?;
    let project = body.read()?;
    let engine = app.engine().clone();
    let render =
        |added: &Project| json_reply(StatusCode::CREATED, &ProjectBody::of(added, Origin::Added));
    let add = async move |receipt| Ok(engine.add_project(project, receipt).await?);
    repeatable.once(&app, &caller, render, add).await
}

/// Removes a project that was added; its agents stay.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{id}",
    params(("id" = String, Path, description = "Its name, not its alias.", example = "docs")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 403, description = "`role_forbidden`: the key is limited, or a sub-token, or no \
            operator's; or another site made a browser send this."),
        (status = 404, description = "`project_not_found`: there is no such project."),
        (status = 409, description = "`project_configured`: it is removed in the configuration file."),
    ),
)]
pub(super) async fn delete_project(
    State(app): State<App>,
    caller: Caller,
    PathProject(id): PathProject,
) -> Result<Response, Failure> {
    operator::admit(&app, &caller).await?;
    let id = id.ok_or_else(Failure::project_not_found)?;
    app.engine().remove_project(id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
