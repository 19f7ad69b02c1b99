//! `/forge/{name}/webhook`: what forges tell us. It is verified and stored, and the answer goes out;
//! everything else happens behind it.
//!
//! No key is asked for, the signature counts. Wrong ones are not held against an address: hooks of many
//! repositories come from the same few of a forge, and anybody could have it shut out.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use outwork_domain::limits::INCOMING_HOOK_BYTES_MAX;
use outwork_engine::{HookError, HookRefusal, HookRequest, Received};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::App;
use crate::body::receive_bytes;
use crate::errors::Failure;
use crate::openapi::Routes;
use crate::path::parameter;
use crate::reply::{Answer, json_with};

/// The one route of forges.
pub(crate) fn routes() -> Routes<App> {
    Routes::new().routes(routes!(receive_forge_webhook))
}

/// The configured forge that the path names.
struct PathForge(String);

impl FromRequestParts<App> for PathForge {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let name = parameter(parts, app, "name").await.unwrap_or_default();
        if app.options().hooks.listens_to(&name) {
            return Ok(Self(name));
        }
        Err(unknown())
    }
}

/// What became of a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
struct ReceiptBody {
    /// `new`, or `known` if the forge sent it before.
    #[schema(pattern = "^(new|known)$", example = "new")]
    received: &'static str,
}

/// Takes a webhook of a forge in: what it says is dealt with afterwards.
#[utoipa::path(
    post,
    path = "/forge/{name}/webhook",
    params(("name" = String, Path, description = "The forge's `name` in the configuration.",
        example = "github.com")),
    request_body(content = serde_json::Value, description = "What the forge sends, signed by it."),
    responses(
        (status = 202, description = "It is stored.", body = ReceiptBody),
        (status = 400, description = "`validation_error`: it is no JSON, lacks what all webhooks of \
            this forge have, or broke off."),
        (status = 401, description = "`webhook_unverified`: its signature is missing or wrong, or no \
            secret is configured."),
        (status = 404, description = "`forge_not_found`: no forge of that name is configured."),
        (status = 413, description = "`webhook_too_large`."),
        (status = 503, description = "`unavailable`: not at present; come back after `Retry-After`."),
    ),
)]
async fn receive_forge_webhook(
    State(app): State<App>,
    PathForge(name): PathForge,
    request: Request,
) -> Answer {
    let headers = request.headers().clone();
    refuse_forms(&headers)?;
    let body = receive_bytes(request, &app, INCOMING_HOOK_BYTES_MAX, too_large).await?;
    let headers = texts(&headers);
    let request = HookRequest {
        headers: &headers,
        body: &body,
    };
    let received = match app.options().hooks.receive(&name, &request).await? {
        Received::New => "new",
        Received::Known => "known",
    };
    json_with(StatusCode::ACCEPTED, &ReceiptBody { received })
}

/// GitHub sends forms unless it is told otherwise. Whoever sets the webhook up sees the answer there.
fn refuse_forms(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let message = "The body must be JSON: choose the content type application/json in the \
                       webhook's settings on the forge";
        return Err(Failure::invalid(message));
    }
    Ok(())
}

/// The headers that are text; no forge sends others that count.
fn texts(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let pairs = headers.iter();
    pairs
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect()
}

fn unknown() -> Failure {
    Failure::not_found("forge_not_found", "There is no such forge here")
}

fn too_large() -> Failure {
    let message = format!("A webhook may have at most {INCOMING_HOOK_BYTES_MAX} bytes");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "webhook_too_large", message)
}

impl From<HookRefusal> for Failure {
    fn from(refusal: HookRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            HookRefusal::UnknownForge => unknown(),
            HookRefusal::TooLarge => too_large(),
            HookRefusal::Untrusted(
                HookError::NotConfigured | HookError::Unsigned | HookError::WrongSignature,
            ) => Self::new(StatusCode::UNAUTHORIZED, "webhook_unverified", message),
            HookRefusal::Untrusted(HookError::HeaderMissing(_) | HookError::Malformed(_)) => {
                Self::invalid(message)
            }
            HookRefusal::Store(error) => Self::from(error),
        }
    }
}
