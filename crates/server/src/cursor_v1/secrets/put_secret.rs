//! `PUT …/secrets/{name}`: makes a secret, or changes the one that is there.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::{BODY_BYTES_MAX, SECRET_REPOSITORIES_MAX};
use outwork_domain::{RepositoryKey, SecretHolder, SecretKind, SecretName, SecretWish};
use outwork_engine::{SecretPut, SecretTarget};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::SecretBody;
use super::path::{PathName, read_id, user};
use crate::app::App;
use crate::auth::Caller;
use crate::cursor_v1::environments::PathEnvironment;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json_with};
use crate::strict::StrictBody;

/// What a secret is to be. It is never printed.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewSecretBody {
    /// Its value, 1 to 4096 bytes of UTF-8.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    value: Option<String>,
    /// What it is; as before if absent, and a runtime secret if it is new.
    #[serde(rename = "type")]
    #[schema(example = "runtime_secret")]
    kind: Option<String>,
    /// The repositories whose runs get it, all if empty; as before if absent.
    #[schema(max_items = 100, example = json!(["git.example.com/acme/tools"]))]
    repos: Option<Vec<String>>,
}

type Body = StrictBody<NewSecretBody, BODY_BYTES_MAX>;

/// Makes or changes a secret of the user.
#[utoipa::path(
    put,
    path = "/v1/secrets/{name}",
    params(
        ("name" = String, Path, description = "The name."),
        ("id" = Option<String>, Query, description = "The version, where several have the name."),
    ),
    request_body = NewSecretBody,
    responses(
        (status = 200, description = "It is changed.", body = SecretBody),
        (status = 201, description = "It is made.", body = SecretBody),
        (status = 403, description = "`user_required`: a service has no secrets of a user; `repository_access`: a repository is out of reach."),
        (status = 404, description = "`secret_not_found`: no version of that id."),
        (status = 409, description = "`secret_name_ambiguous`: several versions have the name, `versions` lists them; `secret_name_conflict`: the name exists in other letters; `secret_scope_conflict`: another version is for the same repositories; `secret_limit_reached`: there are 1000."),
    ),
)]
pub(super) async fn put_user_secret(
    State(app): State<App>,
    caller: Caller,
    name: PathName,
    pairs: Pairs,
    StrictBody(body): Body,
) -> Answer {
    let holder = user(&caller)?;
    put(&app, &caller, (holder, name, pairs), body).await
}

/// Makes or changes a secret of the team.
#[utoipa::path(
    put,
    path = "/v1/team/secrets/{name}",
    params(
        ("name" = String, Path, description = "The name."),
        ("id" = Option<String>, Query, description = "The version, where several have the name."),
    ),
    request_body = NewSecretBody,
    responses(
        (status = 200, description = "It is changed.", body = SecretBody),
        (status = 201, description = "It is made.", body = SecretBody),
        (status = 403, description = "`repository_access`: a repository is out of reach."),
        (status = 404, description = "`secret_not_found`: no version of that id."),
        (status = 409, description = "`secret_name_ambiguous`, `secret_name_conflict`, `secret_scope_conflict`, `secret_limit_reached`: as for secrets of the user."),
    ),
)]
pub(super) async fn put_team_secret(
    State(app): State<App>,
    caller: Caller,
    name: PathName,
    pairs: Pairs,
    StrictBody(body): Body,
) -> Answer {
    put(&app, &caller, (SecretHolder::Team, name, pairs), body).await
}

/// Makes or changes a secret of an environment.
#[utoipa::path(
    put,
    path = "/v1/environments/{environmentId}/secrets/{name}",
    params(
        ("environmentId" = String, Path, description = "The environment."),
        ("name" = String, Path, description = "The name."),
        ("id" = Option<String>, Query, description = "The version, where several have the name."),
    ),
    request_body = NewSecretBody,
    responses(
        (status = 200, description = "It is changed.", body = SecretBody),
        (status = 201, description = "It is made.", body = SecretBody),
        (status = 403, description = "`repository_access`: a repository is out of reach."),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's; `secret_not_found`: no version of that id."),
        (status = 409, description = "`secret_name_ambiguous`, `secret_name_conflict`, `secret_scope_conflict`, `secret_limit_reached`: as for secrets of the user."),
    ),
)]
pub(super) async fn put_environment_secret(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
    name: PathName,
    pairs: Pairs,
    StrictBody(body): Body,
) -> Answer {
    let holder = SecretHolder::Environment(id);
    put(&app, &caller, (holder, name, pairs), body).await
}

async fn put(
    app: &App,
    caller: &Caller,
    (holder, PathName(name), pairs): (SecretHolder, PathName, Pairs),
    body: NewSecretBody,
) -> Answer {
    let pairs = pairs.only(&["id"])?;
    let name: SecretName = name.parse().map_err(|why| invalid(&why))?;
    let wish = body.read(&name)?;
    let id = read_id(&pairs)?;
    let target = SecretTarget { holder, name, id };
    let put = app.engine().put_secret(caller.account_id(), target, wish);
    let put = put.await.map_err(Failure::repository_forbidden)?;
    match put {
        SecretPut::Created(secret) => json_with(StatusCode::CREATED, &SecretBody::of(&secret)),
        SecretPut::Changed(secret) => json_with(StatusCode::OK, &SecretBody::of(&secret)),
    }
}

fn invalid(why: &outwork_domain::InvalidSecret) -> Failure {
    Failure::invalid(why.to_string())
}

impl NewSecretBody {
    fn read(self, name: &SecretName) -> Result<SecretWish, Failure> {
        let value = self
            .value
            .ok_or_else(|| Failure::invalid("value is required"))?;
        let kind = match self.kind.as_deref() {
            None => None,
            Some("runtime_secret") => Some(SecretKind::RuntimeSecret),
            Some("environment_variable") => Some(SecretKind::EnvironmentVariable),
            Some("build_secret") => {
                let message = "type: nothing is built here, so there are no build secrets";
                return Err(Failure::invalid(message));
            }
            Some(_) => {
                let message = "type must be runtime_secret or environment_variable";
                return Err(Failure::invalid(message));
            }
        };
        let repositories = self.repos.map(read_repositories).transpose()?;
        SecretWish::new(name, value, kind, repositories).map_err(|why| invalid(&why))
    }
}

fn read_repositories(texts: Vec<String>) -> Result<Vec<RepositoryKey>, Failure> {
    if texts.len() > SECRET_REPOSITORIES_MAX {
        return Err(Failure::invalid("repos must have at most 100 entries"));
    }
    let read = |(number, text): (usize, String)| {
        text.parse()
            .map_err(|why: outwork_domain::InvalidRepository| {
                Failure::invalid(format!("repos[{number}]: {why}"))
            })
    };
    texts.into_iter().enumerate().map(read).collect()
}
