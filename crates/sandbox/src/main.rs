//! Looks around from inside a sandbox and tells what it found; started by the probe.

use std::process::ExitCode;

fn main() -> ExitCode {
    outwork_sandbox::inspect_main(std::env::args_os().skip(1))
}
