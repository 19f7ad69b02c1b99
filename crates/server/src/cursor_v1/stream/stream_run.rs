//! `GET /v1/agents/{id}/runs/{runId}/stream`: who may have a stream, and from where on.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use outwork_domain::{AgentId, Run, Seq};
use outwork_store::{Read, agents, events, runs};

use super::beside::ends_its_run;
use super::event_id::EventId;
use super::follow::{Entry, RunStream};
use crate::app::App;
use crate::auth::Caller;
use crate::cursor_v1::path::PathRun;
use crate::errors::Failure;
use crate::feed::respond;
use crate::follower::Follower;
use crate::reply::Answer;

const RETENTION: HeaderName = HeaderName::from_static("x-cursor-stream-retention-seconds");

/// Streams a run.
///
/// Sends everything that has happened in the run and then what happens, until it has ended. Each event
/// has an id; `Last-Event-ID` resumes behind it. Events: `status` (first, and before `result`),
/// `assistant`, `thinking`, `tool_call`, `interaction_update`, `heartbeat`, `result`, `error`, `done`.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}/runs/{runId}/stream",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "Resumes a stream behind this event.",
            pattern = "^[0-9]+-[0-9]+$"),
    ),
    responses(
        (
            status = 200,
            description = "The events, in order; each `data` is one JSON object.",
            body = String,
            content_type = "text/event-stream",
            headers(("X-Cursor-Stream-Retention-Seconds" = u64, description = "How long after its end a run \
                can be streamed.")),
        ),
        (status = 400, description = "`invalid_last_event_id`: the run has no such event."),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; \
            `run_not_found`: it has no such run."),
        (status = 410, description = "`stream_expired`: the run ended too long ago. Read the run instead."),
    ),
)]
pub(in crate::cursor_v1) async fn stream_run(
    State(app): State<App>,
    caller: Caller,
    PathRun { agent_id, run_id }: PathRun,
    headers: HeaderMap,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), agent_id).await?;
    found.ok_or_else(Failure::agent_not_found)?;
    let run = runs::find(&mut reader, run_id).await?;
    let run = run.filter(|run| run.agent_id == agent_id);
    let run = run.ok_or_else(Failure::run_not_found)?;
    let retention = app.options().event_retention;
    if let Some(ended_at) = run.ended_at
        && app.engine().now().since(ended_at) > retention
    {
        let message = "The stream of this run is no longer available; read the run instead";
        return Err(Failure::new(StatusCode::GONE, "stream_expired", message));
    }
    let (after, entry) = enter(&mut reader, agent_id, &run, &headers).await?;
    drop(reader);
    let follower = Follower::new(app, &caller, agent_id, after);
    let stream = RunStream::new(follower, &run, entry);
    let mut response = respond(stream, RunStream::step);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(RETENTION, HeaderValue::from(retention.as_secs()));
    Ok(response)
}

/// Behind which event a client comes in.
async fn enter(
    reader: &mut impl Read,
    agent_id: AgentId,
    run: &Run,
    headers: &HeaderMap,
) -> Result<(Seq, Entry), Failure> {
    let Some(value) = headers.get("last-event-id") else {
        // Asked for first: a run that has no event after that begins behind it.
        let last = events::last(reader, agent_id).await?;
        let first = events::first(reader, agent_id, run.id).await?;
        let before = first.map_or(last, |first| Seq(first.0.saturating_sub(1)));
        return Ok((before, Entry::Running));
    };
    let text = value.to_str().map_err(|_| unknown_event())?;
    let id: EventId = text.parse().map_err(|_| unknown_event())?;
    let event = events::at(reader, agent_id, id.seq).await?;
    let event = event.filter(|event| event.run_id == run.id && EventId::of(event) == id);
    let event = event.ok_or_else(unknown_event)?;
    let entry = if ends_its_run(&event) {
        Entry::Ended(id)
    } else {
        Entry::Running
    };
    Ok((id.seq, entry))
}

fn unknown_event() -> Failure {
    let message = "Last-Event-ID must refer to an event within the requested run";
    Failure::bad_request("invalid_last_event_id", message)
}
