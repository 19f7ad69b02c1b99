//! Events: the append-only history of each agent, numbered without a gap.
//!
//! The agent's row holds the latest number, so a transaction that appends to an agent waits for the one
//! before it, and a reader never sees a number whose predecessor may still come.

mod append;
mod body;
mod facts;
mod find;
mod list;
mod milestones;

pub use append::append;
pub use find::{at, call, endings, first, steps};
pub use list::{conversation, last, list, list_some, list_without_deltas};
pub use milestones::{Milestone, MilestoneKind, milestones};

pub(crate) use append::append_for;
