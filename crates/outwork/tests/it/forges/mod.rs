//! The real program with each forge: the stand-in, or a live one that variables name (CONTRIBUTING.md).

mod first;
mod publication;
mod repositories;
mod starts;
mod support;
mod talk;
