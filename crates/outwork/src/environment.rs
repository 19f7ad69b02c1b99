//! The process's environment; nothing else reads it, apart from clap for its options.

use std::ffi::OsString;

/// A variable's value, if it is set to something.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads configuration from the environment"
)]
pub fn find_os(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable's value, if it is set to something that is text.
pub fn find(name: &str) -> Option<String> {
    find_os(name)?.into_string().ok()
}
