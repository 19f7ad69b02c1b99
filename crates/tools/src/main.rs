//! The tool host as a program of its own; the server's binary holds the same one.

use std::process::ExitCode;

fn main() -> ExitCode {
    outwork_tools::host_main()
}
