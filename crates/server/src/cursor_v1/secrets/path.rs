//! Which secret a path and its query name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use outwork_domain::{KeyKind, SecretHolder, SecretId};

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::parameter;
use crate::query::Pairs;
use crate::wire::WireSecretId;

/// The name that the part `{name}` of the path gives, as it stands there.
pub(super) struct PathName(pub(super) String);

impl FromRequestParts<App> for PathName {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "name").await;
        text.map(Self).ok_or_else(Failure::secret_not_found)
    }
}

/// Reads the version that `?id=` names, if it does; one that cannot be is as unknown as any other.
pub(super) fn read_id(pairs: &Pairs) -> Result<Option<SecretId>, Failure> {
    let Some(text) = pairs.text("id")? else {
        return Ok(None);
    };
    let id = WireSecretId::read(text);
    id.map(Some).map_err(|_| Failure::secret_not_found())
}

/// The user as a holder of secrets; a service is none.
pub(super) fn user(caller: &Caller) -> Result<SecretHolder, Failure> {
    if is_service(caller) {
        return Err(Failure::user_required());
    }
    Ok(SecretHolder::User(caller.account_id()))
}

/// Whether the key is a service's.
pub(super) fn is_service(caller: &Caller) -> bool {
    match caller.0.kind {
        KeyKind::Service => true,
        KeyKind::User | KeyKind::Delegated { .. } => false,
    }
}
