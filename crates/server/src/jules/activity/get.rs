//! `GET /v1alpha/sessions/{id}/activities/{activityId}`: one activity.

use axum::extract::State;

use super::super::path::{PathActivity, PathSession};
use super::body::ActivityBody;
use super::read::{History, activity};
use super::steps::Steps;
use crate::activities::ActivityId;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reply::{Answer, json};

/// Reads an activity.
#[utoipa::path(
    get,
    path = "/v1alpha/sessions/{id}/activities/{activityId}",
    responses(
        (status = 200, description = "The activity.", body = ActivityBody),
        (status = 404, description = "No such session, or no such activity of it."),
    ),
)]
pub(in crate::jules) async fn get_activity(
    State(app): State<App>,
    caller: Caller,
    session: PathSession,
    PathActivity(text): PathActivity,
) -> Answer {
    let view = session.view(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let history = History::of(app.timelines(), &mut reader, &view).await?;
    let found = ActivityId::read(&text)
        .and_then(|id| history.find(id))
        .ok_or_else(Failure::activity_not_found)?;
    let steps = Steps::of(&mut reader, view.agent.id, &[found]).await?;
    json(&activity(&mut reader, &view, (&history, &steps), found).await?)
}
