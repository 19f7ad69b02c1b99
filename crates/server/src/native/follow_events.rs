//! An agent's events as they happen, as server-sent events.
//!
//! The table is the truth, the bell only a hint: each wake reads what follows the last event sent. A
//! reader that is slow is simply asked for less often; nothing is kept for it but its place.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use outwork_domain::limits::EVENTS_PAGE_MAX;
use outwork_domain::{AccountId, AgentId, EventBody, Seq};
use outwork_store::{agents, events};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::event::write_frames;
use crate::app::App;
use crate::errors::Failure;
use crate::reply::typed;

/// How long a bell that did not ring is believed.
const POLL: Duration = Duration::from_secs(1);
/// After how much silence a comment shows that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The first bytes: clients that lose the stream come back after this.
const GREETING: &[u8] = b"retry: 1000\n\n";
const HEARTBEAT_FRAME: &[u8] = b": still here\n\n";

/// Until when a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Until no run is unfinished and everything was sent.
    Idle,
    /// Until either side stops.
    Stopped,
}

/// One reader's place in an agent's history.
pub(super) struct Feed {
    app: App,
    whose: (AccountId, AgentId),
    after: Seq,
    until: Until,
    ending: Ending,
    bell: watch::Receiver<Seq>,
    phase: Phase,
    heartbeat_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    /// There may be more to read.
    Reading(Wake),
    /// Everything was sent.
    Waiting,
}

/// Why a feed looks at the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wake {
    /// Something was committed, or the agent is gone.
    Bell,
    /// It is time to.
    Clock,
    /// The server stops.
    Stop,
}

/// Whether the agent may have become idle since it was last asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Possible,
    Impossible,
}

/// What a look at the table gave.
enum Look {
    Events(Bytes),
    Nothing,
    Over,
}

impl Feed {
    pub(super) fn new(app: App, whose: (AccountId, AgentId), after: Seq, until: Until) -> Self {
        let bell = app.store().agent_bell(whose.1);
        let heartbeat_at = Instant::now() + HEARTBEAT;
        Self {
            app,
            whose,
            after,
            until,
            ending: Ending::Possible,
            bell,
            phase: Phase::Greeting,
            heartbeat_at,
        }
    }

    /// The next bytes; none once the stream is over.
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.phase {
                Phase::Greeting => {
                    self.phase = Phase::Reading(Wake::Clock);
                    return Ok(Some(Bytes::from_static(GREETING)));
                }
                Phase::Reading(wake) => match self.look().await? {
                    Look::Events(frames) => return Ok(Some(frames)),
                    Look::Over => return Ok(None),
                    // A bell without an event is how a deleted agent says farewell.
                    Look::Nothing if wake == Wake::Bell && !self.is_there().await? => {
                        return Ok(None);
                    }
                    Look::Nothing => self.phase = Phase::Waiting,
                },
                Phase::Waiting => {
                    let wake = self.wait().await;
                    if wake == Wake::Stop {
                        return Ok(None);
                    }
                    self.phase = Phase::Reading(wake);
                    if Instant::now() >= self.heartbeat_at {
                        return self.heartbeat().await;
                    }
                }
            }
        }
    }

    /// Reads what follows the last event sent.
    async fn look(&mut self) -> Result<Look, Failure> {
        // Both before the read: what happens during it is then seen by the next look.
        self.bell.borrow_and_update();
        let over = self.is_over().await?;
        let mut reader = self.app.store().read().await?;
        let found = events::list(&mut reader, self.whose.1, self.after, EVENTS_PAGE_MAX).await?;
        drop(reader);
        let Some(last) = found.last() else {
            return Ok(if over { Look::Over } else { Look::Nothing });
        };
        self.after = last.seq;
        self.heartbeat_at = Instant::now() + HEARTBEAT;
        if found.iter().any(|event| ends_a_run(&event.body)) {
            self.ending = Ending::Possible;
        }
        write_frames(&found).map(Look::Events)
    }

    /// Waits for the bell, the next poll or heartbeat, or the end of the server.
    async fn wait(&mut self) -> Wake {
        let stop = &self.app.options().shutdown;
        let wake = (Instant::now() + POLL).min(self.heartbeat_at);
        let rung = async {
            if self.bell.changed().await.is_err() {
                // A bell that nobody can ring any more: the poll is left.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Wake::Stop,
            () = rung => Wake::Bell,
            () = sleep_until(wake) => Wake::Clock,
        }
    }

    async fn heartbeat(&mut self) -> Result<Option<Bytes>, Failure> {
        self.heartbeat_at = Instant::now() + HEARTBEAT;
        let frame = Bytes::from_static(HEARTBEAT_FRAME);
        Ok(self.is_there().await?.then_some(frame))
    }

    /// Whether the stream is to end once everything was sent.
    ///
    /// Only an end of a run makes an agent idle, so between two of them nobody needs to ask.
    async fn is_over(&mut self) -> Result<bool, Failure> {
        if self.until == Until::Stopped || self.ending == Ending::Impossible {
            return Ok(false);
        }
        let idle = self.is_idle().await?;
        if !idle {
            self.ending = Ending::Impossible;
        }
        Ok(idle)
    }

    /// Whether no run is unfinished; the deciding run is the oldest unfinished one, if there is any.
    async fn is_idle(&self) -> Result<bool, Failure> {
        let mut reader = self.app.store().read().await?;
        let found = agents::find(&mut reader, self.whose.0, self.whose.1).await?;
        Ok(found.is_none_or(|view| view.deciding.state.is_final()))
    }

    async fn is_there(&self) -> Result<bool, Failure> {
        let mut reader = self.app.store().read().await?;
        Ok(agents::find(&mut reader, self.whose.0, self.whose.1)
            .await?
            .is_some())
    }
}

fn ends_a_run(body: &EventBody) -> bool {
    matches!(body, EventBody::StateChanged { to, .. } if to.is_final())
}

/// The response that carries a feed.
pub(super) fn stream(feed: Feed) -> Response {
    let chunks = stream::unfold(feed, |mut feed| async move {
        match feed.next().await {
            Ok(next) => next.map(|chunk| (Ok::<_, Infallible>(chunk), feed)),
            Err(failure) => {
                // The client comes back by its last event and meets the fault as a status.
                let fault = failure.fault.unwrap_or(failure.message);
                tracing::warn!(agent_id = %feed.whose.1, fault, "event stream broke off");
                None
            }
        }
    });
    let mut response = typed(
        StatusCode::OK,
        "text/event-stream",
        Body::from_stream(chunks),
    );
    // Tells proxies not to hold back what is small.
    let buffering = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(buffering, HeaderValue::from_static("no"));
    response
}
