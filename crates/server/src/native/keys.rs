//! `/api/v1/keys`: the account's API keys.

use std::str::FromStr;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use outwork_domain::limits::{BODY_BYTES_MAX, KEY_RULES_MAX, REVOKED_KEY_SHOWN};
use outwork_domain::{
    AllowedNetwork, ApiKey, KeyId, KeyName, KeyRules, KeyScope, ProjectName, Timestamp,
};
use outwork_engine::SessionsOf;
use outwork_store::keys;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::errors::Failure;
use crate::path::parameter;
use crate::reply::{Answer, json, json_with};
use crate::wire::{Moment, Text};

/// A key that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewKeyBody {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Whether it may change something; it may if absent.
    #[schema(pattern = "^(read|write)$", example = "write")]
    scope: Option<String>,
    /// The projects that it is limited to, by name or alias; to none if absent or empty.
    #[schema(max_items = 100, example = json!([]))]
    projects: Option<Vec<String>>,
    /// Addresses or networks that it may be used from; from anywhere if absent or empty.
    #[schema(max_items = 100, example = json!(["10.2.0.0/16"]))]
    addresses: Option<Vec<String>>,
    /// From when on it no longer works: at most ten years ahead, and not later than the key that makes it.
    #[schema(format = DateTime, example = "2030-01-15T10:30:00.000Z")]
    expires_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyList)]
struct ListBody<'a> {
    keys: Vec<KeyBody<'a>>,
}

/// An API key without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KeyBody<'a> {
    id: String,
    name: &'a str,
    /// The user's address; absent for services.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[schema(pattern = "^(user|service)$", example = "user")]
    kind: &'static str,
    #[schema(pattern = "^(read|write)$", example = "write")]
    scope: &'static str,
    /// The projects that it is limited to; empty: to none.
    #[schema(value_type = Vec<String>)]
    projects: Vec<Text<&'a ProjectName>>,
    /// Where it may be used from; empty: from anywhere.
    #[schema(value_type = Vec<String>)]
    addresses: Vec<Text<&'a AllowedNetwork>>,
    created_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Moment>,
    /// Whether this request came with it, or with a session of it.
    current: bool,
}

/// A key that was made, with its secret, which is not shown again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MadeKeyBody<'a> {
    #[serde(flatten)]
    key: KeyBody<'a>,
    #[schema(min_length = 1, example = "key_0123456789abcdef")]
    api_key: &'a str,
}

impl<'a> KeyBody<'a> {
    fn of(key: &'a ApiKey, caller: &Caller) -> Self {
        Self {
            id: key.id.to_string(),
            name: &key.name,
            email: key.is_of_user().then_some(key.email.as_str()),
            kind: if key.is_of_user() { "user" } else { "service" },
            scope: key.rules.scope.word(),
            projects: key.rules.projects.iter().map(Text).collect(),
            addresses: key.rules.networks.iter().map(Text).collect(),
            created_at: Moment(key.created_at),
            expires_at: key.rules.expires_at.map(Moment),
            revoked_at: key.revoked_at.map(Moment),
            current: key.id == caller.0.id,
        }
    }
}

/// The key that the part `{id}` of the path names; what is no id reads as the nil id, which none has.
pub(super) struct PathKey(KeyId);

impl FromRequestParts<App> for PathKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "id").await.unwrap_or_default();
        let uuid = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
        Ok(Self(KeyId::new(uuid.unwrap_or(Uuid::nil()))))
    }
}

/// Lists the account's keys, the newest first; revoked ones for 30 days, sub-tokens not at all.
///
/// A key that is limited, or a sub-token, sees itself only.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    responses((status = 200, description = "What it may see of them, without their secrets.", body = ListBody)),
)]
pub(super) async fn list_keys(State(app): State<App>, caller: Caller) -> Answer {
    if !caller.0.is_unlimited() {
        return json(&ListBody {
            keys: vec![KeyBody::of(&caller.0, &caller)],
        });
    }
    let now = app.engine().now();
    let shown = i64::try_from(REVOKED_KEY_SHOWN.as_millis()).unwrap_or(i64::MAX);
    let since = Timestamp::from_millis(now.millis().saturating_sub(shown));
    let mut reader = app.store().read().await?;
    let all = keys::list_of_account(&mut reader, caller.account_id(), since).await?;
    drop(reader);
    json(&ListBody {
        keys: all.iter().map(|key| KeyBody::of(key, &caller)).collect(),
    })
}

