//! A world with repositories, a data folder and one git; and the people who use them.

mod http;
mod world;

pub use http::{Answer, Server};
pub use world::{World, commit_id, until, worlds};
