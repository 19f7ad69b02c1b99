//! Makes a tree object of the work tree, with an index of our own.
//!
//! The agent's index and configuration play no part. Ignored files stay out, as do `.git` in any
//! spelling, our own temporary files, and repositories inside the repository. A file whose bytes are the
//! parent's stays the parent's, whatever line endings or filters would make of it when read again.

use std::fmt::Write;
use std::fs::{File, OpenOptions, write};
use std::io::{Seek, Write as _};
use std::path::Path;

use super::git::{Git, Said, failed};
use super::write::TEMPORARY_PREFIX;
use super::{Failure, files, git_folder, render};

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
    let changes = changes(git, parent)?;
    leave_out_repositories(git, &changes, &mut skipped)?;
    restore_untouched(git, &changes)?;
    let tree = git.text(&["write-tree"])?;
    Ok(Snapshot {
        tree,
        skipped: (!skipped.is_empty()).then(|| skipped.join("\n")),
    })
}

fn exclude(git: &Git<'_>) -> Result<(), Failure> {
    let own = git_folder::of_workspace(git.root)
        .and_then(|own| files::read_whole(&own.join("info/exclude")).ok())
        .map(|(bytes, _)| bytes)
        .filter(|bytes| bytes.len() <= EXCLUDE_BYTES_MAX)
        .unwrap_or_default();
    let mut patterns = own;
    let ours = format!("\n{TEMPORARY_PREFIX}*\n[.][gG][iI][tT]\n[gG][iI][tT]~1\n");
    patterns.extend_from_slice(ours.as_bytes());
    Ok(write(git.folder.join("info/exclude"), patterns)?)
}

fn add_all(git: &Git<'_>, skipped: &mut Vec<String>) -> Result<(), Failure> {
    let add = ["add", "--all", "--ignore-errors", "--", "."];
    let mut said = git.say(&add, None)?;
    // Git stops at the first of what it cannot take, whichever it is.
    for _ in 0..2 {
        if said.status > 1
            && (ignore_encodings(git, &said, skipped)? || leave_out_inside(git, skipped)?)
        {
            said = git.say(&add, None)?;
        }
    }
    match said.status {
        0 => Ok(()),
        // Some files could not be read; the others are in.
        1 => {
            skipped.push(said.words);
            Ok(())
        }
        _ => Err(Failure::git(failed(&add, &said))),
    }
}

/// A file that is not in the encoding that its attributes name, or an encoding that does not exist, stops git
/// altogether: the files are taken as they are then. Tells whether it was that.
fn ignore_encodings(
    git: &Git<'_>,
    said: &Said,
    skipped: &mut Vec<String>,
) -> Result<bool, Failure> {
    if !said.words.contains("encode") {
        return Ok(false);
    }
    write(
        git.folder.join("info/attributes"),
        "* -working-tree-encoding\n",
    )?;
    let words = said.words.lines().next().unwrap_or_default();
    skipped.push(format!(
        "files are committed as they are, without their working-tree-encoding: {words}"
    ));
    Ok(true)
}

/// So does a repository without a commit inside the repository, which is left out.
fn leave_out_inside(git: &Git<'_>, skipped: &mut Vec<String>) -> Result<bool, Failure> {
    let inside = repositories_inside(git.root);
    if inside.is_empty() {
        return Ok(false);
    }
    exclude_folders(git, &inside)?;
    skipped.push(left_out(&inside));
    Ok(true)
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

/// A path whose entry differs between the parent and the index.
struct Change {
    old_mode: String,
    new_mode: String,
    old_id: String,
    path: Vec<u8>,
}

/// Everything added, modified or changed in its type. `:100644 100755 <id> <id> M`, NUL, path, NUL.
fn changes(git: &Git<'_>, parent: &str) -> Result<Vec<Change>, Failure> {
    let ask = [
        "diff-index",
        "--cached",
        "--raw",
        "--no-abbrev",
        "-z",
        "--diff-filter=AMT",
        parent,
    ];
    let said = git.say(&ask, None)?;
    if said.status != 0 {
        return Err(Failure::git(failed(&ask, &said)));
    }
    let mut found = Vec::new();
    let mut fields = said.output.split(|byte| *byte == 0);
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        let about = String::from_utf8_lossy(about);
        let mut words = about.trim_start_matches(':').split(' ').map(str::to_owned);
        if let (Some(old_mode), Some(new_mode), Some(old_id)) =
            (words.next(), words.next(), words.next())
        {
            found.push(Change {
                old_mode,
                new_mode,
                old_id,
                path: path.to_vec(),
            });
        }
    }
    Ok(found)
}

