//! Webhooks: what receivers are told, how it is signed, and who sends it.
//!
//! The store writes a delivery in the transaction that ends a run; the dispatcher sends what is due. A
//! delivery that was sent but not noted before a crash is sent again, with the same id and bytes.

mod attempt;
mod dispatcher;
mod places;
mod signature;

pub use dispatcher::{Dispatcher, DispatcherOptions};
