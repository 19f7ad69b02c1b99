//! `POST /v1/sub-tokens`: a token with which a service's worker acts as a user for an hour.

use axum::extract::State;
use outwork_domain::limits::{BODY_BYTES_MAX, SUB_TOKEN_TTL};
use outwork_domain::{Account, ApiKey, KeyId, KeyKind, Timestamp, UserNumber};
use outwork_store::accounts::UserReference;
use outwork_store::{Error, KeySecret, accounts, keys};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reply::{Answer, json};
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

/// A token. It is never printed.
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
/// Only with the key of a service; the token ends with that key.
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
    Caller(service): Caller,
    StrictBody(body): StrictBody<NewSubTokenBody, BODY_BYTES_MAX>,
) -> Answer {
    if service.kind != KeyKind::Service {
        return Err(Failure::service_account_required());
    }
    let user = body.read()?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| Failure::internal(error.to_string()))?;
    let (access_token, secret) = KeySecret::generate(random);
    let now = app.engine().now();
    let expires_at = now.plus(SUB_TOKEN_TTL);
    let mint = Mint {
        service: service.id,
        user,
        secret,
        now,
        until: expires_at,
    };
    let minted = app
        .store()
        .write(move |tx| Box::pin(async move { mint.store(tx).await }))
        .await?;
    let (account, number) =
        minted.ok_or_else(|| Failure::not_found("not_found", "There is no such active user"))?;
    tracing::info!(service = %service.id, account = %account.id, "sub-token made");
    json(&SubTokenBody {
        access_token,
        expires_at: Moment(expires_at),
        user_id: number.0,
        team_id: TEAM,
    })
}

struct Mint {
    service: KeyId,
    user: UserReference,
    secret: KeySecret,
    now: Timestamp,
    until: Timestamp,
}

impl Mint {
    async fn store(
        self,
        tx: &mut outwork_store::Tx,
    ) -> Result<Option<(Account, UserNumber)>, Error> {
        keys::delete_expired(tx, self.now).await?;
        let Some((account, number)) = accounts::find_active_user(tx, &self.user).await? else {
            return Ok(None);
        };
        let key = ApiKey {
            id: KeyId::new(Uuid::now_v7()),
            account_id: account.id,
            email: account.email.clone(),
            name: format!("sub-token of {}", self.service),
            kind: KeyKind::Delegated {
                by: self.service,
                until: self.until,
            },
            created_at: self.now,
            revoked_at: None,
        };
        keys::insert(tx, &key, &self.secret).await?;
        Ok(Some((account, number)))
    }
}
