//! `GET /v1/agent/{projectId}/jobs`: the jobs of a project, the newest first.

use axum::extract::State;
use outwork_store::agents;
use serde::Serialize;
use utoipa::ToSchema;

use super::path::Named;
use super::session::SessionBody;
use crate::app::App;
use crate::auth::Caller;
use crate::query::Pairs;
use crate::reply::{Answer, json};

const TAKE_DEFAULT: u32 = 12;
const TAKE_MAX: u32 = 100;
/// A list that is skipped so far has ended long before.
const SKIP_MAX: u32 = 1_000_000_000;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionListBody<'a> {
    all_sessions: Vec<SessionBody<'a>>,
}

/// Lists the jobs of a project, the newest first.
#[utoipa::path(
    get,
    path = "/v1/agent/{projectId}/jobs",
    params(
        ("skip" = Option<u32>, Query, description = "How many are left out; 0 if absent.", minimum = 0,
            maximum = 1_000_000_000),
        ("take" = Option<u32>, Query, description = "How many are shown at most; 12 if absent.",
            minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "The jobs.", body = SessionListBody),
        (status = 404, description = "No such project, or the key does not reach it."),
    ),
)]
pub(super) async fn list_sessions(
    State(app): State<App>,
    caller: Caller,
    named: Named,
    pairs: Pairs,
) -> Answer {
    list(&app, &caller, &named, &pairs).await
}

pub(super) async fn list(app: &App, caller: &Caller, named: &Named, pairs: &Pairs) -> Answer {
    let project = named.project(app, caller).await?;
    let number = |name, least: u32, most: u32, usual: u32| {
        let given = pairs.number(name, u64::from(least)..=u64::from(most))?;
        let given = given.and_then(|number| u32::try_from(number).ok());
        Ok::<_, crate::errors::Failure>(given.unwrap_or(usual))
    };
    let skip = number("skip", 0, SKIP_MAX, 0)?;
    let take = number("take", 1, TAKE_MAX, TAKE_DEFAULT)?;
    let mut reader = app.store().read().await?;
    let account_id = caller.account_id();
    let views = agents::list_in_project(&mut reader, account_id, &project, skip, take).await?;
    drop(reader);
    let all_sessions = views.iter().map(|view| SessionBody::of(view, &project));
    json(&SessionListBody {
        all_sessions: all_sessions.collect(),
    })
}
