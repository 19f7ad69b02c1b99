//! How often, and how long, a model may fail within one request.
//!
//! Busy or away: backoff with full jitter within 30 minutes. Broken answers: at once again, five
//! times. Everything else is final.

use std::time::Duration;

use outwork_domain::limits::{BROKEN_STREAMS_MAX, MODEL_PATIENCE};
use outwork_domain::{Backoff, Cause, Jitter};
use tokio::time::Instant;

use crate::ModelError;

/// What has gone wrong within one request.
#[derive(Default)]
pub(super) struct Patience {
    since: Option<Instant>,
    busy: u32,
    broken: u32,
}

/// What to do about a failed try.
pub(super) enum Verdict {
    Wait { reason: String, wait: Duration },
    AtOnce,
    OutOfPatience { reason: String },
    TooManyBroken { reason: String },
    Final { cause: Cause, message: String },
}

impl Patience {
    pub(super) fn judge(&mut self, error: ModelError, jitter: Jitter) -> Verdict {
        match error {
            ModelError::Busy {
                reason,
                retry_after,
            } => self.judge_busy(reason, retry_after, jitter),
            ModelError::Broken { reason } => {
                self.broken += 1;
                if self.broken > BROKEN_STREAMS_MAX {
                    return Verdict::TooManyBroken { reason };
                }
                Verdict::AtOnce
            }
            ModelError::Auth { reason } => Verdict::Final {
                cause: Cause::ModelAuth,
                message: format!("the model's provider refuses the key: {reason}"),
            },
            ModelError::Rejected { reason } => Verdict::Final {
                cause: Cause::ModelRejected,
                message: format!("the model's provider refuses the request: {reason}"),
            },
            ModelError::TooLong { reason } => Verdict::Final {
                cause: Cause::ContextExhausted,
                message: format!("the conversation does not fit the model: {reason}"),
            },
            ModelError::ScriptFailed { report } => Verdict::Final {
                cause: Cause::ScriptFailed,
                message: report,
            },
        }
    }

    fn judge_busy(
        &mut self,
        reason: String,
        retry_after: Option<Duration>,
        jitter: Jitter,
    ) -> Verdict {
        self.busy += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        let left = MODEL_PATIENCE.saturating_sub(since.elapsed());
        // Waiting longer than our patience for a try that is not made helps nobody.
        if left.is_zero() || retry_after.is_some_and(|asked| asked > left) {
            return Verdict::OutOfPatience { reason };
        }
        let wait = Backoff::default().wait(self.busy, jitter, retry_after);
        Verdict::Wait {
            reason,
            wait: wait.min(left),
        }
    }
}
