//! What holds sandboxes to their limits.

use std::path::Path;

use outwork_sandbox::{Groups, LimitsMode};

use super::Check;
use crate::config::{IsolationSettings, LimitsChoice};

/// Looks for control groups, and whether they limit what is written to that folder's disk; the sandbox of the
/// checks is then held by them.
pub(super) fn limits(settings: &IsolationSettings, data: &Path) -> (Check, Groups) {
    let groups = Groups::find("doctor");
    (check(settings.limits, &groups, data), groups)
}

fn check(wanted: LimitsChoice, groups: &Groups, data: &Path) -> Check {
    const NAME: &str = "limits";
    let Err(error) = groups.require() else {
        let found = match groups.mode() {
            LimitsMode::Cgroup2 => "control groups, version 2",
            LimitsMode::Cgroup1 | LimitsMode::Rlimit => "control groups, version 1",
        };
        let writes = match groups.limits_writes(data) {
            Ok(()) => match groups.mode() {
                LimitsMode::Cgroup2 => ", and what it writes to the disk each second".to_owned(),
                LimitsMode::Cgroup1 | LimitsMode::Rlimit => {
                    ", and what it writes to the disk each second by fsync and directly".to_owned()
                }
            },
            Err(why) => format!("; what it writes to the disk each second is not: {why}"),
        };
        let found =
            format!("{found}: memory, processes and CPU of each sandbox are limited{writes}");
        return Check::ok(NAME, found);
    };
    let remedy = format!(
        "{} See docs/sandbox.md.",
        error.remedy().unwrap_or_default()
    );
    match wanted {
        LimitsChoice::Any => {
            let found = format!("{error}: CPU is not limited, memory only by looking now and then");
            Check::warning(NAME, found, remedy)
        }
        LimitsChoice::Cgroup => Check::missing(NAME, error.to_string(), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn no_groups_are_a_warning_unless_they_are_insisted_on() {
        let none = Groups::none("nothing is mounted");
        let any = check(LimitsChoice::Any, &none, Path::new("/"));
        assert_eq!(any.status, Status::Warning);
        assert!(any.found.contains("nothing is mounted"), "{}", any.found);
        assert!(any.remedy.unwrap().contains("docs/sandbox.md"));
        let insisted = check(LimitsChoice::Cgroup, &none, Path::new("/"));
        assert_eq!(insisted.status, Status::Missing);
    }
}
