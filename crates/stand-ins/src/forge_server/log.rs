//! What the forge was asked, and what was pushed to it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use super::fault::Operation;
use crate::http::header;

/// What a call showed as its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// None.
    Anonymous,
    /// A person's token.
    Personal,
    /// A token minted for an installation of the App.
    Installation,
    /// The App itself, by its signed claim.
    App,
    /// Something that the forge does not accept, or no longer.
    Refused,
}

/// One request.
#[derive(Debug)]
pub struct Call {
    /// Its number, from 0.
    pub number: usize,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Its path and query, as they were sent.
    pub path: String,
    /// What it asks for; none if the forge has no such route.
    pub operation: Option<Operation>,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// What it showed as its credential.
    pub credential: CredentialKind,
    /// Whose credential that is.
    pub who: Option<String>,
    pub(super) end: OnceLock<Option<(u16, Bytes)>>,
}

impl Call {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The status that it was answered with; none if it is not answered yet, or never was.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.ended().map(|(status, _)| *status)
    }

    /// The body that it was answered with, if it is JSON; git's own are not kept.
    #[must_use]
    pub fn answer(&self) -> Option<Value> {
        let (_, body) = self.ended()?;
        serde_json::from_slice(body).ok()
    }

    fn ended(&self) -> Option<&(u16, Bytes)> {
        self.end.get()?.as_ref()
    }
}

/// Whether a push had its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushOutcome {
    /// The ref is at the new commit.
    Accepted,
    /// It was refused, with these words.
    Refused(String),
}

/// A wish to change a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The repository's path at that moment.
    pub repository: String,
    /// The ref in full.
    pub reference: String,
    /// The commit that the client took it to be at; zeros if it was to be made.
    pub old: String,
    /// The commit that it was to be at; zeros if it was to be removed.
    pub new: String,
    /// Who pushed.
    pub who: Option<String>,
    /// What became of it.
    pub outcome: PushOutcome,
}

/// All calls and pushes of a forge.
#[derive(Debug)]
pub(super) struct Log {
    calls: Mutex<Vec<Arc<Call>>>,
    pushes: Mutex<Vec<Push>>,
    changes: watch::Sender<u64>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            calls: Mutex::default(),
            pushes: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }

    pub(super) fn add(&self, make: impl FnOnce(usize) -> Call) -> Arc<Call> {
        let mut calls = lock(&self.calls);
        let call = Arc::new(make(calls.len()));
        calls.push(Arc::clone(&call));
        call
    }

    /// Notes the end of a call; none if it got no answer.
    pub(super) fn end(&self, call: &Call, answer: Option<(u16, Bytes)>) {
        // Each call ends once, so it cannot be set already.
        let _ = call.end.set(answer);
        self.ring();
    }

    pub(super) fn add_push(&self, push: Push) {
        lock(&self.pushes).push(push);
        self.ring();
    }

    pub(super) fn calls(&self) -> Vec<Arc<Call>> {
        lock(&self.calls).clone()
    }

    pub(super) fn pushes(&self) -> Vec<Push> {
        lock(&self.pushes).clone()
    }

    pub(super) fn forget(&self) {
        lock(&self.calls).clear();
        lock(&self.pushes).clear();
    }

    /// Returns once the condition holds; it is asked again after each call and push.
    pub(super) async fn wait_until(&self, mut holds: impl FnMut() -> bool) {
        let mut bell = self.changes.subscribe();
        // The sender lives as long as the log, so waiting cannot fail.
        let _ = bell.wait_for(|_| holds()).await;
    }

    pub(super) fn ring(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
