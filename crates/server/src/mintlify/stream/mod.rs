//! A run as a UI message stream of the AI SDK, version 1: what `useChat` and its transport read.
//!
//! Each part is one line of JSON behind `data: `; the end is `[DONE]`. A part is never sent that the
//! SDK's reader would refuse: no delta without its start, no result without its call.

mod follow;
mod part;
mod translate;

pub(super) use follow::respond;
