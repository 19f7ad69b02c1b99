//! `GET /v0/me`: which key this is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::Moment;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeBody<'a> {
    api_key_name: &'a str,
    created_at: Moment,
    /// Absent for the key of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<&'a str>,
}

/// Tells which key this is.
#[utoipa::path(
    get,
    path = "/v0/me",
    responses((status = 200, description = "The key.", body = MeBody)),
)]
pub(super) async fn get_me(Caller(key, _): Caller) -> Answer {
    json(&MeBody {
        api_key_name: &key.name,
        created_at: Moment(key.created_at),
        user_email: key.is_of_user().then_some(key.email.as_str()),
    })
}
