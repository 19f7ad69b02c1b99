//! What the launcher's thread is asked to do; whoever holds the way to it keeps the thread alive.
//!
//! One after the other: a search for what is left of a sandbox is over before a later one of the same user
//! starts, which it would find as well.

use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use crate::processes::Process;
use crate::spawn::Started;
use crate::tree::Sign;
use crate::{Error, Spec};

/// The way to the launcher's thread.
pub(crate) type Orders = mpsc::Sender<Order>;

/// What is to be done.
pub(crate) enum Order {
    /// Start a sandbox.
    Start {
        spec: Arc<Spec>,
        reply: oneshot::Sender<Result<Started, Error>>,
    },
    /// End a sandbox whose processes only a sign holds together; tells whether nobody is left.
    End {
        first: Option<Process>,
        sign: Sign,
        reply: oneshot::Sender<bool>,
    },
}
