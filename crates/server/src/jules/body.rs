//! Request bodies of v1alpha: an empty one is an empty object.

use axum::extract::{FromRequest, Request};
use outwork_domain::limits::BODY_BYTES_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Object, parse, receive};
use crate::errors::Failure;

/// A JSON object, or nothing, which stands for one without keys.
pub(super) struct LooseBody<T>(pub(super) T);

impl<T> FromRequest<App> for LooseBody<T>
where
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let read = |bytes: &[u8]| {
            let is_empty = bytes.iter().all(u8::is_ascii_whitespace);
            parse::<Object<T>>(if is_empty { b"{}" } else { bytes })
        };
        let Object(body) = receive(request, app, BODY_BYTES_MAX, read).await?;
        Ok(Self(body))
    }
}

/// What methods answer that have nothing to say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Empty)]
pub(super) struct EmptyBody {}
