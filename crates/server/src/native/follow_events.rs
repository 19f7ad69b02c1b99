//! An agent's events as they happen, as server-sent events.

use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use outwork_domain::EventBody;
use outwork_store::agents;

use super::event::write_frame;
use crate::errors::Failure;
use crate::feed::{Form, Item};
use crate::follower::{Follower, Wake};

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

/// One reader's stream.
pub(super) struct Stream {
    follower: Follower,
    until: Until,
    ending: Ending,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    /// There may be more to read.
    Reading,
    /// Everything was sent.
    Waiting,
}

/// Whether the agent may have become idle since it was last asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Possible,
    Impossible,
}

impl Stream {
    pub(super) fn new(follower: Follower, until: Until) -> Self {
        Self {
            follower,
            until,
            ending: Ending::Possible,
            phase: Phase::Greeting,
        }
    }

    /// The next bytes and the stream behind them; none once it is over.
    pub(super) async fn step(mut self) -> Option<(Bytes, Self)> {
        match self.next().await {
            Ok(next) => next.map(|bytes| {
                self.follower.note_sent();
                (bytes, self)
            }),
            // In either case the client comes back by its last event and meets the fault as a status.
            Err(failure) if failure.status == StatusCode::UNAUTHORIZED => None,
            Err(failure) => {
                let fault = failure.fault.unwrap_or(failure.message);
                tracing::warn!(agent_id = %self.follower.agent_id(), fault, "event stream broke off");
                None
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.phase {
                Phase::Greeting => {
                    self.phase = Phase::Reading;
                    return Ok(Some(Bytes::from_static(GREETING)));
                }
                Phase::Reading => {
                    // Before the read: what is idle by then has all its events in the table.
                    let over = self.is_over().await?;
                    let items = if over {
                        self.follower.look_at_table().await?
                    } else {
                        self.follower.look().await?
                    };
                    match items.as_slice() {
                        [] if over => return Ok(None),
                        [] => self.phase = Phase::Waiting,
                        items => return self.write(items).await.map(Some),
                    }
                }
                Phase::Waiting => match self.follower.wait().await? {
                    Wake::News => self.phase = Phase::Reading,
                    Wake::Silence => return Ok(Some(Bytes::from_static(HEARTBEAT_FRAME))),
                    Wake::Gone | Wake::Stop => return Ok(None),
                },
            }
        }
    }

    async fn write(&mut self, items: &[std::sync::Arc<Item>]) -> Result<Bytes, Failure> {
        let mut frames = BytesMut::new();
        for item in items {
            if ends_a_run(&item.event.body) {
                self.ending = Ending::Possible;
            }
            let frame = item.bytes(Form::Native, || async { write_frame(&item.event) });
            let frame = frame.await?;
            if items.len() == 1 {
                return Ok(frame);
            }
            frames.extend_from_slice(&frame);
        }
        Ok(frames.freeze())
    }

    /// Whether the stream is to end once everything was sent.
    ///
    /// Only an end of a run makes an agent idle, so between two of them nobody needs to ask.
    async fn is_over(&mut self) -> Result<bool, Failure> {
        if self.follower.is_stopping() {
            return Ok(true);
        }
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
        let whose = (self.follower.account_id(), self.follower.agent_id());
        let mut reader = self.follower.app().store().read().await?;
        let found = agents::find(&mut reader, whose.0, whose.1).await?;
        Ok(found.is_none_or(|view| view.deciding.state.is_final()))
    }
}

fn ends_a_run(body: &EventBody) -> bool {
    matches!(body, EventBody::StateChanged { to, .. } if to.is_final())
}
