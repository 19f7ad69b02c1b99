//! What the tests of the real program share: a server as a process, repositories, a client in verbs.

pub mod agents;
pub mod processes;
pub mod repository;
pub mod server;
