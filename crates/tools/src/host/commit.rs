//! Makes one commit of the work tree, or finds that nothing changed.
//!
//! In a fresh git folder of its own that borrows the objects of the mirror and, while it is one, of the
//! agent's `.git`: no hook, setting, lock or damage there can block or bend it. Message, author and date
//! are given, so the same request on the same files gives the same commit.

use std::fs::write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::git::{COMMAND_LIMIT, Git, LOOK_LIMIT};
use super::git_folder::{self, GitFolder};
use super::{Failure, Host, checkout, snapshot};
use crate::protocol::{Commit, Reply, WireHistory};

/// Carries out the request; the git folder stays for the bundle.
pub(super) fn commit(host: &mut Host, request: &Commit) -> Result<Reply, Failure> {
    host.commits = None;
    let server = host.wire.server()?;
    let own = git_folder::of_workspace(&host.root);
    let head = own.as_deref().and_then(|own| head_of(host, own, &server));
    // Objects are borrowed only from a `.git` in which git has found its way to a commit.
    let own = own.filter(|_| head.is_some());
    let (folder, reply) = match attempt(host, request, own.as_deref(), head) {
        // Whatever lies in the agent's objects must not stop its files from being published.
        Err(_) if own.is_some() => attempt(host, request, None, None)?,
        tried => tried?,
    };
    if let Reply::Tip { commit, .. } = &reply {
        checkout::note_tip(&host.root, commit);
    }
    host.commits = Some(folder);
    Ok(reply)
}

/// Commits with the objects of the mirror and, if given, of the agent's `.git`.
fn attempt(
    host: &Host,
    request: &Commit,
    own: Option<&Path>,
    head: Option<String>,
) -> Result<(GitFolder, Reply), Failure> {
    let server = host.wire.server()?;
    let mut objects = vec![PathBuf::from(&request.mirror_objects)];
    objects.extend(own.map(|own| own.join("objects")));
    let folder = GitFolder::make(&objects, &request.parent)?;
    let git = Git {
        folder: folder.path(),
        root: &host.root,
        variables: identity(request),
        limit: COMMAND_LIMIT,
        server: &server,
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
    let (below, history) = place(git, request, head)?;
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
fn place(
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
fn head_of(host: &Host, own: &Path, server: &OwnedFd) -> Option<String> {
    let git = Git {
        folder: own,
        root: &host.root,
        variables: vec![],
        limit: LOOK_LIMIT,
        server,
    };
    let head = git
        .text(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        .ok()?;
    let is_id = matches!(head.len(), 40 | 64) && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(head)
}
