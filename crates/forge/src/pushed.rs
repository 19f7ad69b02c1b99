//! Pushes as all forges announce them: a full reference, and commits of which all zeros is none.

use outwork_domain::{CommitId, Repository};

use crate::incoming::{Incoming, Pushed};
use crate::person::Person;

/// A push to a branch; tags and branches that we could not name ourselves are nothing to us.
pub(crate) fn pushed(
    repository: Repository,
    reference: &str,
    (before, after): (&str, &str),
    author: Person,
) -> Incoming {
    let branch = reference
        .strip_prefix("refs/heads/")
        .and_then(|name| name.parse().ok());
    let Some(branch) = branch else {
        return Incoming::Irrelevant;
    };
    Incoming::Pushed(Pushed {
        repository,
        branch,
        before: there(before),
        after: there(after),
        author,
    })
}

fn there(commit: &str) -> Option<CommitId> {
    if commit.bytes().all(|byte| byte == b'0') {
        return None;
    }
    commit.parse().ok()
}