/// Makes a key of the account.
///
/// It takes no `Idempotency-Key`: its answer holds a secret that is kept nowhere.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    request_body = NewKeyBody,
    responses(
        (status = 201, description = "The key with its secret, which is not shown again.",
            body = MadeKeyBody),
        (status = 400, description = "`validation_error`: also an end that is over. `missing_body`."),
        (status = 403, description = "`role_forbidden`: the key that asks is limited, or a sub-token; or \
            another site made a browser send this."),
        (status = 404, description = "`project_not_found`: there is no such project."),
        (status = 409, description = "`too_many_keys`: the account has as many as it may make by itself."),
    ),
)]
pub(super) async fn create_key(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewKeyBody, BODY_BYTES_MAX>,
) -> Answer {
    if !caller.0.is_unlimited() {
        return Err(Failure::limited_key());
    }
    if headers.contains_key("idempotency-key") {
        let message =
            "Idempotency-Key is not taken here: the answer holds a secret that is not kept";
        return Err(Failure::invalid(message));
    }
    let (name, rules) = body.read()?;
    let (token, key) = app.engine().create_key(&caller.0, name, rules).await?;
    let body = MadeKeyBody {
        key: KeyBody::of(&key, &caller),
        api_key: &token,
    };
    json_with(StatusCode::CREATED, &body)
}

impl NewKeyBody {
    fn read(self) -> Result<(KeyName, KeyRules), Failure> {
        let invalid = |why: &dyn std::fmt::Display| Failure::invalid(why.to_string());
        let name = self.name.ok_or_else(|| invalid(&"name is required"))?;
        let name = name.parse().map_err(|why| invalid(&why))?;
        let scope = self.scope.map(|scope| scope.parse::<KeyScope>());
        let scope = scope.transpose();
        let expires_at = self.expires_at.map(|end| end.parse::<Timestamp>());
        let expires_at = expires_at.transpose();
        let rules = KeyRules {
            scope: scope
                .map_err(|_| invalid(&"scope must be read or write"))?
                .unwrap_or_default(),
            projects: read_all("projects", self.projects)?,
            networks: read_all("addresses", self.addresses)?,
            expires_at: expires_at.map_err(|why| Failure::invalid(format!("expiresAt: {why}")))?,
        };
        Ok((name, rules))
    }
}

fn read_all<T>(name: &str, texts: Option<Vec<String>>) -> Result<Vec<T>, Failure>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let texts = texts.unwrap_or_default();
    if texts.len() > KEY_RULES_MAX {
        let message = format!("{name} has at most {KEY_RULES_MAX} entries");
        return Err(Failure::invalid(message));
    }
    let read = |text: String| {
        let wrong = |why: T::Err| Failure::invalid(format!("{name}: {why}"));
        text.parse().map_err(wrong)
    };
    texts.into_iter().map(read).collect()
}

/// Ends a key, and the sessions that began with it; the agents that were made with it stay.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/{id}",
    params(("id" = String, Path, description = "Its id, a UUID.",
        example = "0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11")),
    responses(
        (status = 204, description = "It no longer works; twice is as once."),
        (status = 403, description = "`role_forbidden`: the key that asks is limited, and this is another; or \
            another site made a browser send this."),
        (status = 404, description = "`key_not_found`: none of that id, or another account's."),
    ),
)]
pub(super) async fn delete_key(
    State(app): State<App>,
    caller: Caller,
    PathKey(id): PathKey,
) -> Result<Response, Failure> {
    if id != caller.0.id && !caller.0.is_unlimited() {
        return Err(Failure::limited_key());
    }
    app.engine().revoke_key(caller.account_id(), id).await?;
    app.sessions().forget_sessions_of(SessionsOf::Key(id));
    Ok(StatusCode::NO_CONTENT.into_response())
}
