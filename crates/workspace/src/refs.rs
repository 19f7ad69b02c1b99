//! References of a repository on this disk, read without a process.
//!
//! Only what is certain is answered: a loose or packed reference that names a commit. Everything
//! else (annotated loose tags, other reference stores, linked work trees) is left to git.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use outwork_domain::CommitId;

/// What a reference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It is at this object: for a branch a commit.
    At(CommitId),
    /// It does not exist.
    Absent,
    /// Only git can tell.
    AskGit,
}

/// Where `HEAD` points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// To this branch, which may not exist yet.
    Branch(String),
    /// Only git can tell.
    AskGit,
}

/// Reads `HEAD`.
pub(crate) fn head(git_dir: &Path) -> Head {
    let text = fs::read_to_string(git_dir.join("HEAD")).unwrap_or_default();
    match text.trim_end().strip_prefix("ref: refs/heads/") {
        Some(branch) if branch != ".invalid" && is_plain(git_dir) => {
            Head::Branch(branch.to_owned())
        }
        Some(_) | None => Head::AskGit,
    }
}

/// Reads a branch by its full reference.
pub(crate) fn branch(git_dir: &Path, full_ref: &str) -> Lookup {
    if !is_plain(git_dir) {
        return Lookup::AskGit;
    }
    match loose(git_dir, full_ref) {
        Lookup::Absent => packed(git_dir, full_ref),
        found @ (Lookup::At(_) | Lookup::AskGit) => found,
    }
}

/// Whether a branch or tag of that name exists; unknown counts as existing.
pub(crate) fn may_exist(git_dir: &Path, full_ref: &str) -> bool {
    branch(git_dir, full_ref) != Lookup::Absent
}

fn is_plain(git_dir: &Path) -> bool {
    !git_dir.join("commondir").exists() && !git_dir.join("reftable").exists()
}

fn loose(git_dir: &Path, full_ref: &str) -> Lookup {
    match fs::read_to_string(git_dir.join(full_ref)) {
        Ok(text) => text.trim_end().parse().map_or(Lookup::AskGit, Lookup::At),
        Err(error) if names_no_file(error.kind()) => Lookup::Absent,
        Err(_) => Lookup::AskGit,
    }
}

/// Nothing there, a folder of longer names, or a shorter name's file in the way.
fn names_no_file(kind: ErrorKind) -> bool {
    kind == ErrorKind::NotFound
        || kind == ErrorKind::NotADirectory
        || kind == ErrorKind::IsADirectory
}

fn packed(git_dir: &Path, full_ref: &str) -> Lookup {
    let bytes = match fs::read(git_dir.join("packed-refs")) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Lookup::Absent,
        Err(_) => return Lookup::AskGit,
    };
    let line = bytes.split(|byte| *byte == b'\n').find_map(|line| {
        let (id, name) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
        (&name[1..] == full_ref.as_bytes()).then_some(id)
    });
    match line.map(std::str::from_utf8) {
        None => Lookup::Absent,
        Some(Ok(id)) => id.parse().map_or(Lookup::AskGit, Lookup::At),
        Some(Err(_)) => Lookup::AskGit,
    }
}

/// The names of loose and packed references that begin with one of the prefixes, which end in `/`;
/// one level deep.
pub(crate) fn names(git_dir: &Path, prefixes: &[&str]) -> Vec<String> {
    let packed = fs::read(git_dir.join("packed-refs")).unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
    let packed = packed.lines().filter_map(|line| line.split_once(' '));
    let mut names: Vec<String> = packed
        .map(|(_, name)| name.to_owned())
        .filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        .collect();
    for prefix in prefixes {
        let entries = fs::read_dir(git_dir.join(prefix)).into_iter().flatten();
        let loose = entries
            .filter_map(std::result::Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.contains('.'));
        names.extend(loose.map(|name| format!("{prefix}{name}")));
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("refs/heads/a")).unwrap();
        fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(folder.path().join("refs/heads/main"), format!("{ONE}\n")).unwrap();
        let packed = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{TWO} refs/heads/main\n{TWO} refs/heads/old\n^{ONE}\n"
        );
        fs::write(folder.path().join("packed-refs"), packed).unwrap();
        folder
    }

    #[test]
    fn a_loose_reference_wins_over_a_packed_one() {
        let folder = repository();
        let at = |text: &str| Lookup::At(text.parse().unwrap());
        assert_eq!(branch(folder.path(), "refs/heads/main"), at(ONE));
        assert_eq!(branch(folder.path(), "refs/heads/old"), at(TWO));
        assert_eq!(branch(folder.path(), "refs/heads/a"), Lookup::Absent);
        assert_eq!(branch(folder.path(), "refs/heads/none"), Lookup::Absent);
        assert_eq!(branch(folder.path(), "refs/heads/main/x"), Lookup::Absent);
        assert_eq!(head(folder.path()), Head::Branch("main".to_owned()));
    }

    #[test]
    fn what_is_not_certain_is_left_to_git() {
        let folder = repository();
        fs::write(
            folder.path().join("refs/heads/alias"),
            "ref: refs/heads/main\n",
        )
        .unwrap();
        assert_eq!(branch(folder.path(), "refs/heads/alias"), Lookup::AskGit);
        fs::write(folder.path().join("HEAD"), format!("{ONE}\n")).unwrap();
        assert_eq!(head(folder.path()), Head::AskGit);
        fs::create_dir(folder.path().join("reftable")).unwrap();
        assert_eq!(branch(folder.path(), "refs/heads/main"), Lookup::AskGit);
    }
}
