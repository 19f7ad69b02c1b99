//! The filters of lists: the few forms that clients send; anything else is refused.

use outwork_domain::Timestamp;
use outwork_store::Archived;

use crate::errors::Failure;

/// Which activities a list shows: those made after a point in time, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Strictly later.
    Later(i128),
    /// At it, or later.
    Since(i128),
}

impl After {
    /// Whether an activity of that time is shown.
    pub(super) fn admits(self, at: Timestamp) -> bool {
        let nanos = i128::from(at.millis()) * 1_000_000;
        match self {
            Self::Later(than) => nanos > than,
            Self::Since(begin) => nanos >= begin,
        }
    }
}

/// Names that a filter of sources may hold, as many as a page shows at most.
const NAMES_MAX: usize = 100;

/// Reads `name=sources/github/o/r`, several joined by ` OR `.
pub(super) fn source_names(text: &str) -> Result<Vec<String>, Failure> {
    let name = |part: &str| {
        let (key, value) = part.split_once('=')?;
        let value = unquoted(value.trim());
        let is_one = key.trim() == "name" && value.starts_with("sources/");
        (is_one && !value.contains(char::is_whitespace)).then(|| value.to_owned())
    };
    if alternatives(text).nth(NAMES_MAX).is_some() {
        let most = format!("filter may name at most {NAMES_MAX} sources");
        return Err(Failure::invalid(most));
    }
    let names: Option<Vec<String>> = alternatives(text).map(name).collect();
    names.ok_or_else(|| wrong("name=sources/github/owner/repo, several joined with OR"))
}

/// Reads `archived = true`, `archived = false`, or both joined by ` OR `.
pub(super) fn archived(text: &str) -> Result<Archived, Failure> {
    let one = |part: &str| {
        let (key, value) = part.split_once('=')?;
        match (key.trim(), value.trim()) {
            ("archived", "true") => Some(Archived::Only),
            ("archived", "false") => Some(Archived::Excluded),
            (_, _) => None,
        }
    };
    let all: Option<Vec<Archived>> = alternatives(text).map(one).collect();
    match all.as_deref() {
        Some([only]) => Ok(*only),
        Some([first, rest @ ..]) if rest.iter().all(|one| one == first) => Ok(*first),
        Some([_, _, ..]) => Ok(Archived::Included),
        Some([]) | None => Err(wrong(
            "archived = true, archived = false, or both joined with OR",
        )),
    }
}

/// Reads `create_time>"2026-01-15T10:30:00Z"`, also with `>=` and `createTime`.
pub(super) fn created(text: &str) -> Result<After, Failure> {
    let read = || {
        let text = text.trim();
        let rest = text
            .strip_prefix("create_time")
            .or_else(|| text.strip_prefix("createTime"))?;
        let rest = rest.trim_start().strip_prefix('>')?;
        let (after, rest): (fn(i128) -> After, _) = match rest.strip_prefix('=') {
            Some(rest) => (After::Since, rest),
            None => (After::Later, rest),
        };
        let quoted = rest.trim().strip_prefix('"')?.strip_suffix('"')?;
        Timestamp::nanos_of(quoted).map(after)
    };
    read().ok_or_else(|| wrong("create_time>\"2026-01-15T10:30:00Z\", an RFC 3339 time in quotes"))
}

fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    text.split(" OR ").map(str::trim)
}

fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"');
    inner
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

fn wrong(form: &str) -> Failure {
    Failure::invalid(format!("filter must have the form {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sources() {
        let one = ["sources/github/o/r"];
        assert_eq!(source_names("name=sources/github/o/r").unwrap(), one);
        assert_eq!(
            source_names(" name = \"sources/github/o/r\" ").unwrap(),
            one
        );
        let two = source_names("name=sources/github/o/r OR name=sources/local/x").unwrap();
        assert_eq!(two, ["sources/github/o/r", "sources/local/x"]);
        let many = |count| vec!["name=sources/github/o/r"; count].join(" OR ");
        assert_eq!(source_names(&many(NAMES_MAX)).unwrap().len(), NAMES_MAX);
        assert!(source_names(&many(NAMES_MAX + 1)).is_err());
        for bad in [
            "",
            "name",
            "name=o/r",
            "id=sources/x",
            "name=sources/a b",
            "name=sources/a OR",
        ] {
            assert!(source_names(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn marks() {
        assert_eq!(archived("archived = true").unwrap(), Archived::Only);
        assert_eq!(archived("archived=false").unwrap(), Archived::Excluded);
        let both = archived("archived = true OR archived = false").unwrap();
        assert_eq!(both, Archived::Included);
        let same = archived("archived=true OR archived=true").unwrap();
        assert_eq!(same, Archived::Only);
        for bad in [
            "",
            "archived",
            "archived = yes",
            "archived = true AND x",
            "state = FAILED",
        ] {
            assert!(archived(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn times() {
        let second = 1_768_473_000_000_000_000;
        let time = "2026-01-15T10:30:00Z";
        for text in [
            format!("create_time>\"{time}\""),
            format!(" createTime > \"{time}\" "),
            "create_time>\"2026-01-15T12:30:00+02:00\"".to_owned(),
        ] {
            assert_eq!(created(&text).unwrap(), After::Later(second), "{text}");
        }
        assert_eq!(
            created(&format!("create_time>=\"{time}\"")).unwrap(),
            After::Since(second)
        );
        for bad in [
            "",
            time,
            "create_time>2026-01-15T10:30:00Z",
            "create_time<\"x\"",
            "create_time>\"x\"",
        ] {
            assert!(created(bad).is_err(), "{bad:?}");
        }
        let at = Timestamp::from_millis(1_768_473_000_000);
        assert!(!After::Later(second).admits(at) && After::Since(second).admits(at));
        assert!(After::Later(second - 1).admits(at));
    }
}
