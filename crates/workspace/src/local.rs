//! Repositories on this disk, below the folders that the configuration opens.
//!
//! A path counts only after every symbolic link in it is resolved, and the roots likewise.

use std::fs;
use std::path::{Path, PathBuf};

use outwork_domain::{BaseRef, Repository, Scheme};

use crate::bare::is_git_dir;
use crate::error::{Error, Result};
use crate::folders::blocking;
use crate::git::Git;
use crate::refs::{self, Head};

/// How deep below a root repositories are listed.
const DEPTH_MAX: usize = 3;
/// Repositories in a list.
const LISTED_MAX: usize = 1_000;

/// Whether a repository of this disk is below one of these folders; for whoever has no git at hand.
///
/// # Errors
///
/// [`Error::RepositoryNotFound`], and [`Error::RepositoryRefused`] if no folder is named.
pub fn check_local(roots: &[PathBuf], repository: &Repository) -> Result<()> {
    locate(roots, repository).map(drop)
}

/// The git folder of an open local repository.
pub(crate) fn locate(roots: &[PathBuf], repository: &Repository) -> Result<PathBuf> {
    if roots.is_empty() {
        let why = "no folder of local repositories is configured";
        return Err(Error::RepositoryRefused {
            why: why.to_owned(),
        });
    }
    let missing = || Error::RepositoryNotFound {
        words: repository.to_string(),
    };
    // Whether a path exists outside the roots is nobody's business: both answers are the same.
    let path = fs::canonicalize(repository.path()).map_err(|_| missing())?;
    if !is_below(roots, &path) {
        return Err(missing());
    }
    if is_git_dir(&path) {
        return Ok(path);
    }
    let no_repository = || Error::RepositoryNotFound {
        words: format!("{repository} is there, and is no git repository"),
    };
    let inner = fs::canonicalize(path.join(".git")).map_err(|_| no_repository())?;
    if is_below(roots, &inner) && is_git_dir(&inner) {
        return Ok(inner);
    }
    Err(no_repository())
}

fn is_below(roots: &[PathBuf], path: &Path) -> bool {
    roots
        .iter()
        .filter_map(|root| fs::canonicalize(root).ok())
        .any(|root| path.starts_with(root))
}

/// Whether the reference exists, as far as that can be told without a process.
pub(crate) fn check_base(git_dir: &Path, base: Option<&BaseRef>) -> Result<()> {
    let missing = |reference: &str| Error::BaseNotFound {
        reference: reference.to_owned(),
        why: "the repository has no such branch or tag".to_owned(),
    };
    let Some(base) = base else {
        let Head::Branch(branch) = refs::head(git_dir) else {
            return Ok(());
        };
        let full_ref = format!("refs/heads/{branch}");
        return if refs::may_exist(git_dir, &full_ref) {
            Ok(())
        } else {
            no_default(git_dir)
        };
    };
    let name = base.as_str();
    let named = ["", "refs/heads/", "refs/tags/"];
    let full = named.iter().map(|prefix| format!("{prefix}{name}"));
    let known = full
        .filter(|name| name.starts_with("refs/"))
        .any(|full| refs::may_exist(git_dir, &full));
    if base.commit().is_some() || known {
        Ok(())
    } else {
        Err(missing(name))
    }
}

/// `HEAD` names a branch that is not there: either nothing is, or a base must be named.
fn no_default(git_dir: &Path) -> Result<()> {
    let packed = fs::metadata(git_dir.join("packed-refs")).is_ok_and(|found| found.len() > 0);
    let loose =
        fs::read_dir(git_dir.join("refs/heads")).is_ok_and(|mut entries| entries.next().is_some());
    if packed || loose {
        return Err(Error::BaseNotFound {
            reference: "HEAD".to_owned(),
            why: "the repository's default branch does not exist; name a base".to_owned(),
        });
    }
    Err(Error::EmptyRepository)
}

impl Git {
    /// The bare repositories below the configured folders, and those folders that are repositories
    /// themselves; at most three levels deep, in order of their paths.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the work could not be done at all; unreadable folders are left out.
    pub async fn list_local(&self) -> Result<Vec<Repository>> {
        let roots = self.options().local_repositories.clone();
        blocking(move || {
            let mut found = Vec::new();
            for root in &roots {
                let root_itself = is_git_dir(root) || is_git_dir(&root.join(".git"));
                if root_itself {
                    found.extend(named(root));
                } else {
                    list_below(root, DEPTH_MAX, &mut found);
                }
            }
            found.sort_by_key(ToString::to_string);
            found.dedup();
            found.truncate(LISTED_MAX);
            Ok(found)
        })
        .await
    }
}

fn list_below(folder: &Path, depth: usize, found: &mut Vec<Repository>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.filter_map(std::result::Result::ok) {
        // Links are not followed: what they point to is listed where it is, or not open at all.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || entry.file_name() == ".git" || found.len() >= LISTED_MAX {
            continue;
        }
        let path = entry.path();
        if is_git_dir(&path) {
            found.extend(named(&path));
        } else if depth > 1 {
            list_below(&path, depth - 1, found);
        }
    }
}

fn named(path: &Path) -> Option<Repository> {
    let repository: Repository = path.to_str()?.parse().ok()?;
    (repository.scheme() == Scheme::File).then_some(repository)
}
