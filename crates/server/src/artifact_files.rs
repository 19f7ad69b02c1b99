//! `/artifacts/{agent}/{path}`: an artifact's bytes for who holds a signed link; no key is asked for.
//!
//! The bytes are whatever an agent left: they are always a download, never a page of this origin.

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use outwork_domain::limits::ARTIFACT_LINK_TTL;
use outwork_domain::{AgentId, ArtifactPath, Timestamp};
use tokio_util::io::ReaderStream;
use utoipa_axum::routes;

use crate::app::App;
use crate::encoding;
use crate::errors::Failure;
use crate::links::Claim;
use crate::openapi::Routes;
use crate::query::Pairs;
use crate::reply::{Answer, typed};
use crate::wire::WireAgentId;

const CHUNK_BYTES: usize = 64 * 1024;

/// The one route of signed links.
pub(crate) fn routes() -> Routes<App> {
    Routes::new().routes(routes!(download))
}

/// The path under which a claim is redeemed.
fn link_path(claim: &Claim<'_>) -> String {
    let path = encoding::path(claim.path.as_str());
    format!("/artifacts/{}/{path}", WireAgentId(claim.agent_id))
}

/// A link to an artifact's bytes.
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) expires_at: Timestamp,
}

/// Makes a link to an artifact that works for a while without a key.
pub(crate) async fn make_link(
    app: &App,
    agent_id: AgentId,
    path: &ArtifactPath,
) -> Result<Link, Failure> {
    // Whole seconds, as the link carries them, so that the answer tells the moment exactly.
    let expires = app.engine().now().plus(ARTIFACT_LINK_TTL).millis() / 1000;
    let claim = Claim {
        agent_id,
        path,
        expires,
    };
    let signature = app.links().sign(app.store(), &claim).await?;
    let (public_url, place) = (app.engine().public_url(), link_path(&claim));
    Ok(Link {
        url: format!("{public_url}{place}?expires={expires}&signature={signature}"),
        expires_at: Timestamp::from_millis(expires * 1000),
    })
}

/// The artifact that the path names.
pub(crate) struct PathArtifact {
    agent_id: AgentId,
    path: ArtifactPath,
}

impl FromRequestParts<App> for PathArtifact {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let all = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| unknown())?;
        let named = |name: &str| {
            all.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, text)| text)
        };
        let agent_id = named("agent").and_then(|text| WireAgentId::read(text).ok());
        let path = named("path").and_then(|text| text.parse().ok());
        let (agent_id, path) = agent_id.zip(path).ok_or_else(unknown)?;
        Ok(Self { agent_id, path })
    }
}

/// Gives the bytes of an artifact, if the link is whole and not too old.
#[utoipa::path(
    get,
    path = "/artifacts/{agent}/{*path}",
    operation_id = "download_artifact",
    params(
        ("agent" = String, Path, description = "The agent.",
            example = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11"),
        ("path" = String, Path, description = "The artifact's path, which may have slashes.",
            example = "report.html"),
        ("expires" = u64, Query, description = "The Unix second from which on it no longer works."),
        ("signature" = String, Query, description = "What makes it ours."),
    ),
    responses(
        (
            status = 200,
            description = "The bytes, always as a download.",
            body = String,
            content_type = "application/octet-stream",
        ),
        (status = 400, description = "The query is malformed."),
        (status = 403, description = "This link is not ours, or has expired."),
        (status = 404, description = "There is no such artifact any more."),
        (status = 503, description = "Not at present."),
    ),
)]
async fn download(
    State(app): State<App>,
    PathArtifact { agent_id, path }: PathArtifact,
    pairs: Pairs,
) -> Answer {
    let expires = pairs.text("expires")?.and_then(|text| text.parse().ok());
    let signature = pairs.text("signature")?;
    let (expires, signature) = expires.zip(signature).ok_or_else(refused)?;
    let claim = Claim {
        agent_id,
        path: &path,
        expires,
    };
    if !app.links().verify(app.store(), &claim, signature).await? {
        return Err(refused());
    }
    if app.engine().now().millis() / 1000 >= expires {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "link_expired",
            "This link has expired",
        ));
    }
    let (_, file) = app
        .engine()
        .artifact_file(agent_id, &path)
        .await?
        .ok_or_else(unknown)?;
    // The row may outlive the file for a moment while an agent is deleted.
    let file = tokio::fs::File::open(file).await.map_err(|_| unknown())?;
    let length = file
        .metadata()
        .await
        .map_err(|error| Failure::internal(error.to_string()))?
        .len();
    let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK_BYTES));
    let mut response = typed(StatusCode::OK, "application/octet-stream", body);
    guard(&mut response, &path, length);
    Ok(response)
}

fn guard(response: &mut Response, path: &ArtifactPath, length: u64) {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded = encoding::header_value(name);
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
}

fn unknown() -> Failure {
    Failure::not_found("artifact_not_found", "Artifact not found")
}

fn refused() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "link_refused",
        "This link is not one that this server gave",
    )
}
