//! Whether a run works or only plans.

use serde::Serialize;

/// Whether a run changes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It works.
    #[default]
    Agent,
    /// It only plans.
    Plan,
}

impl Mode {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub(crate) fn is_agent(&self) -> bool {
        *self == Self::Agent
    }
}
