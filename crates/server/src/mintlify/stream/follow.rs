//! One connection: what it sends, from its first part to its end.

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use outwork_domain::{AgentId, RunId, Seq};

use super::part::{Part, Parts};
use super::translate::{More, Translator};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::feed;
use crate::follower::{Follower, Wake};

const VERSION: HeaderName = HeaderName::from_static("x-vercel-ai-ui-message-stream");
/// A comment, which readers skip: sent when nothing else was for a while, and before a server stops.
const COMMENT: &[u8] = b":\n\n";

/// The response that streams a run from its beginning.
pub(in crate::mintlify) fn respond(
    app: App,
    caller: &Caller,
    agent_id: AgentId,
    run_id: RunId,
) -> Response {
    // The run is its agent's first: nothing of it stands before the agent's first event.
    let stream = PartStream {
        follower: Follower::new(app, caller, agent_id, Seq(0)),
        run_id,
        translator: Translator::default(),
        phase: Phase::Opening,
    };
    let mut response = feed::respond(stream, PartStream::step);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VERSION, HeaderValue::from_static("v1"));
    response
}

struct PartStream {
    follower: Follower,
    run_id: RunId,
    translator: Translator,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Opening,
    /// There may be more to read.
    Reading,
    /// Everything was sent.
    Waiting,
    Over,
}

impl PartStream {
    /// The next bytes and the connection behind them; none once it is over.
    async fn step(mut self) -> Option<(Bytes, Self)> {
        let bytes = match self.next().await {
            Ok(bytes) => bytes?,
            Err(failure) => self.broken(&failure)?,
        };
        self.follower.note_sent();
        Some((bytes, self))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.phase {
                Phase::Opening => {
                    self.phase = Phase::Reading;
                    let mut parts = Parts::default();
                    self.translator.open(self.run_id, &mut parts)?;
                    return Ok(Some(parts.into_bytes()));
                }
                Phase::Reading if self.follower.is_stopping() => return Ok(Some(self.stopped())),
                Phase::Reading => {
                    if let Some(bytes) = self.read().await? {
                        return Ok(Some(bytes));
                    }
                }
                Phase::Waiting => match self.follower.wait().await? {
                    Wake::News => self.phase = Phase::Reading,
                    Wake::Silence => return Ok(Some(Bytes::from_static(COMMENT))),
                    Wake::Stop => return Ok(Some(self.stopped())),
                    Wake::Gone => return Err(Failure::agent_not_found()),
                },
                Phase::Over => return Ok(None),
            }
        }
    }

    /// The parts of what happened since, if there are any.
    async fn read(&mut self) -> Result<Option<Bytes>, Failure> {
        let items = self.follower.look().await?;
        if items.is_empty() {
            self.phase = Phase::Waiting;
        }
        let mut parts = Parts::default();
        let ours = items.iter().filter(|item| item.event.run_id == self.run_id);
        for item in ours {
            if self.translator.write(&item.event.body, &mut parts)? == More::No {
                self.phase = Phase::Over;
                break;
            }
        }
        let bytes = parts.into_bytes();
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// The stream ends without its end: the run goes on, and is read by its id.
    fn stopped(&mut self) -> Bytes {
        self.phase = Phase::Over;
        Bytes::from_static(COMMENT)
    }

    fn broken(&mut self, failure: &Failure) -> Option<Bytes> {
        self.phase = Phase::Over;
        if !matches!(failure.code, "agent_not_found" | "unauthorized") {
            let fault = failure.fault.as_deref().unwrap_or(&failure.message);
            tracing::warn!(agent_id = %self.follower.agent_id(), fault, "job stream broke off");
        }
        let mut parts = Parts::default();
        let error_text = &failure.message;
        parts.push(&Part::Error { error_text }).ok()?;
        parts.done();
        Some(parts.into_bytes())
    }
}
