//! `POST /v1/sub-tokens`: a token with which a service's worker acts as a user for an hour.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::BODY_BYTES_MAX;
use outwork_domain::{KeyKind, UserNumber};
use outwork_engine::SubToken;
use outwork_store::accounts::UserReference;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::once::{Post, json_reply};
use crate::reply::Answer;
use crate::strict::StrictBody;
use crate::wire::Moment;

/// All accounts of one server are one team.
const TEAM: i64 = 1;

/// The body of `POST /v1/sub-tokens`: exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSubTokenBody {
    /// The user's e-mail address, in any case.
    #[schema(min_length = 1, format = "email")]
    for_user_email: Option<String>,
    /// The user's number.
    #[schema(minimum = 1)]
    for_user_id: Option<i64>,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SubTokenBody {
    /// A key that works until `expiresAt`.
    #[schema(min_length = 1)]
    access_token: String,
    expires_at: Moment,
    user_id: i64,
    team_id: i64,
}

impl SubTokenBody {
    fn of(made: &SubToken) -> Self {
        Self {
            access_token: made.access_token.clone(),
            expires_at: Moment(made.expires_at),
            user_id: made.user.0,
            team_id: TEAM,
        }
    }
}

impl NewSubTokenBody {
    fn read(self) -> Result<UserReference, Failure> {
        match (self.for_user_email, self.for_user_id) {
            (Some(email), None) => match email.split_once('@') {
                Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                    Ok(UserReference::Email(email))
                }
                Some(_) | None => Err(Failure::invalid("forUserEmail must be an e-mail address")),
            },
            (None, Some(number)) if number >= 1 => Ok(UserReference::Number(UserNumber(number))),
            (None, Some(_)) => Err(Failure::invalid("forUserId must be at least 1")),
            (Some(_), Some(_)) | (None, None) => Err(Failure::invalid(
                "exactly one of forUserEmail and forUserId is required",
            )),
        }
    }
}

/// Makes a token that acts as a user for an hour.
///
/// Only with the key of a service. The token ends with that key, and its requests count as that key's.
#[utoipa::path(
    post,
    path = "/v1/sub-tokens",
    request_body = NewSubTokenBody,
    responses(
        (status = 200, description = "The token.", body = SubTokenBody),
        (status = 403, description = "`service_account_required`: this is not the key of a service."),
        (status = 404, description = "`not_found`: there is no such active user."),
    ),
)]
pub(super) async fn create_sub_token(
    State(app): State<App>,
    caller: Caller,
    Post {
        body: StrictBody(body),
        repeatable,
    }: Post<StrictBody<NewSubTokenBody, BODY_BYTES_MAX>>,
) -> Answer {
    if caller.0.kind != KeyKind::Service {
        return Err(Failure::service_account_required());
    }
    let user = body.read()?;
    let (engine, service) = (app.engine().clone(), caller.0.clone());
    let render = |made: &SubToken| json_reply(StatusCode::OK, &SubTokenBody::of(made));
    let create = async move |receipt| Ok(engine.create_sub_token(&service, user, receipt).await?);
    repeatable.once(&app, &caller, render, create).await
}
