//! Git on the host: mirrors, fresh workspaces, import of bundles, push, merge.
//!
//! The host never runs git inside a folder that an agent wrote. Commits come out of a sandbox as a
//! bundle that is indexed and checked in a throw-away repository; only then may they be pushed or
//! kept. Every git process is started by one function that sets environment, protocols, limits and
//! timeouts, and credentials reach git through its environment only.

#![forbid(unsafe_code)]

mod access;
mod added;
mod bare;
mod bundle;
mod command;
mod credentials;
mod diff;
mod error;
mod fetch;
mod folders;
mod git;
mod import;
mod keep;
mod lay;
mod leftovers;
mod local;
mod merge;
mod mirror;
mod moved;
mod options;
mod parts;
mod policy;
mod probe;
mod process;
mod push;
mod read;
mod refs;
mod remembered;
mod remote;
mod remove;
mod resolve;
mod sign;
mod signing_key;
mod sweep;
mod tidy;
mod version;
mod words;

pub use credentials::{Access, Credential, Credentials, FixedToken, Wanted};
pub use error::{Error, Result};
pub use git::Git;
pub use local::check_local;
pub use options::{
    GitLimits, GitOptions, HostAccess, ImportPolicy, OtherHosts, PlainHttp, Rule, Signing,
};
pub use parts::{
    Base, BranchOwner, Branches, Diff, DiffStat, Extent, Identity, Imported, Layout, Merge, Mirror,
    Push, PushFrom, Pushed, Swept,
};
pub use signing_key::SigningKey;
pub use version::find_git;
