//! What a change may touch: judged by paths, modes and link targets, never by content.

use crate::error::{Error, Result};
use crate::options::{ImportPolicy, Rule};

const LINK: &[u8] = b"120000";
const GONE: &[u8] = b"000000";
const PATH_CHARS_MAX: usize = 200;
/// Folders and files that tell a forge what to run.
const WORKFLOWS: &[&str] = &[
    ".github/workflows/",
    ".gitea/workflows/",
    ".forgejo/workflows/",
    ".gitlab-ci.yml",
];
/// Characters that HFS+ leaves out when it compares names.
const HFS_IGNORED: &[char] = &[
    '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}',
    '\u{202e}', '\u{206a}', '\u{206b}', '\u{206c}', '\u{206d}', '\u{206e}', '\u{206f}', '\u{feff}',
];

/// A symbolic link that was added or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The object that holds its target.
    pub(crate) id: String,
    pub(crate) path: Vec<u8>,
}

/// Checks the output of `git diff-tree -r --raw -z` and gives the links whose targets are to be
/// checked next.
pub(crate) fn check_changes(raw: &[u8], policy: &ImportPolicy) -> Result<Vec<Link>> {
    let mut fields = raw.split(|byte| *byte == 0);
    let mut links = Vec::new();
    let mut count = 0;
    while let Some(entry) = fields.next().filter(|entry| !entry.is_empty()) {
        let path = fields.next().ok_or_else(|| malformed(entry))?;
        let parts: Vec<&[u8]> = entry
            .strip_prefix(b":")
            .unwrap_or(entry)
            .split(|byte| *byte == b' ')
            .collect();
        let [_, mode, _, id, _] = parts[..] else {
            return Err(malformed(entry));
        };
        count += 1;
        if count > policy.paths_max {
            return refuse(format!("more than {} paths changed", policy.paths_max));
        }
        check_path(path, policy)?;
        if mode == LINK && mode != GONE {
            links.push(Link {
                id: String::from_utf8_lossy(id).into_owned(),
                path: path.to_vec(),
            });
        }
    }
    Ok(if policy.escaping_links == Rule::Refused {
        links
    } else {
        Vec::new()
    })
}

fn check_path(path: &[u8], policy: &ImportPolicy) -> Result<()> {
    if path.split(|byte| *byte == b'/').any(names_git_folder) {
        return refuse(format!(
            "{} has a part that names a git folder",
            shown(path)
        ));
    }
    let text = String::from_utf8_lossy(path);
    let is_workflow = WORKFLOWS.iter().any(|start| text.starts_with(start));
    if is_workflow && policy.workflows == Rule::Refused {
        return refuse(format!(
            "{} is a workflow, and the server does not let agents change those",
            shown(path)
        ));
    }
    if text == ".gitmodules" && policy.submodules == Rule::Refused {
        return refuse("the server does not let agents change .gitmodules".to_owned());
    }
    Ok(())
}

/// Whether some file system takes the name for `.git`: other case, ignored characters, the short
/// names, streams and trailing dots of NTFS, and backslashes.
fn names_git_folder(part: &[u8]) -> bool {
    let text = String::from_utf8_lossy(part);
    text.split('\\').any(|name| {
        let plain: String = name.chars().filter(|c| !HFS_IGNORED.contains(c)).collect();
        let plain = plain.to_lowercase();
        let stem = plain.split(':').next().unwrap_or_default();
        let stem = stem.trim_end_matches(['.', ' ']);
        matches!(stem, ".git" | "git~1") || matches!(plain.as_str(), "." | "..")
    })
}

/// Checks where a link leads: inside the tree, by leading `..` only, and not into a git folder.
///
/// A `..` behind a name is refused even if it seems to stay inside: the name may be a link too.
pub(crate) fn check_link(path: &[u8], target: &[u8]) -> Result<()> {
    let depth = path.split(|byte| *byte == b'/').count() - 1;
    let parts: Vec<&[u8]> = target
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .collect();
    let ups = parts.iter().take_while(|part| **part == b"..").count();
    let rest = &parts[ups..];
    let escapes = target.first() == Some(&b'/')
        || target.contains(&b'\\')
        || ups > depth
        || rest.iter().any(|part| *part == b"..");
    if escapes {
        return refuse(format!(
            "the symbolic link {} leads out of the tree",
            shown(path)
        ));
    }
    if rest.iter().any(|part| names_git_folder(part)) {
        return refuse(format!(
            "the symbolic link {} leads into a git folder",
            shown(path)
        ));
    }
    Ok(())
}

