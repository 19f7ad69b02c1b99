//! Stand-ins for the programs that tests and benchmarks talk to.

#![forbid(unsafe_code)]

pub mod addresses;
pub mod forge_server;
pub mod http;
mod log;
pub mod model_server;
pub mod postgres;
pub mod receiver;
