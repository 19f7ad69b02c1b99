//! The real program, from outside: one binary for all of its integration tests.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod forges;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod leftovers;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;
#[cfg(test)]
mod webhooks;
