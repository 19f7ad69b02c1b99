//! The groups of operations: what they are called, who may call them, how they fail.

use crate::surface::Surface;

/// A group of operations that fail and authenticate alike.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its name in the document.
    pub(super) tag: &'static str,
    /// What it is, as Markdown.
    pub(super) about: &'static str,
    /// What its schemas and operations begin with, so that they differ from those of other groups.
    pub(super) prefix: &'static str,
    /// How failures are written.
    pub(super) surface: Surface,
    pub(super) access: Access,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever has an API key.
    Key,
    /// Anybody who reaches the server.
    Open,
}

/// The Cursor Cloud Agents API, v0.
pub(crate) const CURSOR_V0: Group = Group {
    tag: "Cursor v0",
    about: "The Cursor Cloud Agents API, v0: one agent with one conversation; a follow-up waits for \
            what is before it.",
    prefix: "V0",
    surface: Surface::Cursor,
    access: Access::Key,
};

/// The Cursor Cloud Agents API, v1.
pub(crate) const CURSOR_V1: Group = Group {
    tag: "Cursor v1",
    about: "The Cursor Cloud Agents API, v1: a durable agent, and a run for each prompt.",
    prefix: "V1",
    surface: Surface::Cursor,
    access: Access::Key,
};

/// What the Cursor API has about private workers.
pub(crate) const PRIVATE_WORKERS: Group = Group {
    tag: "Cursor private workers",
    about: "Workers that a service runs itself. None can be connected to this server: lists are empty.",
    prefix: "Workers",
    surface: Surface::PrivateWorkers,
    access: Access::Key,
};

/// Mintlify's agent jobs, both versions and their older paths.
pub(crate) const MINTLIFY: Group = Group {
    tag: "Mintlify",
    about: "Mintlify's agent jobs: v2, and the older v1 with its stream. A job is an agent in a \
            configured project.",
    prefix: "Mintlify",
    surface: Surface::Mintlify,
    access: Access::Key,
};

/// Jules's sessions.
pub(crate) const JULES: Group = Group {
    tag: "Jules",
    about: "Jules's sessions, v1alpha: an agent as a session with activities, a repository as a \
            source. The key may also be sent as `X-Goog-Api-Key`.",
    prefix: "Jules",
    surface: Surface::Google,
    access: Access::Key,
};

/// Our own API.
pub(crate) const NATIVE: Group = Group {
    tag: "Outwork",
    about: "Outwork's own API: what no dialect has. Failures are problem documents (RFC 9457).",
    prefix: "",
    surface: Surface::Native,
    access: Access::Key,
};

/// How browsers come by what stands for a key.
pub(crate) const SIGN_IN: Group = Group {
    tag: "Sign-in",
    about: "How the web page signs in and out: the API key comes once, and a cookie stands for it from then on.",
    prefix: "",
    surface: Surface::Native,
    access: Access::Open,
};

/// Files behind signed links.
pub(crate) const ARTIFACTS: Group = Group {
    tag: "Artifact links",
    about: "Files that runs left, for whoever holds a signed link.",
    prefix: "Link",
    surface: Surface::Page,
    access: Access::Open,
};

/// Webhooks of forges.
pub(crate) const FORGES: Group = Group {
    tag: "Forges",
    about: "What forges call: their webhooks, signed with the secret of the configuration.",
    prefix: "Forge",
    surface: Surface::Native,
    access: Access::Open,
};

/// What supervisors, scrapers and readers of this document ask.
pub(crate) const SERVER: Group = Group {
    tag: "Server",
    about: "For supervisors, for Prometheus, and for readers of this document.",
    prefix: "Server",
    surface: Surface::Page,
    access: Access::Open,
};

/// All groups in the order in which they are shown.
pub(super) const ALL: [&Group; 10] = [
    &CURSOR_V1,
    &CURSOR_V0,
    &PRIVATE_WORKERS,
    &MINTLIFY,
    &JULES,
    &NATIVE,
    &SIGN_IN,
    &ARTIFACTS,
    &FORGES,
    &SERVER,
];
