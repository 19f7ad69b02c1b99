//! What a path names: an agent, a pull request.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use outwork_domain::{AgentId, PullRequestNumber};

use crate::app::App;
use crate::errors::Failure;
use crate::wire::WireAgentId;

/// The agent that the part `{id}` of the path names.
pub(crate) struct PathAgent(pub(crate) AgentId);

impl FromRequestParts<App> for PathAgent {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let malformed =
            || Failure::invalid("the agent id is malformed: it is bc- followed by a UUID");
        let text = parameter(parts, app, "id").await.ok_or_else(malformed)?;
        WireAgentId::read(&text).map(Self).map_err(|_| malformed())
    }
}

/// The pull request that the part `{number}` of the path names.
pub(crate) struct PathPullRequest(pub(crate) PullRequestNumber);

impl FromRequestParts<App> for PathPullRequest {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "number").await;
        let number = text.as_deref().and_then(pull_request_number);
        let malformed = || Failure::invalid("the pull request's number is malformed");
        number.map(Self).ok_or_else(malformed)
    }
}

/// Reads a pull request's number, which every store can hold.
pub(crate) fn pull_request_number(text: &str) -> Option<PullRequestNumber> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| digits)?;
    u64::try_from(number).ok().map(PullRequestNumber)
}

/// The part of the path that the route calls by that name.
pub(crate) async fn parameter(parts: &mut Parts, app: &App, name: &str) -> Option<String> {
    let all = RawPathParams::from_request_parts(parts, app).await.ok()?;
    all.iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
