//! `GET /v1/environments`: the latest changed first, by pages.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{CloudEnvironment, EnvironmentId, Timestamp};
use outwork_store::environments;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::EnvironmentBody;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::query::Pairs;
use crate::reply::{Answer, json};

const LIST: &str = "environments v1";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EnvironmentList)]
struct ListBody<'a> {
    items: Vec<EnvironmentBody<'a>>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Lists the environments of the account and of the team, the latest changed first.
#[utoipa::path(
    get,
    path = "/v1/environments",
    params(
        ("limit" = Option<u32>, Query, description = "Environments on a page; 20 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of environments.", body = ListBody)),
)]
pub(super) async fn list_environments(
    State(app): State<App>,
    caller: Caller,
    pairs: Pairs,
) -> Answer {
    let pairs = pairs.only(&["limit", "cursor"])?;
    let size = pairs.page_size(PAGE_MAX, PAGE_DEFAULT)?;
    let after = pairs.place(read_place)?;
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let found = environments::list(&mut reader, account_id, after, size.rows()).await?;
    drop(reader);
    let page = size.cut(found, write_place);
    json(&ListBody {
        items: page.items.iter().map(EnvironmentBody::of).collect(),
        next_cursor: page.next_cursor,
    })
}

fn write_place(last: &CloudEnvironment) -> String {
    let millis = last.updated_at.millis().to_be_bytes();
    write_cursor(LIST, &[&millis[..], last.id.bytes()].concat())
}

fn read_place(text: &str) -> Option<(Timestamp, EnvironmentId)> {
    let place = read_cursor(LIST, text)?;
    let (millis, id) = place.split_at_checked(8)?;
    let millis = i64::from_be_bytes(millis.try_into().ok()?);
    let id = EnvironmentId::new(Uuid::from_slice(id).ok()?);
    Some((Timestamp::from_millis(millis), id))
}
