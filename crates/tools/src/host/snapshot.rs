//! Makes a tree object of the work tree, with an index of our own.
//!
//! The agent's index and configuration play no part. Ignored files stay out, as do `.git` in any
//! spelling, our own temporary files, and repositories inside the repository.

use std::fmt::Write;
use std::fs::{File, OpenOptions, read, write};
use std::io::{Seek, Write as _};
use std::path::Path;

use super::git::{Git, failed};
use super::write::TEMPORARY_PREFIX;
use super::{Failure, git_folder, render};

/// The agent's own exclusions that are taken over.
const EXCLUDE_BYTES_MAX: usize = 64 * 1024;
/// Names that are told of things left out.
const NAMED_MAX: usize = 20;

/// A tree object, and what could not become part of it.
pub(super) struct Snapshot {
    pub(super) tree: String,
    pub(super) skipped: Option<String>,
}

/// Takes a snapshot; `git` has a fresh folder, and its index starts at `parent`.
pub(super) fn take(git: &Git<'_>, parent: &str) -> Result<Snapshot, Failure> {
    exclude(git)?;
    git.text(&["read-tree", parent])?;
    let mut skipped = Vec::new();
    add_all(git, &mut skipped)?;
    leave_out_repositories(git, parent, &mut skipped)?;
    let tree = git.text(&["write-tree"])?;
    Ok(Snapshot {
        tree,
        skipped: (!skipped.is_empty()).then(|| skipped.join("\n")),
    })
}

fn exclude(git: &Git<'_>) -> Result<(), Failure> {
    let own = git_folder::of_workspace(git.root)
        .and_then(|own| read(own.join("info/exclude")).ok())
        .filter(|bytes| bytes.len() <= EXCLUDE_BYTES_MAX)
        .unwrap_or_default();
    let mut patterns = own;
    let ours = format!("\n{TEMPORARY_PREFIX}*\n[.][gG][iI][tT]\n[gG][iI][tT]~1\n");
    patterns.extend_from_slice(ours.as_bytes());
    Ok(write(git.folder.join("info/exclude"), patterns)?)
}

fn add_all(git: &Git<'_>, skipped: &mut Vec<String>) -> Result<(), Failure> {
    let add = ["add", "--all", "--ignore-errors", "--", "."];
    let said = git.say(&add, None)?;
    match said.status {
        0 => Ok(()),
        // Some files could not be read; the others are in.
        1 => {
            skipped.push(said.words);
            Ok(())
        }
        // A repository without a commit inside the repository stops git altogether.
        _ => {
            let inside = repositories_inside(git.root);
            if inside.is_empty() {
                return Err(Failure::git(failed(&add, &said)));
            }
            exclude_folders(git, &inside)?;
            skipped.push(left_out(&inside));
            let again = git.say(&add, None)?;
            if again.status > 1 {
                return Err(Failure::git(failed(&add, &again)));
            }
            Ok(())
        }
    }
}

/// Folders below the root that hold a `.git` of their own, relative and with slashes.
fn repositories_inside(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let walk = ignore::WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walk.flatten() {
        let path = entry.path();
        let is_folder = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
        if is_folder
            && path.join(".git").symlink_metadata().is_ok()
            && let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str)
        {
            found.push(name.to_owned());
        }
    }
    found
}

fn exclude_folders(git: &Git<'_>, folders: &[String]) -> Result<(), Failure> {
    let mut patterns = String::new();
    for folder in folders {
        patterns.push('/');
        for c in folder.chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '\\' | '!' | '#' | ' ') {
                patterns.push('\\');
            }
            patterns.push(c);
        }
        patterns.push_str("/\n");
    }
    let mut file = OpenOptions::new()
        .append(true)
        .open(git.folder.join("info/exclude"))?;
    Ok(file.write_all(patterns.as_bytes())?)
}

/// A repository inside the repository becomes a link to a commit that nobody else has: taken out again,
/// unless the parent has such a link there (a submodule).
fn leave_out_repositories(
    git: &Git<'_>,
    parent: &str,
    skipped: &mut Vec<String>,
) -> Result<(), Failure> {
    let changes = git.say(
        &[
            "diff-index",
            "--cached",
            "--raw",
            "-z",
            "--diff-filter=AT",
            parent,
        ],
        None,
    )?;
    let mut folders: Vec<&[u8]> = Vec::new();
    let mut fields = changes.output.split(|byte| *byte == 0);
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        // `:000000 160000 …`: the modes before and after.
        if about.get(8..14) == Some(b"160000") {
            folders.push(path);
        }
    }
    if folders.is_empty() {
        return Ok(());
    }
    let mut list = tempfile_in(git.folder)?;
    for path in &folders {
        list.write_all(path)?;
        list.write_all(&[0])?;
    }
    list.rewind()?;
    let remove = ["update-index", "--force-remove", "-z", "--stdin"];
    let said = git.say(&remove, Some(list))?;
    if said.status != 0 {
        return Err(Failure::git(failed(&remove, &said)));
    }
    let names: Vec<String> = folders.iter().map(|path| render::text(path)).collect();
    skipped.push(left_out(&names));
    Ok(())
}

fn tempfile_in(folder: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(folder.join("paths"))
}

fn left_out(folders: &[String]) -> String {
    let mut words = String::from("repositories inside the repository are left out:");
    for folder in folders.iter().take(NAMED_MAX) {
        // Writing to a string cannot fail.
        let _ = write!(words, " {folder}");
    }
    words
}
