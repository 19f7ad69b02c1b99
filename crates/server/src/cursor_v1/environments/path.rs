//! The environment that a path names; a malformed id is as unknown as any other.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use outwork_domain::EnvironmentId;

use crate::app::App;
use crate::errors::Failure;
use crate::path::parameter;

/// The environment that the part `{environmentId}` of the path names.
pub(in crate::cursor_v1) struct PathEnvironment(pub(in crate::cursor_v1) EnvironmentId);

impl FromRequestParts<App> for PathEnvironment {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "environmentId").await;
        let id = text.and_then(|text| text.parse().ok());
        id.map(Self).ok_or_else(Failure::environment_not_found)
    }
}
