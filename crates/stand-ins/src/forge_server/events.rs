//! What a forge tells about, before it has the form of any.

use std::io;

use super::threads::{Check, Comment, Review, Subject};

/// What happened to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Opened,
    Pushed,
    Closed,
    Merged,
    Reopened,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    IssueOpened(u64),
    Commented(Comment),
    Reviewed(Review),
    PullChanged(u64, Change),
    CheckEnded(Check, String),
    Pushed {
        branch: String,
        before: String,
        after: String,
    },
    /// With the path that the repository had.
    Renamed(String),
    Ping,
}

/// An event in a forge's form.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The forge's name of it, as its header has it.
    pub(super) name: &'static str,
    /// Gitea's finer name of it.
    pub(super) fine_name: &'static str,
    pub(super) body: serde_json::Value,
}

impl Told {
    pub(super) const fn new(name: &'static str, body: serde_json::Value) -> Self {
        Self {
            name,
            fine_name: name,
            body,
        }
    }
}

/// What is missing if an event is about something that is not there.
pub(super) fn gone(subject: Subject) -> io::Error {
    io::Error::other(format!("there is no {subject:?}"))
}
