//! How often a key may ask, how often a project may be used, and how often a stranger may guess.
//!
//! Each API key, together with the sub-tokens it made, has its own count in each class of routes, over
//! one or several windows; what is left stands in `X-RateLimit-*` on every answer that was counted. Wrong
//! keys are counted by the address that sent them, in a table of fixed size. Counts live in this process
//! and end with it.

mod class;
mod counts;
mod meter;
mod options;
mod peer;
mod project_uses;
mod standing;
mod strangers;

pub use options::{InvalidWindow, Period, RateLimitOptions, Window};

pub(crate) use class::RouteClass;
pub(crate) use counts::Counts;
pub(crate) use meter::Meters;
pub(crate) use peer::{Peer, asker};
pub(crate) use project_uses::{ProjectUses, Use};
pub(crate) use standing::Refused;
pub(crate) use strangers::Strangers;
