//! `GET /v0/repositories`: what agents can work on.

use axum::extract::State;
use outwork_domain::Repository;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::reach::Reach;
use crate::reply::{Answer, json};
use crate::wire::Text;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepositoryList)]
struct ListBody<'a> {
    repositories: Vec<RepositoryBody<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RepositoryBody<'a> {
    owner: &'a str,
    name: &'a str,
    #[schema(value_type = String, example = "https://github.com/acme/tools")]
    repository: Text<&'a Repository>,
}

/// Lists the repositories that agents can work on.
#[utoipa::path(
    get,
    path = "/v0/repositories",
    responses(
        (status = 200, description = "The repositories.", body = ListBody),
        (status = 400, description = "`repository_access`: one of the folders cannot be read."),
    ),
)]
pub(super) async fn list_repositories(State(app): State<App>, caller: Caller) -> Answer {
    let reach = Reach::of(&app, &caller).await?;
    let found = app.engine().repositories().await?;
    let body = |repository| RepositoryBody {
        owner: Repository::owner(repository),
        name: repository.name(),
        repository: Text(repository),
    };
    let within = found.iter().filter(|one| reach.has_repository(one));
    json(&ListBody {
        repositories: within.map(body).collect(),
    })
}
