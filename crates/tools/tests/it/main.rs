//! The tool host in real sandboxes, and the server's end against hostile ones.

#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod checkouts;
#[cfg(test)]
mod commits;
#[cfg(test)]
mod destroyed;
#[cfg(test)]
mod egress;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod levels;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod odd_files;
#[cfg(test)]
mod output;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod repository;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod variables;
