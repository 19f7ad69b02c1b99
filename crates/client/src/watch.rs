//! Following an agent's events live, across broken connections.
//!
//! The last sequence number that was given out is the only state: a reconnect asks for what follows
//! it, and a number seen before is dropped, so every event comes exactly once and in order. A stream
//! that ends may mean that the agent is idle or that the server stops; the agent's runs tell which.

use std::collections::VecDeque;
use std::time::Duration;

use outwork_domain::{Backoff, Jitter};
use reqwest::header::ACCEPT;
use reqwest::{Method, Response};

use crate::connection::{query, segment};
use crate::sse::Parser;
use crate::{Client, Error, Event};

/// Three of the server's heartbeats; a connection silent for longer is broken.
const SILENCE_MAX: Duration = Duration::from_secs(45);
const PAGE: u32 = outwork_domain::limits::EVENTS_PAGE_MAX;

/// Until when events are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until no run is unfinished and all events were given out.
    Idle,
    /// For ever.
    Stopped,
}

/// How an agent is followed.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// The last event that is known already; 0 for none.
    pub after: u64,
    /// Until when.
    pub until: Until,
    /// The waits between tries of a broken connection.
    pub backoff: Backoff,
    /// Tries in a row without a new event before the stream counts as lost.
    pub tries_max: u32,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            after: 0,
            until: Until::Idle,
            backoff: Backoff {
                first: Duration::from_millis(500),
                most: Duration::from_secs(10),
            },
            tries_max: 20,
        }
    }
}

/// What a watcher sees next.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// A new event.
    Event(Box<Event>),
    /// The connection broke; it is tried again after the wait.
    Reconnecting {
        /// What broke.
        reason: String,
        /// The wait.
        wait: Duration,
    },
}

/// An agent's events as they happen.
pub struct EventStream {
    client: Client,
    id: String,
    options: WatchOptions,
    last: u64,
    connection: Option<Connection>,
    ready: VecDeque<Event>,
    phase: Phase,
    tries: u32,
    wait: Option<Duration>,
}

struct Connection {
    response: Response,
    parser: Parser,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Following,
    Over,
}

/// How far one step came.
enum Step {
    Give(Box<Event>),
    Again,
    Ended,
}

impl Client {
    /// Follows an agent's events; nothing is sent before the first [`EventStream::next`].
    #[must_use]
    pub fn watch(&self, id: &str, options: WatchOptions) -> EventStream {
        EventStream {
            client: self.clone(),
            id: id.to_owned(),
            last: options.after,
            options,
            connection: None,
            ready: VecDeque::new(),
            phase: Phase::Following,
            tries: 0,
            wait: None,
        }
    }
}

impl EventStream {
    /// The number of the last event that was given out.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Waits for the next update; `None` once the agent is idle, if that is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server refuses for good, [`Error::StreamLost`] at the end of the
    /// patience, [`Error::Answer`] for an event that cannot be read.
    pub async fn next(&mut self) -> Result<Option<Update>, Error> {
        loop {
            if let Some(wait) = self.wait {
                tokio::time::sleep(wait).await;
                self.wait = None;
            }
            let step = match self.step().await {
                Ok(step) => step,
                Err(error) if error.is_passing() => {
                    return self.reconnect(&error).map(Some);
                }
                Err(error) => return Err(error),
            };
            match step {
                Step::Give(event) => {
                    self.last = event.seq;
                    self.tries = 0;
                    return Ok(Some(Update::Event(event)));
                }
                Step::Again => {}
                Step::Ended => return Ok(None),
            }
        }
    }

    async fn step(&mut self) -> Result<Step, Error> {
        if let Some(event) = self.ready.pop_front() {
            let new = event.seq > self.last;
            return Ok(if new {
                Step::Give(Box::new(event))
            } else {
                Step::Again
            });
        }
        if self.phase == Phase::Over {
            return Ok(Step::Ended);
        }
        let Some(connection) = &mut self.connection else {
            self.connection = Some(self.connect().await?);
            return Ok(Step::Again);
        };
        if let Some(frame) = connection.parser.next_frame() {
            let raw = serde_json::from_str(&frame.data).map_err(|error| Error::Answer {
                what: "an event",
                why: error.to_string(),
            })?;
            self.ready.push_back(Event::from_json(raw)?);
            return Ok(Step::Again);
        }
        let chunk = tokio::time::timeout(SILENCE_MAX, connection.response.chunk()).await;
        match chunk {
            Ok(Ok(Some(bytes))) => match connection.parser.push(&bytes) {
                Ok(()) => Ok(Step::Again),
                Err(_) => Err(Error::Answer {
                    what: "an event",
                    why: "it is larger than 16 MiB".to_owned(),
                }),
            },
            Ok(Ok(None)) => self.after_the_end().await,
            Ok(Err(source)) => Err(self.client.unreachable(source)),
            Err(_) => Err(Error::Broken("the server was silent for 45 s")),
        }
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let until = match self.options.until {
            Until::Idle => vec![("until", "idle".to_owned())],
            Until::Stopped => vec![],
        };
        let path = format!(
            "/api/v1/agents/{}/events{}",
            segment(&self.id),
            query(&until)
        );
        let request = self
            .client
            .request(Method::GET, &path)
            .header(ACCEPT, "text/event-stream")
            .header("Last-Event-ID", self.last.to_string());
        let response = tokio::time::timeout(SILENCE_MAX, self.client.send(request))
            .await
            .map_err(|_| Error::Broken("the server did not answer for 45 s"))??;
        Ok(Connection {
            response,
            parser: Parser::default(),
        })
    }

    /// The stream ended in order. Runs end in the transaction that writes their last event, so once
    /// all have ended, the pages behind the last event hold whatever the stream did not bring.
    async fn after_the_end(&mut self) -> Result<Step, Error> {
        if self.options.until == Until::Stopped {
            return Err(Error::Broken("the server ended the stream"));
        }
        if !self.client.details(&self.id).await?.is_idle() {
            return Err(Error::Broken("the server ended the stream"));
        }
        loop {
            let known = self.ready.back().map_or(self.last, |event| event.seq);
            let page = self.client.events(&self.id, known, PAGE).await?;
            if page.last().is_none_or(|event| event.seq <= known) {
                break;
            }
            self.ready.extend(page);
        }
        self.connection = None;
        self.phase = Phase::Over;
        Ok(Step::Again)
    }

    fn reconnect(&mut self, error: &Error) -> Result<Update, Error> {
        self.tries += 1;
        let asked = match error {
            Error::Refused { retry_after, .. } => *retry_after,
            Error::Address { .. }
            | Error::Key
            | Error::Setup(_)
            | Error::Unreachable { .. }
            | Error::Broken(_)
            | Error::Answer { .. }
            | Error::StreamLost { .. } => None,
        };
        let hint = self.connection.take().and_then(|old| old.parser.retry());
        self.ready.clear();
        let reason = error.to_string();
        if self.tries >= self.options.tries_max {
            return Err(Error::StreamLost {
                tries: self.tries,
                reason,
            });
        }
        let jitter = Jitter::from_random(getrandom::u32().unwrap_or(u32::MAX / 2));
        let wait = self
            .options
            .backoff
            .wait(self.tries, jitter, asked.max(hint));
        self.wait = Some(wait);
        Ok(Update::Reconnecting { reason, wait })
    }
}
