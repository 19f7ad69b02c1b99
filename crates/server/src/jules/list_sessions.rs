//! `GET /v1alpha/sessions`: the newest first.

use axum::extract::State;
use outwork_store::{AgentView, Archived, ListFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::filter::archived;
use super::paging::{self, Fill, PageBytes, next_token};
use super::session::SessionBody;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_agent_cursor, write_agent_cursor};
use crate::query::Pairs;
use crate::reach::Reach;
use crate::reply::{Answer, json};

const LIST: &str = "sessions";
const SIZE_USUAL: u32 = 30;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionList)]
struct ListBody<'a> {
    sessions: Vec<SessionBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Lists the account's sessions, the newest first; without a filter those that are not archived.
#[utoipa::path(
    get,
    path = "/v1alpha/sessions",
    params(
        ("pageSize" = Option<u32>, Query, description = "Sessions on a page; 30 if absent or 0, 100 at most.",
            minimum = 0),
        ("pageToken" = Option<String>, Query, description = "`nextPageToken` of the page before."),
        ("filter" = Option<String>, Query,
            description = "`archived = true`, `archived = false`, or both joined with ` OR `."),
    ),
    responses((status = 200, description = "A page.", body = ListBody)),
)]
pub(super) async fn list_sessions(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let size = paging::page_size(&pairs, SIZE_USUAL)?;
    let after = paging::place(&pairs, |text| read_agent_cursor(LIST, text))?;
    let archived = paging::filter(&pairs)?.map(archived).transpose()?;
    let filter = ListFilter {
        pull_request_url: None,
        archived: archived.unwrap_or(Archived::Excluded),
    };
    let reach = Reach::of(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let views = reach
        .list(&mut reader, account_id, &filter, after, size.rows())
        .await?;
    let write = |view: &AgentView| write_agent_cursor(LIST, (view.agent.created_at, view.agent.id));
    let page = size.cut(views, write);
    let public_url = app.engine().public_url();
    let mut sessions = Vec::with_capacity(page.items.len());
    let (mut bytes, mut seen) = (PageBytes::default(), 0);
    for view in &page.items {
        seen += 1;
        let Some(session) = SessionBody::read(&mut reader, view, public_url).await? else {
            continue;
        };
        let fill = bytes.take(session.bytes());
        sessions.push(session);
        if fill == Fill::Full {
            break;
        }
    }
    let next_page_token = next_token(&page, seen, write);
    json(&ListBody {
        sessions,
        next_page_token,
    })
}
