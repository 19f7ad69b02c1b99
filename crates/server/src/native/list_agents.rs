//! `GET /api/v1/agents`: newest first, by pages, with or without those that were put away.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_store::{Archived, ListFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::AgentSummaryBody;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_agent_cursor, write_agent_cursor};
use crate::query::Pairs;
use crate::reach::Reach;
use crate::reply::{Answer, json};

const LIST: &str = "agents native";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentList)]
struct ListBody<'a> {
    agents: Vec<AgentSummaryBody<'a>>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Lists agents, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    params(
        ("limit" = Option<u32>, Query, description = "Agents on a page; 20 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
        ("prUrl" = Option<String>, Query, description = "Only agents of this pull request."),
        ("archived" = Option<bool>, Query, description = "Whether archived agents are listed too; they are not if absent."),
    ),
    responses((status = 200, description = "A page of agents.", body = ListBody)),
)]
pub(super) async fn list_agents(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let size = pairs.page_size(PAGE_MAX, PAGE_DEFAULT)?;
    let after = pairs.place(|text| read_agent_cursor(LIST, text))?;
    let filter = ListFilter {
        pull_request_url: pairs.uri("prUrl")?.map(ToOwned::to_owned),
        archived: match pairs.flag("archived")? {
            Some(true) => Archived::Included,
            Some(false) | None => Archived::Excluded,
        },
    };
    let reach = Reach::of(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let views = reach
        .list(&mut reader, account_id, &filter, after, size.rows())
        .await?;
    drop(reader);
    let page = size.cut(views, |view| {
        write_agent_cursor(LIST, (view.agent.created_at, view.agent.id))
    });
    json(&ListBody {
        agents: page
            .items
            .iter()
            .map(|one| AgentSummaryBody::of(one, &[]))
            .collect(),
        next_cursor: page.next_cursor,
    })
}
