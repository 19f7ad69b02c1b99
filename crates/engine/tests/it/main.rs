//! The engine over a real store and real git, without sandboxes: commands, repairs, pull requests.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod forge_lists;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod hooks_aside;
#[cfg(test)]
mod once;
#[cfg(test)]
mod pull_requests;
#[cfg(test)]
mod repairs;
#[cfg(test)]
mod scripted_forge;
#[cfg(test)]
mod support;
#[cfg(test)]
mod usage;
