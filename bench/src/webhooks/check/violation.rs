//! What can be wrong, in words.

use std::fmt;

/// Something that was promised and did not hold; texts are ids of deliveries unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Two rows for one run and target.
    Doubled(String),
    /// The ends of runs and the rows do not match.
    Miscounted {
        /// The agent.
        agent: String,
        /// The target.
        target: String,
        /// Rows that are there.
        there: usize,
        /// Rows that should be.
        expected: usize,
    },
    /// A request to a target that no row explains.
    Unexplained(String, String),
    /// One id with different bytes.
    Changed(String),
    /// A body about another agent.
    WrongBody(String),
    /// A signature that does not verify: which one.
    BadSignature(String, &'static str),
    /// Never taken.
    Lost(String),
    /// Not delivered by the log: its state there.
    NotNoted(String, String),
    /// The second came before the first was through.
    OutOfOrder(String, String),
    /// The log has an answer that nobody gave, or neither answer nor fault.
    MisnotedAttempt(String),
    /// State and number of attempts of a delivery to a dead receiver do not fit.
    Misjudged(String, String, usize),
    /// No dead receiver was tried.
    DeadUntried,
    /// More came again than kills explain.
    TooManyRepeats(usize),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doubled(id) => write!(f, "{id}: its run is announced twice to its target"),
            Self::Miscounted {
                agent,
                target,
                there,
                expected,
            } => {
                write!(
                    f,
                    "{agent} to {target}: {there} rows for {expected} ends of runs"
                )
            }
            Self::Unexplained(id, target) => {
                write!(f, "{id}: came to {target}, where no row sends it")
            }
            Self::Changed(id) => write!(f, "{id}: came with different bytes"),
            Self::WrongBody(id) => write!(f, "{id}: tells of another agent"),
            Self::BadSignature(id, which) => write!(f, "{id}: {which} does not verify"),
            Self::Lost(id) => write!(f, "{id}: was never taken"),
            Self::NotNoted(id, state) => write!(f, "{id}: is {state} in the log"),
            Self::OutOfOrder(before, next) => write!(f, "{next}: came before {before} was through"),
            Self::MisnotedAttempt(id) => write!(f, "{id}: the log has an attempt that was none"),
            Self::Misjudged(id, state, count) => {
                write!(f, "{id}: {state} after {count} attempts at a dead receiver")
            }
            Self::DeadUntried => f.write_str("no dead receiver was ever tried"),
            Self::TooManyRepeats(count) => write!(f, "{count} came again, more than kills explain"),
        }
    }
}
