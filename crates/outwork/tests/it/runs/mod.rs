//! What runs do with the repositories of their agents, in real sandboxes.

mod branches;
mod dying;
mod plans;
mod several;
mod signed;
mod world;
