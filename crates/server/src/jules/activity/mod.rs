//! Activities: an agent's history as the steps that people follow it by.
//!
//! Which steps there are, and their times, is [`crate::activities`]'; what they say is read for the ones that
//! are shown. An activity never changes.

mod body;
pub(super) mod get;
pub(super) mod list;
mod read;
mod steps;
mod words;
