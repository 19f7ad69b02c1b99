//! Stand-ins for the programs that tests and benchmarks talk to.

#![forbid(unsafe_code)]

pub mod forge_server;
pub mod model_server;
pub mod postgres;