/// A repository inside the repository becomes a link to a commit that nobody else has: taken out again,
/// unless the parent has such a link there (a submodule).
fn leave_out_repositories(
    git: &Git<'_>,
    changes: &[Change],
    skipped: &mut Vec<String>,
) -> Result<(), Failure> {
    let is_link = |mode: &str| mode == "160000";
    let folders: Vec<&[u8]> = changes
        .iter()
        .filter(|change| is_link(&change.new_mode) && !is_link(&change.old_mode))
        .map(|change| change.path.as_slice())
        .collect();
    if folders.is_empty() {
        return Ok(());
    }
    let list = list_of(
        git.folder,
        folders.iter().map(|path| [*path, b"\0"].concat()),
    )?;
    let remove = ["update-index", "--force-remove", "-z", "--stdin"];
    let said = git.say(&remove, Some(list))?;
    if said.status != 0 {
        return Err(Failure::git(failed(&remove, &said)));
    }
    let names: Vec<String> = folders.iter().map(|path| render::text(path)).collect();
    skipped.push(left_out(&names));
    Ok(())
}

/// Gives files whose bytes are the parent's the parent's entry again.
fn restore_untouched(git: &Git<'_>, changes: &[Change]) -> Result<(), Failure> {
    let is_file = |mode: &str| mode.starts_with("100");
    let modified: Vec<&Change> = changes
        .iter()
        .filter(|change| is_file(&change.old_mode) && is_file(&change.new_mode))
        // The list of paths is one of lines.
        .filter(|change| !change.path.contains(&b'\n') && !change.path.starts_with(b"\""))
        .collect();
    if modified.is_empty() {
        return Ok(());
    }
    let paths = modified
        .iter()
        .map(|change| [&change.path, &b"\n"[..]].concat());
    let list = list_of(git.folder, paths)?;
    let said = git.say(
        &["hash-object", "--no-filters", "--stdin-paths"],
        Some(list),
    )?;
    if said.status != 0 {
        // A file went meanwhile: what was read of the others stands.
        return Ok(());
    }
    let ids = String::from_utf8_lossy(&said.output).into_owned();
    let entries: Vec<Vec<u8>> = modified
        .iter()
        .zip(ids.lines())
        .filter(|(change, id)| change.old_id == *id)
        .map(|(change, id)| {
            let about = format!("{} {id}\t", change.new_mode);
            [about.as_bytes(), &change.path, b"\0"].concat()
        })
        .collect();
    if entries.is_empty() {
        return Ok(());
    }
    let list = list_of(git.folder, entries.into_iter())?;
    let update = ["update-index", "-z", "--index-info"];
    let said = git.say(&update, Some(list))?;
    match said.status {
        0 => Ok(()),
        _ => Err(Failure::git(failed(&update, &said))),
    }
}

/// A file with these words, to be read from its beginning.
fn list_of(folder: &Path, words: impl Iterator<Item = Vec<u8>>) -> std::io::Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(folder.join("list"))?;
    for word in words {
        file.write_all(&word)?;
    }
    file.rewind()?;
    Ok(file)
}

fn left_out(folders: &[String]) -> String {
    let mut words = String::from("repositories inside the repository are left out:");
    for folder in folders.iter().take(NAMED_MAX) {
        // Writing to a string cannot fail.
        let _ = write!(words, " {folder}");
    }
    words
}
