//! Repositories that were renamed on their hosts.
//!
//! A redirect is never followed with a credential. Who has learned the new name from the host itself says
//! so here, and from then on the wire gets that name; mirrors and all that callers see keep the old one.

use outwork_domain::{Repository, Scheme};

use crate::git::{Git, locked};

impl Git {
    /// Reaches a repository by another path of its host from now on, as long as this process lives; tells
    /// whether that is new. A path that is none, or one of this machine, changes nothing.
    pub fn follow(&self, repository: &Repository, path: &str) -> bool {
        let Some(there) = at(repository, path) else {
            return false;
        };
        if there == self.reached(repository) {
            return false;
        }
        // Another spelling of its address may be the right one there.
        locked(&self.inner.spellings).remove(repository);
        let mut moved = locked(&self.inner.moved);
        if there == *repository {
            moved.remove(repository);
        } else {
            moved.insert(repository.clone(), there);
        }
        true
    }

    /// The address that a repository is reached by.
    #[must_use]
    pub fn reached(&self, repository: &Repository) -> Repository {
        let moved = locked(&self.inner.moved);
        moved.get(repository).unwrap_or(repository).clone()
    }
}

/// The same host with another path.
fn at(repository: &Repository, path: &str) -> Option<Repository> {
    if repository.scheme() == Scheme::File || !path.starts_with('/') {
        return None;
    }
    let text = repository.to_string();
    let host = text.strip_suffix(repository.path())?;
    let there: Repository = format!("{host}{path}").parse().ok()?;
    let is_same = there.scheme() == repository.scheme()
        && there.host_and_port() == repository.host_and_port();
    is_same.then_some(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_path_is_on_the_same_host() {
        let at = |from: &str, path: &str| {
            let from: Repository = from.parse().unwrap();
            at(&from, path).map(|there| there.to_string())
        };
        assert_eq!(
            at("https://h:8443/a/b", "/c/d").as_deref(),
            Some("https://h:8443/c/d")
        );
        assert_eq!(
            at("ssh://git@h/a/b", "/c/d").as_deref(),
            Some("ssh://git@h/c/d")
        );
        for (from, path) in [
            ("file:///srv/a.git", "/srv/b.git"),
            ("https://h/a/b", "c/d"),
            ("https://h/a/b", ".evil.example/x"),
            ("https://h/a/b", "/c d"),
        ] {
            assert_eq!(at(from, path), None, "{from} {path}");
        }
    }
}
