//! Makes one commit of the work tree, or finds that nothing changed.
//!
//! In a fresh git folder of its own that borrows the objects of the mirror and, while it is one, of the
//! agent's `.git`: no hook, setting, lock or damage there can block or bend it. Message, author and date
//! are given, so the same request on the same files gives the same commit.

use std::fs::{create_dir, remove_file, write};
use std::io;
use std::path::{Path, PathBuf};

use super::command::Surroundings;
use super::git::{COMMAND_LIMIT, Git, LOOK_LIMIT};
use super::git_folder::{self, GitFolder};
use super::{Failure, Host, checkout, snapshot};
use crate::protocol::{Commit, Reply, WireHistory};

/// Carries out the request; the git folder stays for the bundle.
pub(super) fn commit(host: &mut Host, request: &Commit) -> Result<Reply, Failure> {
    host.commits = None;
    let around = host.surroundings()?;
    let root = host.checkout_root(request.folder.as_deref())?;
    // Whoever removed or replaced the folder of a checkout has removed all of its files.
    make_real(&root)?;
    let own = git_folder::of_workspace(&root);
    let head = own.as_deref().and_then(|own| head_of(&root, own, &around));
    // Objects are borrowed only from a `.git` in which git has found its way to a commit.
    let own = own.filter(|_| head.is_some());
    let whole = Place {
        root: &root,
        own: own.as_deref(),
        head,
    };
    let (folder, reply) = match attempt(host, request, whole) {
        // Whatever lies in the agent's objects must not stop its files from being published.
        Err(_) if own.is_some() => {
            let without = Place {
                root: &root,
                own: None,
                head: None,
            };
            attempt(host, request, without)?
        }
        tried => tried?,
    };
    if let Reply::Tip { commit, .. } = &reply {
        checkout::note_tip(&root, commit);
    }
    host.commits = Some((root, folder));
    Ok(reply)
}

/// Sees to it that there is a folder, and no link that leads elsewhere.
fn make_real(root: &Path) -> io::Result<()> {
    match root.symlink_metadata() {
        Ok(about) if about.is_dir() => return Ok(()),
        Ok(_) => remove_file(root)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    create_dir(root)
}

/// A checkout, and what can be used of the agent's `.git` in it.
struct Place<'a> {
    root: &'a Path,
    own: Option<&'a Path>,
    head: Option<String>,
}

/// Commits with the objects of the mirror and, if given, of the agent's `.git`.
fn attempt(host: &Host, request: &Commit, place: Place<'_>) -> Result<(GitFolder, Reply), Failure> {
    let around = host.surroundings()?;
    let Place { root, own, head } = place;
    let mut objects = vec![PathBuf::from(&request.mirror_objects)];
    objects.extend(own.map(|own| own.join("objects")));
    let folder = GitFolder::make(&objects, &request.parent)?;
    let git = Git {
        folder: folder.path(),
        root,
        variables: identity(request),
        limit: COMMAND_LIMIT,
        around: &around,
    };
    let reply = made(&git, request, head)?;
    Ok((folder, reply))
}

fn identity(request: &Commit) -> Vec<(&'static str, String)> {
    let date = format!("{} +0000", request.date_secs);
    vec![
        ("GIT_AUTHOR_NAME", request.author_name.clone()),
        ("GIT_AUTHOR_EMAIL", request.author_email.clone()),
        ("GIT_AUTHOR_DATE", date.clone()),
        ("GIT_COMMITTER_NAME", request.author_name.clone()),
        ("GIT_COMMITTER_EMAIL", request.author_email.clone()),
        ("GIT_COMMITTER_DATE", date),
    ]
}

fn made(git: &Git<'_>, request: &Commit, head: Option<String>) -> Result<Reply, Failure> {
    let snapshot = snapshot::take(git, &request.parent)?;
    if snapshot.tree == tree_of(git, &request.parent)? {
        return Ok(Reply::Unchanged);
    }
    let (below, history) = parent_of(git, request, head)?;
    let commit = if tree_of(git, &below)? == snapshot.tree {
        below
    } else {
        let message = git.folder.join("message");
        write(&message, format!("{}\n", request.message.trim_end()))?;
        let message = message.to_string_lossy();
        git.text(&["commit-tree", &snapshot.tree, "-p", &below, "-F", &message])?
    };
    Ok(Reply::Tip {
        commit,
        history,
        skipped: snapshot.skipped,
    })
}

/// The commit to build on, and what that means for the agent's own commits.
fn parent_of(
    git: &Git<'_>,
    request: &Commit,
    head: Option<String>,
) -> Result<(String, WireHistory), Failure> {
    let (base, parent) = (&request.base, &request.parent);
    let on_parent = |history| Ok((parent.clone(), history));
    let Some(head) = head else {
        return on_parent(WireHistory::Lost);
    };
    if head == *parent || head == *base || descends(git, parent, &head)? {
        return on_parent(WireHistory::Kept);
    }
    if !descends(git, &head, parent)? && !descends(git, &head, base)? {
        return on_parent(WireHistory::Flattened);
    }
    // Its objects come from a folder that the agent could damage: without all of them, no bundle.
    let objects = [
        "rev-list",
        "--objects",
        "--quiet",
        &head,
        "--not",
        base,
        parent,
    ];
    if git.say(&objects, None)?.status != 0 {
        return on_parent(WireHistory::Lost);
    }
    Ok((head, WireHistory::Kept))
}

/// Whether `ancestor` is below `commit`; an unreadable one is not.
fn descends(git: &Git<'_>, commit: &str, ancestor: &str) -> Result<bool, Failure> {
    let said = git.say(&["merge-base", "--is-ancestor", ancestor, commit], None)?;
    Ok(said.status == 0)
}

fn tree_of(git: &Git<'_>, commit: &str) -> Result<String, Failure> {
    git.text(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])
}

/// What the agent's `HEAD` names, if its `.git` can be read.
fn head_of(root: &Path, own: &Path, around: &Surroundings) -> Option<String> {
    let git = Git {
        folder: own,
        root,
        variables: vec![],
        limit: LOOK_LIMIT,
        around,
    };
    let head = git
        .text(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        .ok()?;
    let is_id = matches!(head.len(), 40 | 64) && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(head)
}
