//! The tool host that runs inside a sandbox, its tools, and the pipe protocol that both ends speak.
//!
//! One end is the server's ([`ToolHost`]), which treats the other as hostile: typed frames of limited
//! length, a deadline for every request. The other is [`host_main`]: one thread, blocking, small.
//! Nothing here starts a sandbox or knows a run; git runs here only inside the sandbox.

#![forbid(unsafe_code)]

mod definitions;
mod environment;
mod error;
mod facts;
mod frame;
mod host;
mod protocol;
mod requests;
mod tool_host;

pub use definitions::{definitions, reading_definitions};
pub use environment::{ARTIFACTS_FOLDER, EGRESS_SOCKET, REPO_FOLDER, environment};
pub use error::Error;
pub use host::host_main;
pub use requests::{CheckedOut, Checkout, CommitRequest, Committed, History};
pub use tool_host::ToolHost;
