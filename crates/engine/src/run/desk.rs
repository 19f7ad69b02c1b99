//! The sandbox that an attempt works in, with the tool host at its other end.
//!
//! A tool host that dies is replaced a few times; the workspace outlives it. Dropping or clearing the
//! desk ends every process of the run.

use outwork_domain::limits::TOOL_HOST_RESTARTS_MAX;
use outwork_sandbox::{Confined, Spec};
use outwork_tools::ToolHost;
use tokio::process::{ChildStdin, ChildStdout};
use tracing::warn;

use super::RunParts;
use super::error::AttemptError;

type Host = ToolHost<ChildStdout, ChildStdin>;

/// The place where a run works.
#[derive(Default)]
pub(super) struct Desk {
    spec: Option<Spec>,
    seat: Option<Seat>,
    restarts: u32,
}

struct Seat {
    confined: Confined,
    host: Host,
}

impl Desk {
    /// Starts the sandbox.
    pub(super) async fn set_up(
        &mut self,
        parts: &RunParts,
        spec: Spec,
    ) -> Result<(), AttemptError> {
        self.spec = Some(spec);
        self.start(parts).await
    }

    /// The tool host; a new one if the last was lost.
    pub(super) async fn host(&mut self, parts: &RunParts) -> Result<&mut Host, AttemptError> {
        if self.seat.is_none() {
            self.start(parts).await?;
        }
        match &mut self.seat {
            Some(seat) => Ok(&mut seat.host),
            None => Err(not_set_up()),
        }
    }

    /// Ends a tool host that misbehaved; the next call of [`Desk::host`] starts another.
    ///
    /// # Errors
    ///
    /// The error that made it necessary, once there were too many.
    pub(super) async fn replace(
        &mut self,
        error: outwork_tools::Error,
    ) -> Result<(), AttemptError> {
        warn!(%error, "the tool host was lost");
        self.clear().await;
        self.restarts += 1;
        if self.restarts > TOOL_HOST_RESTARTS_MAX {
            return Err(AttemptError::Tools(error));
        }
        Ok(())
    }

    /// Ends every process of the run and waits until they are gone.
    pub(super) async fn clear(&mut self) {
        if let Some(mut seat) = self.seat.take()
            && let Err(error) = seat.confined.kill().await
        {
            warn!(%error, "a sandbox could not be ended");
        }
    }

    async fn start(&mut self, parts: &RunParts) -> Result<(), AttemptError> {
        let Some(spec) = self.spec.clone() else {
            return Err(not_set_up());
        };
        let launched = parts.launcher.launch(spec).await?;
        let confined = launched.confined;
        let host = match ToolHost::connect(launched.stdout, launched.stdin).await {
            Ok(host) => host,
            Err(error) => {
                warn!(%error, "the tool host did not start");
                return Err(confined.explain().await.into());
            }
        };
        self.seat = Some(Seat { confined, host });
        Ok(())
    }
}

fn not_set_up() -> AttemptError {
    AttemptError::failed(
        outwork_domain::Cause::Internal,
        "the sandbox was never set up",
    )
}
