//! `GET /v0/agents`: newest first, by pages, optionally those of one pull request.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_store::{AgentView, Archived, ListFilter, agents};
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::AgentBody;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{AgentPlace, read_agent_cursor, write_agent_cursor};
use crate::errors::Failure;
use crate::query::Pairs;
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
    let after = pairs.text("cursor")?.map(read_place).transpose()?;
    let pull_request_url = pairs.text("prUrl")?.map(read_url).transpose()?;
    let filter = ListFilter {
        pull_request_url,
        archived: Archived::Included,
    };
    let mut reader = app.store().read().await?;
    // One more than shown tells whether there is a next page.
    let mut views =
        agents::list(&mut reader, caller.account_id(), &filter, after, size + 1).await?;
    drop(reader);
    let shown = usize::try_from(size).unwrap_or(usize::MAX);
    let more = views.len() > shown;
    views.truncate(shown);
    let next_cursor = views
        .last()
        .filter(|_| more)
        .map(|view| write_agent_cursor(LIST, place_of(view)));
    let public_url = app.engine().public_url();
    let agents = views
        .iter()
        .map(|view| AgentBody::of(view, public_url))
        .collect();
    json(&ListBody {
        agents,
        next_cursor,
    })
}

fn place_of(view: &AgentView) -> AgentPlace {
    (view.agent.created_at, view.agent.id)
}

fn read_place(text: &str) -> Result<AgentPlace, Failure> {
    read_agent_cursor(LIST, text)
        .ok_or_else(|| Failure::invalid("cursor is none that this server gave"))
}

fn read_url(text: &str) -> Result<String, Failure> {
    if text.contains("://") && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Ok(text.to_owned());
    }
    Err(Failure::invalid("prUrl must be a URI"))
}
