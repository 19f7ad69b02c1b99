//! What a path of our own API names beyond what all do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use outwork_domain::RunId;
use uuid::Uuid;

use crate::app::App;
use crate::errors::Failure;
use crate::path::parameter;
use crate::wire::WireRunId;

/// The run that the part `{runId}` of the path names, as our own API and as v1 write it. What is no id reads
/// as the nil id, which no run has.
pub(super) struct PathRun(pub(super) RunId);

impl FromRequestParts<App> for PathRun {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "runId").await.unwrap_or_default();
        let uuid = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
        let id = uuid.map(RunId::new).or_else(|| WireRunId::read(&text).ok());
        Ok(Self(id.unwrap_or(RunId::new(Uuid::nil()))))
    }
}
