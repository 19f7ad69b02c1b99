//! The forge: real git over HTTP, each vendor's rules, and the faults.

mod document;
mod git_access;
mod git_faults;
mod git_refusals;
mod gitea;
mod github;
mod github_document;
mod gitlab;
mod rest;
mod support;
mod webhooks;
