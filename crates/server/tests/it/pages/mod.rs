//! What people see in a browser.

mod built;
mod pull_request;
