//! `GET /v1/repositories`: what agents can work on.

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
    items: Vec<RepositoryBody<'a>>,
}

/// A repository.
#[derive(Debug, Serialize, ToSchema)]
struct RepositoryBody<'a> {
    #[schema(value_type = String, format = "uri")]
    url: Text<&'a Repository>,
}

/// Lists the repositories that agents can work on.
#[utoipa::path(
    get,
    path = "/v1/repositories",
    responses((status = 200, description = "All repositories.", body = ListBody)),
)]
pub(super) async fn list_repositories(State(app): State<App>, caller: Caller) -> Answer {
    let reach = Reach::of(&app, &caller).await?;
    let found = app.engine().repositories().await?;
    let items = found
        .iter()
        .filter(|repository| reach.has_repository(repository))
        .map(|repository| RepositoryBody {
            url: Text(repository),
        })
        .collect();
    json(&ListBody { items })
}
