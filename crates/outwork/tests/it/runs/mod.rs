//! What runs do with the repositories of their agents, in real sandboxes.

mod artifacts;
mod bombs;
mod branches;
mod dying;
mod egress;
mod levels;
mod plans;
mod secrets;
mod set_ups;
mod several;
mod signed;
pub mod world;
