//! Which dialects are served. What their routes are stands with all routes.

/// Whether a dialect is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// It is.
    #[default]
    On,
    /// Its routes are as unknown as any other.
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
