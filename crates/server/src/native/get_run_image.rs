//! `GET /api/v1/agents/{id}/runs/{runId}/images/{number}`: an image that came with a run's prompt.

use axum::extract::{FromRequestParts, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use outwork_store::{agents, runs};

use super::path::PathRun;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::{PathAgent, parameter};
use crate::reply::{Answer, typed};

/// The place that the part `{number}` of the path names; none for what is no number.
pub(super) struct PathNumber(Option<usize>);

impl FromRequestParts<App> for PathNumber {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "number").await.unwrap_or_default();
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        Ok(Self(text.parse().ok().filter(|_| digits)))
    }
}

/// Gives an image that came with a run's prompt.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/runs/{runId}/images/{number}",
    params(
        ("runId" = String, Path, description = "The run, by its `id` in the agent's `runs`.",
            example = "0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11"),
        ("number" = u32, Path, description = "Its place among the prompt's images, from 0.", minimum = 0),
    ),
    responses(
        (status = 200, description = "Its bytes: PNG, JPEG, GIF or WebP.", content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/webp"),
        )),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; `run_not_found`: \
            it has no such run; `image_not_found`: its prompt has no such image."),
    ),
)]
pub(super) async fn get_run_image(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
    PathRun(run_id): PathRun,
    PathNumber(number): PathNumber,
) -> Answer {
    let mut reader = app.store().read().await?;
    let view = agents::find(&mut reader, caller.account_id(), id).await?;
    view.ok_or_else(Failure::agent_not_found)?;
    let run = runs::find_of_agent(&mut reader, id, run_id).await?;
    run.ok_or_else(Failure::run_not_found)?;
    let images = runs::images(&mut reader, run_id).await?;
    drop(reader);
    let image = number.and_then(|number| images.into_iter().nth(number));
    let image = image.ok_or_else(|| Failure::not_found("image_not_found", "Image not found"))?;
    let media_type = image.format().media_type();
    let mut response = typed(StatusCode::OK, media_type, image.bytes().to_vec());
    // A prompt never changes.
    let kept = HeaderValue::from_static("private, max-age=3600");
    response.headers_mut().insert(CACHE_CONTROL, kept);
    Ok(response)
}