/// A path in words: printable, and not endless.
fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path)
        .escape_debug()
        .take(PATH_CHARS_MAX)
        .collect::<String>();
    format!("\"{text}\"")
}

fn malformed(entry: &[u8]) -> Error {
    Error::Git {
        command: "diff-tree",
        words: format!("unexpected output {}", shown(entry)),
    }
}

fn refuse<T>(why: String) -> Result<T> {
    Err(Error::ImportRefused { why })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1111111111111111111111111111111111111111";

    fn change(mode: &str, path: &[u8]) -> Vec<u8> {
        [
            format!(":000000 {mode} {ID} {ID} A\0").as_bytes(),
            path,
            b"\0",
        ]
        .concat()
    }

    fn refused(result: &Result<impl std::fmt::Debug>) -> bool {
        matches!(result, Err(Error::ImportRefused { .. }))
    }

    #[test]
    fn a_git_folder_is_refused_in_any_spelling() {
        let policy = ImportPolicy::default();
        for bad in [
            ".git",
            ".GIT/config",
            "a/.Git/hooks/x",
            ".g\u{200c}it/x",
            "git~1/x",
            "GIT~1",
            ".git./x",
            ".git /x",
            ".git::$INDEX_ALLOCATION/x",
            "a\\.git\\config",
            "x/..",
            ".g\u{feff}IT",
        ] {
            assert!(
                refused(&check_changes(&change("100644", bad.as_bytes()), &policy)),
                "{bad:?}"
            );
        }
        for good in [
            ".gitignore",
            ".gitattributes",
            "a/git",
            "x.git",
            ".github/x",
            "git~2",
            "..a",
            "a.git/b",
        ] {
            assert!(
                check_changes(&change("100644", good.as_bytes()), &policy).is_ok(),
                "{good:?}"
            );
        }
        assert!(check_changes(&change("100644", b"not utf-8 \xff\n name "), &policy).is_ok());
    }

    #[test]
    fn workflows_submodules_and_numbers_go_by_policy() {
        let closed = ImportPolicy {
            submodules: Rule::Refused,
            paths_max: 1,
            ..ImportPolicy::default()
        };
        let open = ImportPolicy {
            workflows: Rule::Allowed,
            ..ImportPolicy::default()
        };
        let workflow = change("100644", b".github/workflows/ci.yml");
        assert!(refused(&check_changes(&workflow, &closed)));
        assert!(check_changes(&workflow, &open).is_ok());
        let modules = change("100644", b".gitmodules");
        assert!(refused(&check_changes(&modules, &closed)));
        assert!(check_changes(&modules, &open).is_ok());
        let two = [change("100644", b"a"), change("100644", b"b")].concat();
        assert!(refused(&check_changes(&two, &closed)));
        assert!(check_changes(&two, &open).is_ok());
    }

    #[test]
    fn only_links_that_stay_are_asked_for_and_removals_are_not() {
        let policy = ImportPolicy::default();
        let both = [
            change("120000", b"l"),
            change("000000", b"gone"),
            change("100644", b"f"),
        ]
        .concat();
        let links = check_changes(&both, &policy).unwrap();
        assert_eq!(
            links,
            [Link {
                id: ID.to_owned(),
                path: b"l".to_vec()
            }]
        );
    }

    #[test]
    fn links_may_lead_only_inside() {
        for (path, target) in [
            ("a", "b"),
            ("a/b", "../c"),
            ("a/b/c", "../../d/e"),
            ("a", "./b"),
            ("a", "b//c"),
        ] {
            assert!(
                check_link(path.as_bytes(), target.as_bytes()).is_ok(),
                "{path} -> {target}"
            );
        }
        for (path, target) in [
            ("a", "/etc/passwd"),
            ("a", "../x"),
            ("a/b", "../../x"),
            ("a", "b/../../x"),
            ("a", "l/.."),
            ("a", ".git/config"),
            ("a/b", "../.GIT/hooks"),
            ("a", "..\\x"),
            ("a", ".."),
        ] {
            assert!(
                refused(&check_link(path.as_bytes(), target.as_bytes())),
                "{path} -> {target}"
            );
        }
    }

    #[test]
    fn an_error_names_the_path_in_printable_words() {
        let error = check_changes(
            &change("100644", b"\x1b[31m/.git"),
            &ImportPolicy::default(),
        );
        assert!(!error.unwrap_err().to_string().contains('\x1b'));
    }
}
