//! Git on the host against real git: local repositories, a small HTTP server, poisoned input.
//!
//! Every test runs with each git that this machine has; helpers speak in verbs of the domain.

#[cfg(test)]
mod support;

#[cfg(test)]
mod closed;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod fetch;
#[cfg(test)]
mod http;
#[cfg(test)]
mod import;
#[cfg(test)]
mod keep;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod local;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod push;
#[cfg(test)]
mod resolve;
#[cfg(test)]
mod sign;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod workspace;
