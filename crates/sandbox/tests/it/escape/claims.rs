//! Which attempts a level claims to hold back; docs/sandbox.md says it in words.

use std::collections::BTreeSet;

use outwork_domain::IsolationLevel;
use outwork_sandbox::landlock_abi;

use super::attempts::{Attempt, all};
use super::program::key;

/// What weak walls do not claim: without namespaces the host's processes, mounts and names are seen, UNIX sockets
/// that have a path are reached, and what Landlock does not judge can be done to files of the same user.
const NOT_WEAK: [&str; 27] = [
    "secrets: a process's arguments",
    "secrets: a process's limits",
    "secrets: a process's mounts",
    "secrets: a process's state",
    "secrets: any command line",
    "secrets: the users of the host",
    "other workspaces: going there",
    "other workspaces: watching it",
    "other workspaces: changing a mode",
    "other workspaces: changing a time",
    "other workspaces: an extended attribute",
    "processes of the host: its descriptors",
    "processes of the host: its priority",
    "processes of the host: its processors",
    "processes of the host: its limits",
    "other networking: other interfaces, by their list",
    "other networking: the list of listeners",
    "other networking: the list of UDP sockets",
    "other networking: the list of UNIX sockets",
    "system files and devices: the server's program",
    "sockets of services: an engine of containers",
    "sockets of services: the system's bus",
    "sockets of services: an agent of keys",
    "sockets of services: a log",
    "sockets of services: an engine, through a link",
    "sockets of services: an engine, from the folder above",
    "sockets of services: an agent, by a program",
];
/// The first version of Landlock that keeps signals and abstract sockets away.
const WITH_SCOPES: u32 = 6;
/// What needs it.
const BY_SCOPES: [&str; 2] = ["processes of the host: a signal", "sockets of services: "];

/// The attempts that a level holds back.
pub fn claimed(level: IsolationLevel) -> Vec<Attempt> {
    let mut attempts = all();
    match level {
        IsolationLevel::Full | IsolationLevel::FullNoproc => {}
        IsolationLevel::Weak => {
            let has_scopes = landlock_abi().is_some_and(|version| version >= WITH_SCOPES);
            attempts.retain(|attempt| {
                let key = key(attempt);
                let by_scopes = BY_SCOPES.iter().any(|beginning| key.starts_with(beginning));
                !NOT_WEAK.contains(&key.as_str()) && (has_scopes || !by_scopes)
            });
            let names = all().iter().map(key).collect::<BTreeSet<_>>();
            let unknown: Vec<_> = NOT_WEAK
                .iter()
                .filter(|name| !names.contains(**name))
                .collect();
            assert!(unknown.is_empty(), "no such attempts: {unknown:?}");
        }
        IsolationLevel::None => attempts.clear(),
    }
    attempts
}
