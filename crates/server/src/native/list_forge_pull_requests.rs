//! `GET /api/v1/forge-pull-requests`: those that agents work on at code hosts, by pages.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{BranchName, PullRequestState, Readiness, Repository, Timestamp};
use outwork_store::{
    ForgePullRequestFilter, ForgePullRequestPlace, ListedPullRequest, forge_pull_requests,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};
use crate::wire::{Moment, Text, WireAgentId};

/// Which list the cursors are for.
const LIST: &str = "forge-pull-requests";
/// Bytes of a cursor in front of the repository's address: a moment and a number.
const PLACE_BYTES: usize = 16;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ForgePullRequestList)]
struct ListBody<'a> {
    pull_requests: Vec<ForgePullRequestBody<'a>>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A pull request on a code host, as it was last heard of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ForgePullRequest)]
struct ForgePullRequestBody<'a> {
    #[schema(format = "uri", example = "https://github.com/acme/tools/pull/7")]
    url: &'a str,
    #[schema(value_type = String, example = "https://github.com/acme/tools")]
    repository: Text<&'a Repository>,
    number: u64,
    /// The agent that works on it.
    agent_id: WireAgentId,
    #[schema(value_type = String)]
    base: Text<&'a BranchName>,
    #[schema(value_type = String)]
    head: Text<&'a BranchName>,
    #[schema(pattern = "^(open|merged|closed)$", example = "open")]
    state: &'static str,
    /// Whether it said that it is not finished when an agent last had to do with it.
    draft: bool,
    /// When it became known here.
    created_at: Moment,
}

/// Lists the pull requests on code hosts that agents opened or work on, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/forge-pull-requests",
    params(
        ("state" = Option<String>, Query, description = "Only those `open`, `merged` or `closed`.",
            pattern = "^(open|merged|closed)$", example = "open"),
        ("url" = Option<String>, Query, description = "Only the one with this address.", format = "uri"),
        ("limit" = Option<u32>, Query, description = "Pull requests on a page; 20 if absent.",
            minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page.", body = ListBody)),
)]
pub(super) async fn list_forge_pull_requests(
    State(app): State<App>,
    caller: Caller,
    pairs: Pairs,
) -> Answer {
    let state: Option<Result<PullRequestState, _>> = pairs.text("state")?.map(str::parse);
    let state = state
        .transpose()
        .map_err(|_| Failure::invalid("state must be open, merged or closed"))?;
    let size = pairs.limit(PAGE_MAX, PAGE_DEFAULT)?;
    let behind = pairs.text("cursor")?.map(read_place);
    let filter = ForgePullRequestFilter {
        state,
        url: pairs.uri("url")?.map(ToOwned::to_owned),
        behind: behind.transpose()?,
    };
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let mut found =
        forge_pull_requests::list(&mut reader, account_id, &filter, size.saturating_add(1)).await?;
    drop(reader);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    json(&ListBody {
        next_cursor: last.map(|last| write_place(&last.place())),
        pull_requests: found.iter().map(ForgePullRequestBody::of).collect(),
    })
}

impl<'a> ForgePullRequestBody<'a> {
    fn of(listed: &'a ListedPullRequest) -> Self {
        let known = &listed.known;
        Self {
            url: &known.url,
            repository: Text(&known.repository),
            number: known.number.0,
            agent_id: WireAgentId(known.agent_id),
            base: Text(&known.base),
            head: Text(&known.head),
            state: known.state.word(),
            draft: known.readiness == Readiness::Draft,
            created_at: Moment(listed.first_known_at),
        }
    }
}

fn write_place(place: &ForgePullRequestPlace) -> String {
    let mut bytes = place.first_known_at.millis().to_be_bytes().to_vec();
    bytes.extend_from_slice(&place.number.to_be_bytes());
    bytes.extend_from_slice(place.repository.as_bytes());
    write_cursor(LIST, &bytes)
}

fn read_place(text: &str) -> Result<ForgePullRequestPlace, Failure> {
    let read = || {
        let bytes = read_cursor(LIST, text)?;
        let (numbers, repository) = bytes.split_at_checked(PLACE_BYTES)?;
        let (millis, number) = numbers.split_at_checked(8)?;
        Some(ForgePullRequestPlace {
            first_known_at: Timestamp::from_millis(i64::from_be_bytes(millis.try_into().ok()?)),
            repository: String::from_utf8(repository.to_vec()).ok()?,
            number: u64::from_be_bytes(number.try_into().ok()?),
        })
    };
    read().ok_or_else(|| Failure::invalid("cursor is none of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_others_are_refused() {
        let place = ForgePullRequestPlace {
            first_known_at: Timestamp::from_millis(1_800_000_000_000),
            repository: "https://git.example.com/acme/tools".to_owned(),
            number: 7,
        };
        assert_eq!(read_place(&write_place(&place)).ok(), Some(place));
        for bad in [
            "",
            "x",
            &write_cursor("agents", &[0; 40]),
            &write_cursor(LIST, b"short"),
        ] {
            assert!(read_place(bad).is_err(), "{bad}");
        }
    }
}
