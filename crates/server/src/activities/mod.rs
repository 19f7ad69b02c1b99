//! Which steps an agent's history has, for those who follow it from afar.
//!
//! Steps and their times are computed from the places of events alone, and never change; so what was computed for
//! one reader is kept for the next, who reads on from there.

mod id;
mod kept;
mod timeline;

pub(crate) use id::ActivityId;
pub(crate) use kept::KeptTimelines;
pub(crate) use timeline::{Approver, Entry, Kind, Timeline};
