//! Poisoned repositories and workspaces: a run leaves every trap in its checkout that git knows, in a real
//! sandbox, and is published by the real host. Nothing of it is executed on the host, no push goes anywhere
//! else, and the honest work beside the trap is delivered.
//!
//! Each trap is proven afterwards: a person's git in the same folder falls for it. Those that no git falls
//! for any more say so.

mod git_folders;
mod objects;
mod paths;
mod settings;
mod trap;
mod upstream;
