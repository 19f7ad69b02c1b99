//! What the server needs beside the engine.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use outwork_engine::Hooks;
use tokio_util::sync::CancellationToken;

use crate::about::{Examine, OwnWorker};
use crate::dialects::Dialects;
use crate::rate_limit::RateLimitOptions;

/// What the server needs beside the engine.
#[derive(Clone)]
pub struct ServerOptions {
    /// What takes the webhooks of forges in.
    pub hooks: Hooks,
    /// Renders the figures that `/metrics` shows, in Prometheus' text form.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Ends the event streams and turns `/readyz` to "no" when the server is to stop.
    pub shutdown: CancellationToken,
    /// Set as soon as runs can begin; `/readyz` says "no" until then.
    pub working: Arc<AtomicBool>,
    /// How often keys and strangers may ask.
    pub rate_limits: RateLimitOptions,
    /// Which dialects are served.
    pub dialects: Dialects,
    /// The worker of the same process.
    pub worker: OwnWorker,
    /// Looks at the machine as `outwork doctor` does.
    pub examine: Examine,
    /// Whose keys may see and change what all accounts share: e-mail addresses in lower case. If there are none,
    /// the only account's.
    pub operators: Vec<String>,
    /// How long after its end a run can be streamed.
    pub event_retention: Duration,
}
