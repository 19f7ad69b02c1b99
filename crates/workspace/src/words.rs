//! What git and remotes say on standard error: made safe to show, and read for its cause.
//!
//! Git runs in the C locale, so its own phrases are fixed; those of the known forges are listed
//! beside them. Whatever leaves this module holds no credential and no control character.

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;

const WORDS_BYTES_MAX: usize = 2048;

/// Secrets that may not appear in anything shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Takes the secrets of one remote: its token and the header made of it.
    pub(crate) fn of(values: impl IntoIterator<Item = SecretString>) -> Self {
        let mut all = Vec::new();
        for value in values {
            let encoded = base64::engine::general_purpose::STANDARD.encode(value.expose_secret());
            all.push(SecretString::from(encoded));
            all.push(value);
        }
        Self(all)
    }

    fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if !secret.expose_secret().is_empty() {
                text = text.replace(secret.expose_secret(), "[redacted]");
            }
        }
        without_user_parts(&text)
    }
}

/// `scheme://user:password@host` loses what stands before the `@`.
fn without_user_parts(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"')
            .unwrap_or(after.len());
        match after[..end].rfind('@') {
            Some(user) if after[..user].contains(':') => {
                shown.push_str("[redacted]");
                rest = &after[user..];
            }
            Some(_) | None => rest = after,
        }
    }
    shown.push_str(rest);
    shown
}

/// All that was said, without progress, on one line, safe to show.
pub(crate) fn all_words(stderr: &str, secrets: &Secrets) -> String {
    let lines = stderr.split('\n').map(last_state_of_line);
    let said = lines.filter(|line| !line.trim().is_empty() && !is_progress(line));
    joined(said, secrets)
}

/// What the other side said (`remote: …`), safe to show; empty if it said nothing.
pub(crate) fn remote_words(stderr: &str, secrets: &Secrets) -> String {
    let lines = stderr.split('\n').map(last_state_of_line);
    let said = lines
        .filter_map(|line| line.strip_prefix("remote:"))
        .filter(|line| !line.trim().is_empty() && !is_progress(line));
    joined(said, secrets)
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>, secrets: &Secrets) -> String {
    let text = lines.map(str::trim).collect::<Vec<_>>().join("; ");
    let shown: String = secrets
        .redact(&text)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut end = shown.len().min(WORDS_BYTES_MAX);
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    shown[..end].trim().to_owned()
}

/// A line of progress is rewritten in place; what it ended as counts.
fn last_state_of_line(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rsplit('\r').next().unwrap_or(line)
}

