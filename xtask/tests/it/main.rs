//! The tidy test: what a machine can check of the habits in CONTRIBUTING.md and ARCHITECTURE.md.
//!
//! Each rule is a pure function from texts to sentences, one sentence a fault. It runs over the real
//! tree, and over a small broken one, since a checker that never failed proves nothing.

#[cfg(test)]
mod cargo;
#[cfg(test)]
mod cycles;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod glossary;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod source;
#[cfg(test)]
mod sql;
#[cfg(test)]
mod states;
#[cfg(test)]
mod tree;
