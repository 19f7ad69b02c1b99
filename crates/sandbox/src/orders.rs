//! What the launcher's thread is asked to do; whoever holds the way to it keeps the thread alive.

use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use crate::spawn::Started;
use crate::{Error, Spec};

/// The way to the launcher's thread.
pub(crate) type Orders = mpsc::Sender<Order>;

/// One sandbox that is to be started.
pub(crate) struct Order {
    pub(crate) spec: Arc<Spec>,
    pub(crate) reply: oneshot::Sender<Result<Started, Error>>,
}
