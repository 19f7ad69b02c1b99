//! `GET /v1/agents/{id}/runs/{runId}/stream`: a run as server-sent events.
//!
//! What is sent is a translation of the run's events and of nothing else: the frames of an event are a
//! function of its row and of facts that were fixed before it (the call of a result, what was pushed
//! before the end). So an id always stands for the same bytes, in a replay too, and resuming needs no
//! memory of what was sent. Three parts: [`translate`] and what it uses is pure, [`beside`] reads the
//! fixed facts, [`follow`] is a connection.

mod beside;
mod ended;
mod event_id;
mod follow;
mod frame;
pub(super) mod stream_run;
mod tool_result;
mod tools;
mod translate;
mod update;

#[cfg(test)]
mod tests;
