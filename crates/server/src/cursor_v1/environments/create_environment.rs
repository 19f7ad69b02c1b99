//! `POST /v1/environments`.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::{BODY_BYTES_MAX, ENVIRONMENT_REPOSITORIES_MAX};
use outwork_domain::{CloudEnvironment, EnvironmentOwner, Repository};
use outwork_engine::NewEnvironment;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{EnvironmentBody, OwnerBody, read_file, read_name};
use crate::app::App;
use crate::auth::Caller;
use crate::body::Object;
use crate::errors::Failure;
use crate::once::{Post, json_reply};
use crate::reply::Answer;
use crate::strict::StrictBody;

/// What a new environment is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewEnvironmentBody {
    /// `personal` (only this account) or `team` (everybody).
    #[schema(value_type = OwnerBody)]
    owner: Option<String>,
    /// Its name, unique for its owner.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Option<String>,
    /// What its agents work on.
    #[schema(value_type = Vec<NewRepoBody>, max_items = 100)]
    repos: Option<Vec<Object<NewRepoBody>>>,
    /// How workspaces are set up: the text of a `.cursor/environment.json`.
    #[schema(value_type = String, example = r#"{"install": "make deps"}"#)]
    environment_json: Option<String>,
}

/// A repository of a new environment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewEnvironmentRepo)]
pub(super) struct NewRepoBody {
    /// Its address.
    #[schema(value_type = String, min_length = 1, example = "https://git.example.com/acme/tools")]
    url: Option<String>,
}

/// Makes an environment.
#[utoipa::path(
    post,
    path = "/v1/environments",
    request_body = NewEnvironmentBody,
    responses(
        (status = 201, description = "The environment.", body = EnvironmentBody),
        (status = 400, description = "`validation_error`, `missing_body`; `repository_access`: a repository is out of reach."),
        (status = 409, description = "`environment_name_conflict`: its owner has one of that name; `environmentId` names it; `environment_limit_reached`: the account has made 200."),
    ),
)]
pub(super) async fn create_environment(
    State(app): State<App>,
    caller: Caller,
    Post {
        body: StrictBody(body),
        repeatable,
    }: Post<StrictBody<NewEnvironmentBody, BODY_BYTES_MAX>>,
) -> Answer {
    let new = body.read()?;
    let account_id = caller.account_id();
    let engine = app.engine().clone();
    let render =
        |made: &CloudEnvironment| json_reply(StatusCode::CREATED, &EnvironmentBody::of(made));
    let create =
        async move |receipt| Ok(engine.create_environment(account_id, new, receipt).await?);
    repeatable.once(&app, &caller, render, create).await
}

impl NewEnvironmentBody {
    fn read(self) -> Result<NewEnvironment, Failure> {
        let missing = |key: &str| Failure::invalid(format!("{key} is required"));
        let owner = match self.owner.as_deref() {
            Some("personal") => EnvironmentOwner::Personal,
            Some("team") => EnvironmentOwner::Team,
            Some(_) => return Err(Failure::invalid("owner must be personal or team")),
            None => return Err(missing("owner")),
        };
        let name = read_name(&self.name.ok_or_else(|| missing("name"))?)?;
        let repos = self.repos.ok_or_else(|| missing("repos"))?;
        if repos.len() > ENVIRONMENT_REPOSITORIES_MAX {
            return Err(Failure::invalid("repos must have at most 100 entries"));
        }
        let file = self.environment_json;
        let repositories = repos.into_iter().enumerate().map(read_repo);
        Ok(NewEnvironment {
            owner,
            name,
            repositories: repositories.collect::<Result<_, _>>()?,
            file: read_file(file.ok_or_else(|| missing("environmentJson"))?)?,
        })
    }
}

fn read_repo((number, Object(body)): (usize, Object<NewRepoBody>)) -> Result<Repository, Failure> {
    let named = |why: &str| Failure::invalid(format!("repos[{number}].url{why}"));
    let url = body.url.ok_or_else(|| named(" is required"))?;
    url.parse()
        .map_err(|why: outwork_domain::InvalidRepository| named(&format!(": {why}")))
}
