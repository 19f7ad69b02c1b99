//! Event streams: what a run's stream shows, what resuming gives, and many readers at once.

mod clients;
mod history;
mod many_readers;
mod resume;
mod run_stream;

pub use history::text;
