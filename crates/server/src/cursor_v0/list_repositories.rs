//! `GET /v0/repositories`: what agents can work on.

use axum::extract::State;
use outwork_domain::Repository;
use serde::Serialize;

use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::Text;

#[derive(Debug, Serialize)]
struct ListBody<'a> {
    repositories: Vec<RepositoryBody<'a>>,
}

#[derive(Debug, Serialize)]
struct RepositoryBody<'a> {
    owner: &'a str,
    name: &'a str,
    repository: Text<&'a Repository>,
}

pub(super) async fn list_repositories(State(app): State<App>, _: Caller) -> Answer {
    let found = app.engine().repositories().await?;
    let body = |repository| RepositoryBody {
        owner: Repository::owner(repository),
        name: repository.name(),
        repository: Text(repository),
    };
    json(&ListBody {
        repositories: found.iter().map(body).collect(),
    })
}
