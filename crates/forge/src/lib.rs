//! Pull requests, comments and repositories as the engine wants them, whoever keeps them.
//!
//! A [`Forge`] does what it is asked to do; it never decides whether a pull request should exist, or who
//! may ask for work. Every call can be repeated after a crash: the engine looks before it opens, and what
//! changes something that exists may be said twice. No token stands in an address, an error or a log.

#![forbid(unsafe_code)]

mod answer;
mod branch;
mod call;
mod check;
mod credentials;
mod decoration;
mod draft;
mod error;
mod forge;
mod forges;
mod found;
mod gitea;
mod github;
mod gitlab;
mod hook;
mod host;
mod http;
mod incoming;
mod mention;
mod options;
mod page;
mod person;
mod pushed;
mod refusal;
mod remark;
mod repository;
mod scrub;
mod signature;
mod unmet;
mod wire;

pub use branch::{Branch, HeadMoved, Protection};
pub use check::{Check, CheckedIdentity, Missing};
pub use credentials::{GitAccess, GitCredentials};
pub use decoration::{Decoration, Unmet};
pub use draft::{At, Draft, Revision, Wanted};
pub use error::Error;
pub use forge::Forge;
pub use forges::Forges;
pub use found::{Found, Head, HeadAccess};
pub use gitea::Gitea;
pub use github::{GitHub, GitHubApp, GitHubCredentials};
pub use gitlab::GitLab;
pub use hook::{Delivery, HookError, HookRequest};
pub use incoming::{
    CheckFinished, CheckVerdict, Incoming, PullRequestChange, PullRequestChanged, Pushed, Said,
};
pub use mention::{InvalidMention, Mention};
pub use options::{HostOptions, OptionsError};
pub use page::{Page, PageRequest, Quota, RepositoryPage};
pub use person::{Permission, Person, PersonKind};
pub use remark::{Line, Place, Posted, Reaction, Remark, Side, Subject};
pub use repository::{RepositoryFacts, Standing, Visibility};

pub use outwork_domain::Readiness;
