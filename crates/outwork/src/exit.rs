//! How a command ends: the exit statuses that scripts rely on, and the failures behind them.

use std::io;
use std::process::ExitCode;

/// The exit statuses, as the manual lists them.
pub const STATUSES: &[(u8, &str)] = &[
    (0, "all went well"),
    (1, "a run, a check or a step failed"),
    (2, "the command line or the configuration is wrong"),
    (3, "there is no such agent, pull request or artifact"),
    (
        4,
        "the server refused: wrong key, not in this state, or an API that is off",
    ),
    (5, "the server cannot be reached, or is not ready"),
    (130, "stopped from the keyboard"),
    (141, "whoever read the output has gone"),
];

/// What the server calls its refusal of a route that its configuration has switched off.
const DIALECT_OFF: &str = "dialect_off";

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Usage(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// A run, a check or a step failed, and the output says how.
    #[error("{0}")]
    Failed(String),
    /// A call to the server failed.
    #[error("{}", with_hint(.0))]
    Server(#[from] outwork_client::Error),
    /// Standard output takes no more.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// Anything else.
    #[error("{}", chain(.0))]
    Other(#[from] anyhow::Error),
    /// Somebody pressed Ctrl-C.
    #[error("stopped")]
    Interrupted,
}

/// What a command gives.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// The status that the process ends with.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Failed(_) | Self::Other(_) => 1,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 141,
            Self::Output(_) => 1,
            Self::Interrupted => 130,
            Self::Server(error) => status_of(error),
        }
    }

    /// Whether there is anything to say about it; a reader that went away does not want to know.
    pub fn is_silent(&self) -> bool {
        matches!(self.status(), 130 | 141)
    }

    /// The status for the operating system.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.status())
    }
}

fn status_of(error: &outwork_client::Error) -> u8 {
    use outwork_client::Error;
    match error {
        Error::Address { .. } | Error::Key => 2,
        // What was asked for may well be there.
        Error::Refused { code, .. } if code == DIALECT_OFF => 4,
        Error::Refused { status: 404, .. } => 3,
        Error::Refused { status: 500.., .. }
        | Error::Unreachable { .. }
        | Error::Broken(_)
        | Error::StreamLost { .. } => 5,
        Error::Refused { .. } => 4,
        Error::Setup(_) | Error::Answer { .. } => 1,
    }
}

/// The error and its causes; many errors already say their own cause.
fn chain(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if words.is_empty() {
            words = cause;
        } else if !words.contains(&cause) {
            words += &format!(": {cause}");
        }
    }
    words
}

fn with_hint(error: &outwork_client::Error) -> String {
    use outwork_client::Error;
    let hint = match error {
        Error::Unreachable { .. } => "is `outwork serve` running there? See --url and OUTWORK_URL.",
        Error::Refused { status: 401, .. } => {
            "give a key by --api-key or OUTWORK_API_KEY; `outwork key create` makes one."
        }
        Error::Address { .. }
        | Error::Key
        | Error::Setup(_)
        | Error::Broken(_)
        | Error::Refused { .. }
        | Error::Answer { .. }
        | Error::StreamLost { .. } => return error.to_string(),
    };
    format!("{error}\n{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use outwork_client::Error;

    fn refused(status: u16) -> Failure {
        Failure::Server(Error::Refused {
            status,
            code: "code".into(),
            message: "words".into(),
            retry_after: None,
        })
    }

    #[test]
    fn each_failure_has_its_status() {
        for (failure, status) in [
            (Failure::Usage("u".into()), 2),
            (Failure::Failed("f".into()), 1),
            (Failure::NotFound("n".into()), 3),
            (refused(404), 3),
            (refused(400), 4),
            (refused(401), 4),
            (refused(409), 4),
            (refused(503), 5),
            (Failure::Server(Error::Broken("x")), 5),
            (Failure::Output(io::ErrorKind::BrokenPipe.into()), 141),
            (Failure::Output(io::ErrorKind::StorageFull.into()), 1),
        ] {
            assert_eq!(failure.status(), status, "{failure}");
            assert!(STATUSES.iter().any(|(known, _)| *known == status));
        }
        let off = Failure::Server(Error::Refused {
            status: 404,
            code: DIALECT_OFF.into(),
            message: "words".into(),
            retry_after: None,
        });
        assert_eq!(off.status(), 4);
    }

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow::anyhow!("refused")
            .context("away: refused")
            .context("cannot open");
        let shown = Failure::Other(error).to_string();
        assert_eq!(shown, "cannot open: away: refused");
    }

    #[test]
    fn a_refused_key_says_where_keys_come_from() {
        assert!(refused(401).to_string().contains("OUTWORK_API_KEY"));
        assert_eq!(refused(409).to_string(), "words (code, HTTP 409)");
    }
}
