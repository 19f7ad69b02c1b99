//! What the kernel and the account allow.

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::geteuid;

use super::Check;
use crate::data_dir::RunUsers;

/// Below this, a few dozen runs and streams are too many.
const OPEN_FILES_LEAST: u64 = 4_096;
const SETTINGS: [(&str, &str); 3] = [
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
    ),
];

/// Who we are, and who runs would be.
pub(super) fn user() -> (Check, Option<RunUsers>) {
    const NAME: &str = "user";
    match RunUsers::of_this_process() {
        Ok(None) => {
            let found = format!("user {}; runs share it, apart by namespaces", geteuid());
            (Check::ok(NAME, found), None)
        }
        Ok(Some(users)) => {
            let found = format!("root; each run gets a user of its own from {users}");
            (Check::ok(NAME, found), Some(users))
        }
        Err(error) => {
            let remedy = "Start outwork as its own unprivileged user.";
            (Check::missing(NAME, error.to_string(), remedy), None)
        }
    }
}

/// The settings that forbid user namespaces; whether they do is the sandbox's own check.
pub(super) fn user_namespaces() -> Check {
    const NAME: &str = "user namespaces";
    let forbids = |(path, bad): &(&'static str, &str)| {
        let value = std::fs::read_to_string(path).ok()?;
        (value.trim() == *bad).then_some((*path, value.trim().to_owned()))
    };
    match SETTINGS.iter().find_map(forbids) {
        None => Check::ok(NAME, "no setting forbids them"),
        Some((path, value)) => {
            let setting = path.trim_start_matches("/proc/sys/").replace('/', ".");
            let remedy = if setting.contains("apparmor") {
                "If the sandbox fails: add an AppArmor profile for bwrap with `userns`.".to_owned()
            } else {
                format!(
                    "Type: sysctl -w {setting}={}",
                    if value == "0" && setting.contains("max") {
                        "15000"
                    } else {
                        "1"
                    }
                )
            };
            Check::warning(NAME, format!("{setting} is {value}"), remedy)
        }
    }
}

/// How many files a process may open.
pub(super) fn open_files() -> Check {
    const NAME: &str = "open files";
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) if hard < OPEN_FILES_LEAST => Check::warning(
            NAME,
            format!("at most {hard}"),
            format!(
                "Raise the hard limit (ulimit -Hn, LimitNOFILE=) to {OPEN_FILES_LEAST} or more."
            ),
        ),
        Ok((_, hard)) => Check::ok(NAME, format!("up to {hard}")),
        Err(error) => Check::warning(NAME, format!("unknown: {error}"), "See ulimit -Hn."),
    }
}
