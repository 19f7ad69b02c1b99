//! `GET /v1alpha/sources/**`: one source by its name.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use tokio::time::Instant;

use super::source::{BRANCHES_WAIT, SourceBody, Sources};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::parameter;
use crate::reach::Reach;
use crate::reply::{Answer, json};

/// What the path says behind `sources/`.
pub(super) struct PathSource(String);

impl FromRequestParts<App> for PathSource {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "source").await;
        text.map(Self).ok_or_else(Failure::source_not_found)
    }
}

/// Reads a source.
///
/// A name of GitHub's also finds a repository with that owner and name on another forge.
#[utoipa::path(
    get,
    path = "/v1alpha/sources/{*source}",
    params(("source" = String, Path, description = "The source's id: forge, owner, name.",
        example = "github/acme/tools")),
    responses(
        (status = 200, description = "The source.", body = SourceBody),
        (status = 404, description = "No project and no list of repositories has it, or the key does not reach it."),
    ),
)]
pub(super) async fn get_source(
    State(app): State<App>,
    caller: Caller,
    PathSource(id): PathSource,
) -> Answer {
    let name = format!("sources/{id}");
    let sources = Sources::that_may_have(&app, Reach::of(&app, &caller).await?, &name).await?;
    let source = sources.find(&name).ok_or_else(Failure::source_not_found)?;
    let until = Instant::now() + BRANCHES_WAIT;
    json(&SourceBody::read(&app, source, &name, until).await)
}
