//! Mintlify's agent jobs. Every answer is checked against the vendor's own document.

mod jobs;
mod limits;
mod pairs;
mod sessions;
mod support;
