//! `GET /v1alpha/sources`: what sessions can work on.

use axum::extract::State;
use futures::{StreamExt, stream};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::filter::source_names;
use super::paging;
use super::source::{BRANCHES_WAIT, SourceBody, Sources};
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::query::Pairs;
use crate::reply::{Answer, json};

const LIST: &str = "sources";
const SIZE_USUAL: u32 = 30;
/// Repositories that are asked for their branches at once.
const ASKED_AT_ONCE: usize = 8;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SourceList)]
struct ListBody {
    sources: Vec<SourceBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Lists the sources by name.
#[utoipa::path(
    get,
    path = "/v1alpha/sources",
    params(
        ("pageSize" = Option<u32>, Query, description = "Sources on a page; 30 if absent or 0, 100 at most.",
            minimum = 0),
        ("pageToken" = Option<String>, Query, description = "`nextPageToken` of the page before."),
        ("filter" = Option<String>, Query,
            description = "`name=sources/github/owner/repo`, several joined with ` OR `."),
    ),
    responses((status = 200, description = "A page.", body = ListBody)),
)]
pub(super) async fn list_sources(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let size = paging::page_size(&pairs, SIZE_USUAL)?;
    let after = paging::place(&pairs, |text| {
        String::from_utf8(read_cursor(LIST, text)?).ok()
    })?;
    let wanted = paging::filter(&pairs)?.map(source_names).transpose()?;
    let sources = Sources::of(&app, &caller).await?;
    let mut named = match wanted {
        None => sources.by_name(),
        Some(names) => sources.find_all(names),
    };
    named.sort_by(|(one, _), (other, _)| one.cmp(other));
    named.dedup_by(|(one, _), (before, _)| one == before);
    named.retain(|(name, _)| after.as_ref().is_none_or(|after| name > after));
    let page = size.cut(named, |(name, _)| write_cursor(LIST, name.as_bytes()));
    let until = Instant::now() + BRANCHES_WAIT;
    let read: Vec<_> = page
        .items
        .iter()
        .map(|(name, source)| SourceBody::read(&app, *source, name, until))
        .collect();
    let sources = stream::iter(read).buffered(ASKED_AT_ONCE).collect().await;
    json(&ListBody {
        sources,
        next_page_token: page.next_cursor,
    })
}
