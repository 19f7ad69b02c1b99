//! `DELETE …/secrets/{name}`.

use axum::extract::State;
use outwork_domain::{SecretHolder, SecretName};
use outwork_engine::SecretTarget;
use serde::Serialize;
use utoipa::ToSchema;

use super::path::{PathName, read_id, user};
use crate::app::App;
use crate::auth::Caller;
use crate::cursor_v1::environments::PathEnvironment;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};

/// The secret that was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecretRef)]
struct NameBody {
    name: String,
}

/// Deletes a secret of the user; the name must be exactly its own.
#[utoipa::path(
    delete,
    path = "/v1/secrets/{name}",
    params(
        ("name" = String, Path, description = "The name."),
        ("id" = Option<String>, Query, description = "The version, where several have the name."),
    ),
    responses(
        (status = 200, description = "It is deleted.", body = NameBody),
        (status = 403, description = "`user_required`: a service has no secrets of a user."),
        (status = 404, description = "`secret_not_found`: no such secret."),
        (status = 409, description = "`secret_name_ambiguous`: several versions have the name; `versions` lists them."),
    ),
)]
pub(super) async fn delete_user_secret(
    State(app): State<App>,
    caller: Caller,
    name: PathName,
    pairs: Pairs,
) -> Answer {
    let holder = user(&caller)?;
    delete(&app, &caller, (holder, name, pairs)).await
}

/// Deletes a secret of the team; the name must be exactly its own.
#[utoipa::path(
    delete,
    path = "/v1/team/secrets/{name}",
    params(
        ("name" = String, Path, description = "The name."),
        ("id" = Option<String>, Query, description = "The version, where several have the name."),
    ),
    responses(
        (status = 200, description = "It is deleted.", body = NameBody),
        (status = 404, description = "`secret_not_found`: no such secret."),
        (status = 409, description = "`secret_name_ambiguous`: several versions have the name; `versions` lists them."),
    ),
)]
pub(super) async fn delete_team_secret(
    State(app): State<App>,
    caller: Caller,
    name: PathName,
    pairs: Pairs,
) -> Answer {
    delete(&app, &caller, (SecretHolder::Team, name, pairs)).await
}

/// Deletes a secret of an environment; the name must be exactly its own.
#[utoipa::path(
    delete,
    path = "/v1/environments/{environmentId}/secrets/{name}",
    params(
        ("environmentId" = String, Path, description = "The environment."),
        ("name" = String, Path, description = "The name."),
        ("id" = Option<String>, Query, description = "The version, where several have the name."),
    ),
    responses(
        (status = 200, description = "It is deleted.", body = NameBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's; `secret_not_found`: no such secret."),
        (status = 409, description = "`secret_name_ambiguous`: several versions have the name; `versions` lists them."),
    ),
)]
pub(super) async fn delete_environment_secret(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
    name: PathName,
    pairs: Pairs,
) -> Answer {
    let holder = SecretHolder::Environment(id);
    delete(&app, &caller, (holder, name, pairs)).await
}

async fn delete(
    app: &App,
    caller: &Caller,
    (holder, PathName(text), pairs): (SecretHolder, PathName, Pairs),
) -> Answer {
    let pairs = pairs.only(&["id"])?;
    let account_id = caller.account_id();
    if let SecretHolder::Environment(id) = holder {
        // Told before what is wrong with the name.
        app.engine().environment(account_id, id).await?;
    }
    let name: Result<SecretName, _> = text.parse();
    let target = SecretTarget {
        holder,
        name: name.map_err(|_| Failure::secret_not_found())?,
        id: read_id(&pairs)?,
    };
    app.engine().delete_secret(account_id, target).await?;
    json(&NameBody { name: text })
}
