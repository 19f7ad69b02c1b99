//! One connection: what it sends, from its first frame to its end.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use outwork_domain::{EventBody, Run, RunId};

use super::beside::{beside, ends_its_run};
use super::event_id::EventId;
use super::frame::{Frames, HEARTBEAT, RETRY};
use super::translate::{StatusData, farewell, translate};
use crate::cursor_v1::status::{RunStatus, run_status};
use crate::errors::Failure;
use crate::feed::{Form, Item};
use crate::follower::{Follower, Wake};
use crate::wire::WireRunId;

/// Where a client comes in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    /// Something of the run may follow.
    Running,
    /// It has seen the run's last event.
    Ended(EventId),
}

/// A connection that follows a run.
pub(super) struct RunStream {
    follower: Follower,
    run_id: RunId,
    /// The status that the client was told last.
    told: RunStatus,
    phase: Phase,
}

enum Phase {
    Opening(Entry),
    /// There may be more to read.
    Reading,
    /// Everything was sent.
    Waiting,
    Over,
}

impl RunStream {
    pub(super) fn new(follower: Follower, run: &Run, entry: Entry) -> Self {
        // The end is told only where it happens, so a replay of an ended run begins as running too.
        let told = match run_status(run.state, run.attempt) {
            RunStatus::Creating => RunStatus::Creating,
            RunStatus::Running
            | RunStatus::Finished
            | RunStatus::Error
            | RunStatus::Cancelled
            | RunStatus::Expired => RunStatus::Running,
        };
        Self {
            follower,
            run_id: run.id,
            told,
            phase: Phase::Opening(entry),
        }
    }

    /// The next bytes and the connection behind them; none once it is over.
    pub(super) async fn step(mut self) -> Option<(Bytes, Self)> {
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
                Phase::Opening(entry) => return self.open(entry).map(Some),
                Phase::Reading if self.follower.is_stopping() => return Ok(Some(self.stopped())),
                Phase::Reading => {
                    let items = self.follower.look().await?;
                    if items.is_empty() {
                        self.phase = Phase::Waiting;
                    }
                    let frames = self.write(&items).await?;
                    if !frames.is_empty() {
                        return Ok(Some(frames));
                    }
                }
                Phase::Waiting => match self.follower.wait().await? {
                    Wake::News => self.phase = Phase::Reading,
                    Wake::Silence => return Ok(Some(Bytes::from_static(HEARTBEAT))),
                    Wake::Stop => return Ok(Some(self.stopped())),
                    Wake::Gone => return Err(Failure::agent_not_found()),
                },
                Phase::Over => return Ok(None),
            }
        }
    }

    fn open(&mut self, entry: Entry) -> Result<Bytes, Failure> {
        let mut opening = BytesMut::from(self.status()?.as_ref());
        self.phase = match entry {
            Entry::Running => Phase::Reading,
            Entry::Ended(id) => {
                opening.extend_from_slice(&farewell(id)?);
                Phase::Over
            }
        };
        Ok(opening.freeze())
    }

    fn status(&self) -> Result<Bytes, Failure> {
        let mut frames = Frames::default();
        let (run_id, status) = (WireRunId(self.run_id), self.told);
        frames.push(None, "status", &StatusData { run_id, status })?;
        Ok(frames.into_bytes())
    }

    /// The frames of those events that are the run's.
    async fn write(&mut self, items: &[Arc<Item>]) -> Result<Bytes, Failure> {
        let mut all: Vec<Bytes> = Vec::with_capacity(items.len());
        for item in items.iter().filter(|item| item.event.run_id == self.run_id) {
            if self.begins_to_run(item) {
                self.told = RunStatus::Running;
                all.push(self.status()?);
            }
            all.push(self.frames_of(item).await?);
            if ends_its_run(&item.event) {
                self.phase = Phase::Over;
                break;
            }
        }
        Ok(match all.as_slice() {
            // What all streams share is not copied for each.
            [one] => one.clone(),
            several => several.concat().into(),
        })
    }

    async fn frames_of(&self, item: &Item) -> Result<Bytes, Failure> {
        let (app, id) = (self.follower.app(), self.follower.agent_id());
        let whose = (self.follower.account_id(), id);
        let write = || async {
            let beside = beside(app, whose, &item.event).await?;
            translate(id, &item.event, &beside)
        };
        item.bytes(Form::CursorV1, write).await
    }

    /// Whether a client that was told that the run is being made is to know better.
    fn begins_to_run(&self, item: &Item) -> bool {
        let EventBody::StateChanged { to, .. } = &item.event.body else {
            return false;
        };
        self.told == RunStatus::Creating
            && run_status(*to, item.event.attempt) == RunStatus::Running
    }

    /// The last frame of a server that stops: when it is worth to come back.
    fn stopped(&mut self) -> Bytes {
        self.phase = Phase::Over;
        Bytes::from_static(RETRY)
    }

    /// The last frame of a stream that failed. The run is another matter: clients read it and come back.
    fn broken(&mut self, failure: &Failure) -> Option<Bytes> {
        #[derive(serde::Serialize)]
        struct ErrorFrame<'a> {
            code: &'a str,
            message: &'a str,
        }
        self.phase = Phase::Over;
        let code = match failure.code {
            "agent_not_found" => "not_found",
            "unauthorized" => "unauthorized",
            _ => {
                let fault = failure.fault.as_deref().unwrap_or(&failure.message);
                tracing::warn!(agent_id = %self.follower.agent_id(), fault, "run stream broke off");
                "stream_unavailable"
            }
        };
        let error = ErrorFrame {
            code,
            message: &failure.message,
        };
        let mut frames = Frames::default();
        frames.push(None, "error", &error).ok()?;
        Some(frames.into_bytes())
    }
}
