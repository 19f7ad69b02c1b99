//! Who runs are when the server is root: a range of user ids that nobody else has, and one group.
//!
//! bubblewrap started by root would be no sandbox, so without such a range root is refused. The first
//! id is the group's, which lets runs pass through the data folder and no more.

use std::fmt;
use std::ops::Range;

use nix::unistd::geteuid;
use outwork_sandbox::User;

/// 10,000 ids far beyond what distributions give out.
const IDS: Range<u32> = 2_000_000..2_010_000;

/// User ids for runs, and the group that may pass the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunUsers {
    /// The user ids, one a run.
    pub ids: Range<u32>,
    /// The group.
    pub group: u32,
}

/// Root cannot give runs a user of their own.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "as root, each run gets a user id of its own from {}–{}, but {why}. {remedy}",
    IDS.start,
    IDS.end - 1
)]
pub struct RunUsersError {
    why: String,
    remedy: &'static str,
}

const START_AS_USER: &str = "Start outwork as an ordinary user instead.";

impl RunUsers {
    /// The users of this process's runs; none unless it is root.
    ///
    /// # Errors
    ///
    /// [`RunUsersError`] if the range is taken, or not there at all in a container.
    pub fn of_this_process() -> Result<Option<Self>, RunUsersError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        // Where the kernel has no user namespaces, there are no maps either, and all ids exist.
        for (map, what) in [
            ("/proc/self/uid_map", "user"),
            ("/proc/self/gid_map", "group"),
        ] {
            let text = read(map);
            if !text.is_empty() && !is_mapped(&text) {
                return Err(RunUsersError {
                    why: format!("this container has no such {what} ids ({map})"),
                    remedy: START_AS_USER,
                });
            }
        }
        let taken = [
            ("/etc/passwd", taken_in_accounts(&read("/etc/passwd"))),
            ("/etc/group", taken_in_accounts(&read("/etc/group"))),
            ("/etc/subuid", taken_in_ranges(&read("/etc/subuid"))),
            ("/etc/subgid", taken_in_ranges(&read("/etc/subgid"))),
        ];
        if let Some((file, name)) = taken
            .into_iter()
            .find_map(|(file, name)| Some((file, name?)))
        {
            return Err(RunUsersError {
                why: format!("{file} gives some of them to {name:?}"),
                remedy: START_AS_USER,
            });
        }
        Ok(Some(Self::standard()))
    }

    /// The range that is used where it is free.
    pub fn standard() -> Self {
        Self {
            ids: IDS.start + 1..IDS.end,
            group: IDS.start,
        }
    }

    /// The user of what is only tried: ids are given to runs from the other end.
    pub fn last(&self) -> User {
        let last = self.ids.end - 1;
        User::Dropped {
            uid: last,
            gid: last,
            groups: vec![self.group],
        }
    }
}

impl fmt::Display for RunUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.ids.start, self.ids.end - 1)
    }
}

/// Whether all our ids exist in this user namespace (`user_namespaces(7)`).
fn is_mapped(map: &str) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u64> = line
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        match numbers[..] {
            [inside, _, count] => {
                inside <= u64::from(IDS.start) && u64::from(IDS.end) <= inside + count
            }
            _ => false,
        }
    })
}

/// The account or group that has one of our ids (`passwd(5)`, `group(5)`: the third field).
fn taken_in_accounts(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id: u32 = fields.nth(1)?.parse().ok()?;
        IDS.contains(&id).then(|| name.to_owned())
    })
}

/// The account whose subordinate ids overlap ours (`subuid(5)`: name, first id, count).
fn taken_in_ranges(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let first: u64 = fields.next()?.trim().parse().ok()?;
        let count: u64 = fields.next()?.trim().parse().ok()?;
        let overlaps = first < u64::from(IDS.end) && u64::from(IDS.start) < first + count;
        overlaps.then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_must_hold_the_whole_range() {
        assert!(is_mapped("         0          0 4294967295\n"));
        assert!(is_mapped("0 100000 65536\n2000000 3000000 10000\n"));
        assert!(!is_mapped("0 100000 65536\n"));
        assert!(!is_mapped("0 0 2009999\n"));
        assert!(!is_mapped("nonsense"));
    }

    #[test]
    fn accounts_in_the_range_are_found() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n";
        assert_eq!(taken_in_accounts(passwd), None);
        let taken = format!("{passwd}odd:x:2009999:1::/:/bin/sh\n");
        assert_eq!(taken_in_accounts(&taken).as_deref(), Some("odd"));
    }

    #[test]
    fn subordinate_ids_in_the_range_are_found() {
        assert_eq!(taken_in_ranges("me:100000:65536\n"), None);
        assert_eq!(taken_in_ranges("me:1900000:100000\n"), None);
        assert_eq!(
            taken_in_ranges("me:1900000:100001\n").as_deref(),
            Some("me")
        );
        assert_eq!(taken_in_ranges("me:2009999:1\n").as_deref(), Some("me"));
        assert_eq!(taken_in_ranges("me:2010000:1\n"), None);
    }
}
