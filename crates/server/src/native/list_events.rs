//! `GET /api/v1/agents/{id}/events`: an agent's history from a place on, as a page or as a stream.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use outwork_domain::Seq;
use outwork_domain::limits::EVENTS_PAGE_MAX;
use outwork_store::{agents, events};
use serde::Serialize;
use utoipa::ToSchema;

use super::event::EventObject;
use super::follow_events::{Stream, Until};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::feed::respond;
use crate::follower::Follower;
use crate::path::PathAgent;
use crate::query::Pairs;
use crate::reply::{Answer, json};

/// What every store can hold.
const SEQ_MAX: u64 = i64::MAX as u64;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventPage)]
struct PageBody<'a> {
    events: Vec<EventObject<'a>>,
}

/// Reads an agent's history.
///
/// Gives a page, or with `Accept: text/event-stream` everything from that place on and then what happens.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/events",
    params(
        ("after" = Option<u64>, Query, description = "Events behind this one; 0 if absent.",
            minimum = 0, maximum = 9_223_372_036_854_775_807_i64),
        ("limit" = Option<u32>, Query, description = "Events on a page; as many as there may be \
            if absent.", minimum = 1, maximum = 500),
        ("until" = Option<String>, Query, pattern = "^idle$", description = "`idle` ends a stream once no run is \
            unfinished."),
        ("Last-Event-ID" = Option<u64>, Header, description = "Resumes a stream behind this event."),
    ),
    responses(
        (
            status = 200,
            description = "The events, oldest first. In a stream each `data` is one event, `event` \
                is its `type`, `id` its `seq`.",
            content((PageBody = "application/json"), (String = "text/event-stream")),
        ),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn list_events(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
    pairs: Pairs,
    headers: HeaderMap,
) -> Answer {
    let after = Seq(pairs.number("after", 0..=SEQ_MAX)?.unwrap_or(0));
    let size = pairs.limit(EVENTS_PAGE_MAX, EVENTS_PAGE_MAX)?;
    let until = match pairs.text("until")? {
        None => Until::Stopped,
        Some("idle") => Until::Idle,
        Some(_) => return Err(Failure::invalid("until must be idle")),
    };
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), id).await?;
    found.ok_or_else(Failure::agent_not_found)?;
    if wants_stream(&headers) {
        drop(reader);
        let after = last_seen(&headers)?.unwrap_or(after);
        let follower = Follower::new(app, &caller, id, after);
        return Ok(respond(Stream::new(follower, until), Stream::step));
    }
    let found = events::list(&mut reader, id, after, size).await?;
    drop(reader);
    json(&PageBody {
        events: found.iter().map(EventObject::of).collect(),
    })
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// What a client that reconnects saw last; it outweighs the query, which is as at its first try.
fn last_seen(headers: &HeaderMap) -> Result<Option<Seq>, Failure> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    let ours = number.filter(|number| *number <= SEQ_MAX).map(Seq);
    ours.map(Some)
        .ok_or_else(|| Failure::invalid("Last-Event-ID must be the id of an event"))
}
