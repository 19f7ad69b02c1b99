//! Hosted models: the providers' wire forms through the genai library, behind our own trait.
//!
//! genai builds requests and reads streams; endpoint, key and name always come from our own table.
//! What it leaves out is here: error classes, breaker, and a watch over the raw frames for what its
//! streams do not tell (refusals, reasons, streams that ended without their final event).

mod breaker;
mod collect;
mod failure;
mod hosted;
mod place;
mod to_genai;
mod watch;

pub(crate) use breaker::Breaker;
pub use hosted::Timeouts;
pub(crate) use hosted::{Hosted, http_client};
