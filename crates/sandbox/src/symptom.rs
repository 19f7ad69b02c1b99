//! Reads bubblewrap's words: which known fault of the machine is behind them.

use std::path::{Path, PathBuf};

use crate::{Error, Spec, reach};

/// Turns the last words of a sandbox that broke down into an error.
pub(crate) fn read(words: &str, status: String, spec: &Spec) -> Error {
    let said = words.trim();
    if let Some(words) = walls(said) {
        return Error::Walls { words };
    }
    let line = said
        .lines()
        .rev()
        .find(|line| line.starts_with("bwrap: "))
        .map(|line| line.trim_start_matches("bwrap: "));
    let Some(line) = line else {
        return Error::Ended {
            status,
            words: said.to_owned(),
        };
    };
    known(line, spec).unwrap_or_else(|| Error::Ended {
        status,
        words: said.to_owned(),
    })
}

fn known(line: &str, spec: &Spec) -> Option<Error> {
    let words = || line.to_owned();
    let has = |text: &str| line.contains(text);
    if has("Resource temporarily unavailable") || has("Cannot allocate memory") {
        return Some(Error::Busy(std::io::Error::other(words())));
    }
    if has("No space left on device") && has("namespace") {
        return Some(Error::NamespacesExhausted { words: words() });
    }
    if has("No permissions to create new namespace")
        || has("Creating new namespace failed")
        || has("unprivileged_userns_clone")
    {
        return Some(Error::NamespacesDenied { words: words() });
    }
    if has("RTM_NEWADDR") || has("setting up uid map") || has("setting up gid map") {
        return Some(Error::NamespacesRestricted { words: words() });
    }
    // Whoever masks /proc seals /proc/sys.
    if has("mount proc") || has("/proc/sys/user/max_user_namespaces") {
        return Some(Error::ProcMasked { words: words() });
    }
    if let Some((path, why)) = source(line) {
        return Some(if why.starts_with("No such file") {
            Error::SourceMissing { path }
        } else {
            let folder = reach::blocking_folder(&path, &spec.user).unwrap_or_else(|| path.clone());
            Error::Unreachable { path, folder }
        });
    }
    if has("execvp") {
        return Some(Error::ProgramUnusable { words: words() });
    }
    if has("Failed to make / slave") || has("Failed to mount tmpfs") || has("Can't mount") {
        return Some(Error::MountsDenied { words: words() });
    }
    None
}

/// What the program said of its own walls.
fn walls(said: &str) -> Option<String> {
    let none = Error::Walls {
        words: String::new(),
    };
    let beginning = none.to_string();
    let line = said.lines().find_map(|line| line.split_once(&beginning));
    line.map(|(_, words)| words.to_owned())
}

/// The path in `Can't find source path /x: Permission denied`.
fn source(line: &str) -> Option<(PathBuf, &str)> {
    let rest = line.strip_prefix("Can't find source path ")?;
    let (path, why) = rest.rsplit_once(": ")?;
    Some((Path::new(path).to_owned(), why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ResourceLimits, User};

    fn spec() -> Spec {
        Spec {
            program: "/bin/true".into(),
            arguments: vec![],
            user: User::Current,
            binds: vec![],
            working_folder: "/".into(),
            environment: vec![],
            limits: ResourceLimits::default(),
        }
    }

    fn error(words: &str) -> Error {
        read(words, "exit status: 1".to_owned(), &spec())
    }

    #[test]
    fn a_sealed_proc_is_known() {
        let words = "cannot open /proc/sys/user/max_user_namespaces: Read-only file system";
        let found = error(&format!("bwrap: {words}\n"));
        assert!(matches!(found, Error::ProcMasked { .. }), "{found:?}");
    }

    #[test]
    fn knows_the_symptoms() {
        type Is = fn(&Error) -> bool;
        let denied: Is = |e| matches!(e, Error::NamespacesDenied { .. });
        let exhausted: Is = |e| matches!(e, Error::NamespacesExhausted { .. });
        let restricted: Is = |e| matches!(e, Error::NamespacesRestricted { .. });
        let mounts: Is = |e| matches!(e, Error::MountsDenied { .. });
        let proc: Is = |e| matches!(e, Error::ProcMasked { .. });
        let missing: Is = |e| matches!(e, Error::SourceMissing { .. });
        let unreachable: Is = |e| matches!(e, Error::Unreachable { .. });
        let program: Is = |e| matches!(e, Error::ProgramUnusable { .. });
        let busy: Is = |e| matches!(e, Error::Busy(_));
        let ended: Is = |e| matches!(e, Error::Ended { .. });
        let table = [
            (
                "No permissions to create new namespace, likely because",
                denied,
            ),
            (
                "Creating new namespace failed: Operation not permitted",
                denied,
            ),
            (
                "Creating new namespace failed: No space left on device",
                exhausted,
            ),
            (
                "Creating new namespace failed: Resource temporarily unavailable",
                busy,
            ),
            (
                "loopback: Failed RTM_NEWADDR: Operation not permitted",
                restricted,
            ),
            ("setting up uid map: Permission denied", restricted),
            ("Failed to make / slave: Operation not permitted", mounts),
            (
                "Can't mount proc on /newroot/proc: Operation not permitted",
                proc,
            ),
            (
                "Can't find source path /nowhere: No such file or directory",
                missing,
            ),
            (
                "Can't find source path /root/x: Permission denied",
                unreachable,
            ),
            ("execvp /outwork: No such file or directory", program),
            ("something new", ended),
        ];
        for (words, is) in table {
            let error = error(&format!("some noise\nbwrap: {words}\n"));
            assert!(is(&error), "{words}: {error:?}");
        }
        let walls = Error::Walls {
            words: "no Landlock".to_owned(),
        };
        let told = error(&format!("tool host: {walls}\n"));
        assert_eq!(told.to_string(), walls.to_string());
        assert!(ended(&error("no words of bubblewrap")));
        assert!(ended(&error("")));
    }
}
