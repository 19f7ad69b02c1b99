//! `GET /v0/agents`: newest first, by pages, optionally those of one pull request.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_store::{AgentView, Archived, ListFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::AgentBody;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{AgentPlace, read_agent_cursor, write_agent_cursor};
use crate::query::Pairs;
use crate::reach::Reach;
use crate::reply::{Answer, json};

const LIST: &str = "agents v0";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentList)]
struct ListBody<'a> {
    agents: Vec<AgentBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Lists the account's agents, newest first.
#[utoipa::path(
    get,
    path = "/v0/agents",
    params(
        ("limit" = Option<u32>, Query, description = "Agents on a page; 20 if absent.",
            minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before.",
            min_length = 1),
        ("prUrl" = Option<String>, Query, description = "Only agents of this pull request.",
            min_length = 1, example = "https://github.com/acme/tools/pull/7"),
    ),
    responses((status = 200, description = "A page.", body = ListBody)),
)]
pub(super) async fn list_agents(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let size = pairs.page_size(PAGE_MAX, PAGE_DEFAULT)?;
    let after = pairs.place(|text| read_agent_cursor(LIST, text))?;
    let pull_request_url = pairs.uri("prUrl")?.map(ToOwned::to_owned);
    let filter = ListFilter {
        pull_request_url,
        archived: Archived::Included,
    };
    let reach = Reach::of(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let views = reach
        .list(&mut reader, account_id, &filter, after, size.rows())
        .await?;
    drop(reader);
    let page = size.cut(views, |view| write_agent_cursor(LIST, place_of(view)));
    let public_url = app.engine().public_url();
    let agents = page
        .items
        .iter()
        .map(|view| AgentBody::of(view, public_url))
        .collect();
    json(&ListBody {
        agents,
        next_cursor: page.next_cursor,
    })
}

fn place_of(view: &AgentView) -> AgentPlace {
    (view.agent.created_at, view.agent.id)
}
