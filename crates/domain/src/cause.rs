//! Why a run failed, and what may be done about an error.

use std::fmt;
use std::str::FromStr;

/// What may be done about an error; the only question that the engine asks of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Trying again later may help.
    Retry,
    /// Trying again cannot help.
    Permanent,
    /// The caller asked for something impossible; nothing changed.
    Caller,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// Why a run is `Failed`; each has a paragraph in `docs/errors.md`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Cause { $($(#[$doc])* $variant,)* }

        impl Cause {
            /// Every cause, for tables and documents.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable code, such as `push_denied`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

causes! {
    /// The model stayed busy or away for longer than our patience.
    ModelUnavailable = "model_unavailable",
    /// The provider refused our key.
    ModelAuth = "model_auth",
    /// The provider refused the request as such.
    ModelRejected = "model_rejected",
    /// The model declined.
    ModelRefused = "model_refused",
    /// The model answered nonsense too often in a row.
    ModelProtocol = "model_protocol",
    /// The conversation no longer fits the model.
    ContextExhausted = "context_exhausted",
    /// The model repeated itself.
    LoopDetected = "loop_detected",
    /// A limit of the run's budget was reached.
    BudgetExceeded = "budget_exceeded",
    /// No sandbox could be started.
    SandboxUnavailable = "sandbox_unavailable",
    /// The tool host died too often.
    SandboxLost = "sandbox_lost",
    /// The workspace took more of the disk than it may.
    DiskExceeded = "disk_exceeded",
    /// The workspace could not be prepared.
    WorkspaceFailed = "workspace_failed",
    /// The `install` command of the workspace's set-up failed.
    SetUpFailed = "set_up_failed",
    /// The repository does not exist, or not for us.
    RepositoryNotFound = "repository_not_found",
    /// The repository is over the size limit.
    RepositoryTooLarge = "repository_too_large",
    /// The branch, tag or commit to start from does not exist.
    BaseNotFound = "base_not_found",
    /// The forge refused our credentials.
    ForgeAuth = "forge_auth",
    /// The forge refused the push.
    PushDenied = "push_denied",
    /// What came out of the sandbox was not acceptable.
    ImportRefused = "import_refused",
    /// Publishing stayed impossible for longer than our patience.
    PublishFailed = "publish_failed",
    /// A block of the `script` model failed.
    ScriptFailed = "script_failed",
    /// Too many attempts ended without progress.
    AttemptsExhausted = "attempts_exhausted",
    /// A fault of Outwork itself.
    Internal = "internal",
}

/// The text is no cause's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the code of a cause")]
pub struct UnknownCause(pub String);

impl FromStr for Cause {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|cause| cause.code() == text)
            .ok_or_else(|| UnknownCause(text.to_owned()))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_read_back() {
        for cause in Cause::ALL {
            assert_eq!(cause.code().parse::<Cause>().as_ref(), Ok(cause));
        }
        assert!("nonsense".parse::<Cause>().is_err());
    }
}
