//! What the tests share: a server of their own, requests, runs moved by hand, the oracle.

mod ask;
mod clock;
mod corrections;
mod description;
mod frames;
mod key_limits;
mod oracle;
mod repository;
mod results;
mod runs;
mod server;

pub use ask::{Ask, Reply, delete, get, patch, post, put};
pub use description::{build, description};
pub use frames::Frames;
pub use key_limits::key_limits;
pub use oracle::{Oracle, fits, oracle, oracle_of, oracle_v1};
pub use repository::Repositories;
pub use server::{FORGE, HOOK_SECRET, Key, PUBLIC_URL, Server};
