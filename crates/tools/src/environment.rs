//! Places and variables that every command in the sandbox finds.

/// The workspace inside the sandbox; relative paths of tools start here.
pub const REPO_FOLDER: &str = "/repo";
/// Where files for the user are left.
pub const ARTIFACTS_FOLDER: &str = "/opt/cursor/artifacts";

/// Make glibc give memory back after a large request instead of keeping it for the next; for the tool
/// host only, which has to stay small, not for its commands.
pub(crate) const MALLOC: [(&str, &str); 2] = [
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// The variables of the tool host and its commands, beside those that the sandbox sets itself.
///
/// There is no terminal, editor, pager or person in a sandbox: whatever would wait for one is set to
/// something that ends at once. Commits that the agent makes itself are in that name.
#[must_use]
pub fn environment(author_name: &str, author_email: &str) -> Vec<(String, String)> {
    [
        ("OUTWORK_ARTIFACTS", ARTIFACTS_FOLDER),
        MALLOC[0],
        MALLOC[1],
        ("CI", "true"),
        ("TERM", "dumb"),
        ("NO_COLOR", "1"),
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("EDITOR", "true"),
        ("VISUAL", "true"),
        ("PAGER", "cat"),
        ("MANPAGER", "cat"),
        ("GIT_EDITOR", "true"),
        ("GIT_SEQUENCE_EDITOR", "true"),
        ("GIT_PAGER", "cat"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "false"),
        ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
        ("SSH_ASKPASS", "false"),
        ("SUDO_ASKPASS", "/bin/false"),
        ("GIT_AUTHOR_NAME", author_name),
        ("GIT_AUTHOR_EMAIL", author_email),
        ("GIT_COMMITTER_NAME", author_name),
        ("GIT_COMMITTER_EMAIL", author_email),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}
