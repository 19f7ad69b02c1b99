//! The demonstration: a whole life of an agent on this machine, and no account anywhere.
//!
//! A server in this process, a small real repository, a key, then everything over HTTP as any client
//! would do it. Every step is checked; what was made goes away at the end.

mod by_hand;
mod place;
mod prompts;
mod repository;
mod steps;

pub use by_hand::commands;
pub use place::Place;
pub use repository::Repository;
pub use steps::{Demo, Shown};
