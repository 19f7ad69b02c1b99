//! Runs: the executions of prompts, their states and their leases.
//!
//! Only [`apply`] and [`claim`] change a run's state, and both go through one statement; whatever a
//! worker writes carries its fence.

mod bases;
mod claim;
mod insert;
mod lease;
mod list;
mod state;

pub use bases::{Bases, bases, first_bases};
pub use claim::{Claim, ClaimWish, Claimed, Damaged, Fate, claim};
pub use insert::{NewRun, insert};
pub use lease::{Lapsed, Standing, WorkerId, heartbeat, leases_lapsed, leases_of};
pub use list::{
    Census, census, count_queued, find, find_first_prompt, find_of_agent, find_prompt_text,
    get_prompt, images, list, page, stalled_attempts, unbegun_prompts, waited_too_long,
};
pub use state::{Announcement, Guard, Transition, apply};
