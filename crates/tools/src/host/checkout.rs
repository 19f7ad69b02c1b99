//! Makes the work tree ready: a fresh checkout, or what an earlier run left.

use std::fs::write;
use std::io;
use std::path::Path;

use super::command::Surroundings;
use super::git::{COMMAND_LIMIT, Git, LOOK_LIMIT};
use super::write::replace;
use super::{Failure, Host, files, git_folder};
use crate::protocol::{Reply, Tree};

/// Names, inside `.git`, the commit that the work tree was last brought to or published as.
const TIP_FILE: &str = "outwork-tip";
/// Checks out a commit, unless there are files that must be kept.
pub(super) fn checkout(
    host: &Host,
    root: &Path,
    commit: &str,
    branch: &str,
    mirror_objects: &str,
) -> Result<Reply, Failure> {
    let around = host.surroundings()?;
    if root.symlink_metadata().is_err() {
        std::fs::create_dir(root)?;
    }
    let own = git_folder::of_workspace(root);
    let is_fresh = match &own {
        // Git holds the index's lock while it writes files and the index last: without index and mark,
        // no checkout was finished. Files without that lock are the agent's, in a folder that it made
        // a repository of its own.
        Some(own) => {
            let begun = own.join("index.lock").exists() || root.read_dir()?.count() == 1;
            begun && !own.join(TIP_FILE).exists() && !own.join("index").exists()
        }
        None => root.read_dir()?.next().is_none(),
    };
    if !is_fresh {
        if let Some(own) = own {
            let mut git = git(root, &own, &around);
            git.limit = LOOK_LIMIT;
            follow(&git, commit);
        }
        return Ok(Reply::CheckedOut { state: Tree::Kept });
    }
    let own = root.join(".git");
    if !own.join("HEAD").exists() {
        git_folder::lay(&own, &[mirror_objects.into()], commit)?;
    }
    // A checkout that was killed leaves its lock; nobody else works here yet.
    match std::fs::remove_file(own.join("index.lock")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    write(own.join("HEAD"), format!("ref: refs/heads/{branch}\n"))?;
    git(root, &own, &around).text(&["reset", "--hard", "--quiet", commit])?;
    write(own.join(TIP_FILE), commit)?;
    Ok(Reply::CheckedOut { state: Tree::Fresh })
}

/// Notes that the work tree is what `tip` holds.
pub(super) fn note_tip(root: &Path, tip: &str) {
    if let Some(own) = git_folder::of_workspace(root) {
        // Without the note a follow-up only shows the agent an older HEAD.
        let _ = replace(&own.join(TIP_FILE), tip.as_bytes());
    }
}

/// After a publication the agent's `HEAD` and index still show the commit before it: moves them to
/// `commit`, if that is what was published from here and the agent has no commits of its own beyond.
/// What was published has the same files, but another id if the server signed it.
/// The files stay as they are. Only a courtesy to the agent, so no fault of it matters.
fn follow(git: &Git<'_>, commit: &str) {
    let Ok((noted, _)) = files::read_whole(&git.folder.join(TIP_FILE)) else {
        return;
    };
    let noted = String::from_utf8_lossy(noted.trim_ascii());
    let noted = noted.as_ref();
    if !noted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return;
    }
    let tree = |commit: &str| git.text(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")]);
    let is_behind = || -> Result<bool, Failure> {
        if noted != commit && tree(noted)? != tree(commit)? {
            return Ok(false);
        }
        let head = git.text(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        let ancestor = git.say(&["merge-base", "--is-ancestor", &head, noted], None)?;
        Ok(head != commit && ancestor.status == 0)
    };
    if is_behind().unwrap_or(false) {
        // Mixed: HEAD and index move, files do not.
        let _ = git.text(&["reset", "--mixed", "--quiet", commit]);
    }
}

fn git<'a>(root: &'a Path, folder: &'a Path, around: &'a Surroundings) -> Git<'a> {
    Git {
        folder,
        root,
        variables: vec![],
        limit: COMMAND_LIMIT,
        around,
    }
}
