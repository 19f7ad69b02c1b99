//! Which dialects are served. What their routes are stands with all routes.

use crate::surface::Surface;

/// Whether a dialect is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// It is.
    #[default]
    On,
    /// Its routes are not found.
    Off,
}

/// Which dialects are served; all, unless something else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialects {
    /// The Cursor Cloud Agents API, v0; the page and some of our own commands speak it.
    pub cursor_v0: Switch,
    /// The Cursor Cloud Agents API, v1.
    pub cursor_v1: Switch,
    /// Mintlify's agent jobs.
    pub mintlify: Switch,
    /// Jules's sessions.
    pub jules: Switch,
}

impl Dialects {
    /// The dialect that a path is of, by its word in the configuration, if that dialect is off.
    pub(crate) fn off_at(self, path: &str) -> Option<&'static str> {
        let (switch, word) = match Surface::of(path) {
            Surface::Mintlify => (self.mintlify, "mintlify"),
            Surface::Google => (self.jules, "jules"),
            Surface::PrivateWorkers => (self.cursor_v1, "cursor_v1"),
            Surface::Cursor if path.starts_with("/v0/") => (self.cursor_v0, "cursor_v0"),
            Surface::Cursor if path.starts_with("/v1/") => (self.cursor_v1, "cursor_v1"),
            Surface::Cursor | Surface::Native | Surface::Page => return None,
        };
        (switch == Switch::Off).then_some(word)
    }
}
