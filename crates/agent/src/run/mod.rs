//! The loop: ask, store the answer, carry out its calls, store the results, ask again.
//!
//! Each turn costs two durable appends: the answer, and its results together with the note that the
//! next request begins. Every way out is an [`Outcome`]; [`Interrupted`] means that the attempt, not
//! the run, is over.

mod ask;
mod carry_out;
mod check_call;
mod drive;
mod history;
mod make_room;
mod outcome;
mod patience;
mod repeats;
mod start;

pub use drive::run_loop;
pub use outcome::{Interrupted, Outcome};
pub use start::Start;