fn is_progress(line: &str) -> bool {
    let line = line.trim_start_matches("remote:").trim_start();
    [
        "Enumerating objects",
        "Counting objects",
        "Compressing objects",
        "Delta compression",
        "Receiving objects",
        "Resolving deltas",
        "Writing objects",
        "Checking connectivity",
        "Total ",
        "From ",
        "To ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

const BROKEN: &[&str] = &[
    "fatal: not a git repository",
    "is corrupt",
    "bad object",
    "object file",
    "index unavailable",
    "cannot be accessed",
    "does not match index",
    "bad tree object",
    "fatal: unable to read tree",
    "mismatched algorithms",
    "unable to find all commit-graph files",
];
const AUTH: &[&str] = &[
    "authentication failed for",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "access denied",
    "returned error: 401",
    "permission denied (publickey",
    "host key verification failed",
];
const FORBIDDEN: &[&str] = &["returned error: 403"];
const MOVED: &[&str] = &[
    "returned error: 301",
    "returned error: 302",
    "returned error: 307",
    "returned error: 308",
    "unable to update url base from redirection",
];
const RATE_LIMITED: &[&str] = &["returned error: 429"];
/// What forges say of a branch that is protected: GitHub (`GH006`; `GH013` for rule sets), GitLab,
/// Gitea and Forgejo.
const PROTECTED: &[&str] = &["gh006:", "gh013:", "protected branch"];
const NOT_FOUND: &[&str] = &[
    "returned error: 404",
    "returned error: 410",
    "does not appear to be a git repository",
    "repository not found",
    "could not find repository",
    "could not be found",
    "not valid: is this a git repository",
];
const AWAY: &[&str] = &[
    "returned error: 5",
    "could not resolve host",
    "could not resolve hostname",
    "failed to connect",
    "couldn't connect",
    "could not connect",
    "connection refused",
    "connection timed out",
    "connection reset",
    "connection closed",
    "operation timed out",
    "network is unreachable",
    "no route to host",
    "name resolution",
    "empty reply from server",
    "early eof",
    "the remote end hung up",
    "unexpected disconnect",
    "rpc failed",
    "gnutls",
    "ssl",
    "server certificate",
    "could not read from remote repository",
];

/// Why a command that spoke with a remote failed.
pub(crate) fn cause_of_remote(command: &'static str, stderr: &str, secrets: &Secrets) -> Error {
    let words = all_words(stderr, secrets);
    let lower = stderr.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let repository_missing = lower
        .lines()
        .any(|line| line.contains("repository '") && line.contains("not found"));
    if says(AUTH) {
        Error::Auth { words }
    } else if says(FORBIDDEN) {
        Error::Forbidden { words }
    } else if says(MOVED) {
        Error::RepositoryMoved { words }
    } else if says(RATE_LIMITED) {
        Error::RateLimited { words }
    } else if repository_missing || says(NOT_FOUND) {
        Error::RepositoryNotFound { words }
    } else if says(BROKEN) {
        Error::MirrorBroken { words }
    } else if says(AWAY) {
        Error::Unavailable { words }
    } else {
        Error::Git { command, words }
    }
}

/// Whether a remote refuses a push because the branch is protected.
pub(crate) fn is_of_protection(words: &str) -> bool {
    let lower = words.to_lowercase();
    PROTECTED.iter().any(|phrase| lower.contains(phrase))
}

/// Why a command on our own disk failed.
pub(crate) fn cause_of_local(command: &'static str, stderr: &str) -> Error {
    let words = all_words(stderr, &Secrets::default());
    let lower = stderr.to_lowercase();
    if BROKEN.iter().any(|phrase| lower.contains(phrase)) {
        Error::MirrorBroken { words }
    } else {
        Error::Git { command, words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(stderr: &str) -> Error {
        cause_of_remote("fetch", stderr, &Secrets::default())
    }

    #[test]
    fn phrases_of_git_and_forges_name_their_cause() {
        let auth = "fatal: could not read Username for 'https://h': terminal prompts disabled";
        assert!(matches!(cause(auth), Error::Auth { .. }));
        let missing = "remote: Repository not found.\nfatal: repository 'https://h/a/' not found\n";
        assert!(matches!(cause(missing), Error::RepositoryNotFound { .. }));
        let away = "fatal: unable to access 'https://h/': The requested URL returned error: 503";
        assert!(matches!(cause(away), Error::Unavailable { .. }));
        let moved = "fatal: unable to access 'https://h/': The requested URL returned error: 301";
        assert!(matches!(cause(moved), Error::RepositoryMoved { .. }));
        let forbidden = "remote: Write access to repository not granted.\nfatal: unable to access 'https://h/': The requested URL returned error: 403";
        assert!(matches!(cause(forbidden), Error::Forbidden { .. }));
        let busy = "fatal: unable to access 'https://h/': The requested URL returned error: 429";
        assert!(matches!(cause(busy), Error::RateLimited { .. }));
        assert!(matches!(cause("fatal: odd"), Error::Git { .. }));
    }

    #[test]
    fn each_forge_is_understood_when_it_protects_a_branch() {
        for words in [
            "error: GH006: Protected branch update failed for refs/heads/main.",
            "error: GH013: Repository rule violations found for refs/heads/main.",
            "GitLab: You are not allowed to push code to protected branches on this project.",
            "Gitea: Not allowed to push to protected branch main",
        ] {
            assert!(is_of_protection(words), "{words}");
        }
        assert!(!is_of_protection("no ticket in the commit message"));
    }

    #[test]
    fn nothing_secret_and_no_control_character_is_shown() {
        let secrets = Secrets::of([SecretString::from("user:tok-123".to_owned())]);
        let encoded = base64::engine::general_purpose::STANDARD.encode("user:tok-123");
        let stderr = format!(
            "remote: bad user:tok-123\x1b[31m\nremote: Basic {encoded}\nfatal: https://a:b@h/x 'y'\n"
        );
        let shown = all_words(&stderr, &secrets);
        assert!(
            !shown.contains("tok-123") && !shown.contains(&encoded),
            "{shown}"
        );
        assert!(
            !shown.contains("a:b@") && !shown.contains('\x1b'),
            "{shown}"
        );
        assert!(shown.contains("https://[redacted]@h/x"), "{shown}");
    }

    #[test]
    fn progress_is_left_out_and_the_remote_is_heard_apart() {
        let stderr = "remote: Counting objects: 1% \rremote: Counting objects: 100%\nremote: no, thanks\nfatal: odd\n";
        assert_eq!(
            all_words(stderr, &Secrets::default()),
            "remote: no, thanks; fatal: odd"
        );
        assert_eq!(remote_words(stderr, &Secrets::default()), "no, thanks");
    }

    #[test]
    fn words_are_cut_at_a_character() {
        let long = "ü".repeat(3000);
        assert!(all_words(&long, &Secrets::default()).len() <= WORDS_BYTES_MAX);
    }
}
