//! `GET /v1/agents/{id}/runs`: newest first, by pages.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{AgentId, Run};
use outwork_store::runs;
use serde::Serialize;
use utoipa::ToSchema;

use super::path::PathAgent;
use super::run::RunBody;
use super::view::find_view;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::query::Pairs;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunList)]
struct ListBody<'a> {
    items: Vec<RunBody<'a>>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Lists the runs of an agent, the newest first.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}/runs",
    params(
        ("limit" = Option<u32>, Query, description = "Runs on a page; 20 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of runs.", body = ListBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn list_runs(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    pairs: Pairs,
) -> Answer {
    let pairs = pairs.only(&["limit", "cursor"])?;
    let size = pairs.page_size(PAGE_MAX, PAGE_DEFAULT)?;
    let before = pairs.place(|text| read_place(agent_id, text))?;
    let mut reader = app.store().read().await?;
    let view = find_view(&mut reader, &caller, agent_id).await?;
    let rows = runs::page(&mut reader, agent_id, before, size.rows()).await?;
    drop(reader);
    let page = size.cut(rows, write_place);
    let items = page.items.iter();
    json(&ListBody {
        items: items.map(|run| RunBody::of(run, &view)).collect(),
        next_cursor: page.next_cursor,
    })
}

/// A cursor is of one agent's runs.
fn list_of(agent_id: AgentId) -> String {
    format!("runs v1 of {agent_id}")
}

fn write_place(run: &Run) -> String {
    write_cursor(&list_of(run.agent_id), &run.number.to_be_bytes())
}

fn read_place(agent_id: AgentId, text: &str) -> Option<u32> {
    let place = read_cursor(&list_of(agent_id), text)?;
    Some(u32::from_be_bytes(place.try_into().ok()?))
}
