//! `GET /v1/me`: which key this is, and whose.

use axum::extract::State;
use outwork_store::accounts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::Moment;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Me)]
struct MeBody<'a> {
    api_key_name: &'a str,
    created_at: Moment,
    /// Absent for the key of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<i64>,
    /// Absent for the key of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<&'a str>,
}

/// Says which key this is.
#[utoipa::path(
    get,
    path = "/v1/me",
    responses((status = 200, description = "The key and its user.", body = MeBody)),
)]
pub(super) async fn get_me(State(app): State<App>, Caller(key, _): Caller) -> Answer {
    let mut body = MeBody {
        api_key_name: &key.name,
        created_at: Moment(key.created_at),
        user_id: None,
        user_email: None,
    };
    if key.is_of_user() {
        let mut reader = app.store().read().await?;
        let number = accounts::get_number(&mut reader, key.account_id).await?;
        body.user_id = Some(number.0);
        body.user_email = Some(&key.email);
    }
    json(&body)
}
