//! The binary: server, client commands, and what sandboxes start.
//!
//! Reads configuration and environment, wires the components, prints. The two hidden subcommands
//! that run inside sandboxes come before anything else: no runtime, no log, no TLS exists there.

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod config;
mod data_dir;
mod demo;
mod doctor;
mod environment;
mod exit;
mod figures;
mod follow;
mod forges;
mod logs;
mod opening;
mod output;
mod patch;
mod plain;
mod probing;
mod prompt;
mod remote;
mod service;
mod table;
mod tls;
mod transcript;
mod variables;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    match first.as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("__tool-host") => outwork_tools::host_main(),
        Some(probing::INSPECT) => outwork_sandbox::inspect_main(arguments),
        Some(_) | None => cli::main(),
    }
}
