//! Which dialects are served.

use outwork_server::{Dialects, Switch};
use serde::Deserialize;

/// `[dialects]`: each is `"on"`, the default, or `"off"`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DialectSection {
    /// Cursor v0, which the page and some client commands speak.
    pub cursor_v0: SwitchChoice,
    /// Cursor v1.
    pub cursor_v1: SwitchChoice,
    /// Mintlify.
    pub mintlify: SwitchChoice,
    /// Jules.
    pub jules: SwitchChoice,
}

/// Whether a dialect is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchChoice {
    /// It is.
    #[default]
    On,
    /// Its routes are unknown.
    Off,
}

impl From<SwitchChoice> for Switch {
    fn from(choice: SwitchChoice) -> Self {
        match choice {
            SwitchChoice::On => Self::On,
            SwitchChoice::Off => Self::Off,
        }
    }
}

impl From<DialectSection> for Dialects {
    fn from(section: DialectSection) -> Self {
        Self {
            cursor_v0: section.cursor_v0.into(),
            cursor_v1: section.cursor_v1.into(),
            mintlify: section.mintlify.into(),
            jules: section.jules.into(),
        }
    }
}
