//! Gitea's and Forgejo's answers, as far as they are read: only what a call makes no sense without is
//! required.

use std::collections::HashMap;

use outwork_domain::{PullRequestNumber, PullRequestState, Readiness};
use serde::Deserialize;

use crate::error::Error;
use crate::found::{Found, Head, HeadAccess};
use crate::host::Host;
use crate::person::Permission;
use crate::repository::{RepositoryFacts, Standing, Visibility};
use crate::wire::{branch, commit, repository};

/// What Gitea takes for a draft, unless its operator decided otherwise.
pub(super) const DRAFT: &str = "WIP: ";

#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    html_url: String,
    state: String,
    merged: Option<bool>,
    title: Option<String>,
    body: Option<String>,
    pub(super) base: End,
    pub(super) head: End,
    #[serde(flatten)]
    more: Maintenance,
}

#[derive(Debug, Deserialize)]
struct Maintenance {
    allow_maintainer_edit: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    #[serde(rename = "ref")]
    pub(super) name: String,
    sha: Option<String>,
    pub(super) repo: Option<Repo>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repo {
    pub(super) full_name: String,
    default_branch: Option<String>,
    private: Option<bool>,
    permissions: Option<HashMap<String, bool>>,
    #[serde(flatten)]
    more: Nature,
}

#[derive(Debug, Deserialize)]
struct Nature {
    #[serde(flatten)]
    standing: Archive,
    #[serde(flatten)]
    content: Content,
}

#[derive(Debug, Deserialize)]
struct Archive {
    archived: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Content {
    empty: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BranchWire {
    pub(super) commit: CommitWire,
    pub(super) protected: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CommitWire {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: Option<u64>,
    pub(super) login: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) user: Option<User>,
    pub(super) comments_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReviewComment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) user: Option<User>,
    pub(super) path: Option<String>,
    /// The line of the new side; 0 if it is of the old one.
    pub(super) position: Option<u64>,
    pub(super) original_position: Option<u64>,
    pub(super) diff_hunk: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) assignees: Option<Vec<User>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Label {
    pub(super) id: u64,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct PermissionWire {
    permission: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
}

impl Pull {
    pub(super) fn found(self, host: &Host) -> Result<Found, Error> {
        let state = match (self.merged, self.state.as_str()) {
            (Some(true), _) => PullRequestState::Merged,
            (Some(false) | None, "closed") => PullRequestState::Closed,
            (Some(false) | None, _) => PullRequestState::Open,
        };
        let base = self.base.repo.as_ref().map(|repo| &repo.full_name);
        let access = match self.head.repo {
            None => HeadAccess::Gone,
            Some(repo) if Some(&repo.full_name) == base => HeadAccess::Same,
            Some(repo) => {
                let fork = repository(host, &repo.full_name)?;
                if self.more.allow_maintainer_edit == Some(true) {
                    HeadAccess::OpenFork(fork)
                } else {
                    HeadAccess::ClosedFork(fork)
                }
            }
        };
        let (title, readiness) = plain_title(self.title.as_deref().unwrap_or_default());
        Ok(Found {
            number: PullRequestNumber(self.number),
            url: self.html_url,
            state,
            readiness,
            title,
            body: self.body.unwrap_or_default(),
            base: branch(&self.base.name)?,
            head: Head {
                branch: branch(&self.head.name)?,
                commit: self.head.sha.as_deref().map(commit).transpose()?,
                access,
            },
        })
    }
}

/// A title without what marks a draft, and whether it is one.
fn plain_title(title: &str) -> (String, Readiness) {
    let plain = ["WIP:", "[WIP]"].iter().find_map(|mark| {
        let start = title.get(..mark.len())?;
        start
            .eq_ignore_ascii_case(mark)
            .then(|| &title[mark.len()..])
    });
    match plain {
        Some(plain) => (plain.trim_start().to_owned(), Readiness::Draft),
        None => (title.to_owned(), Readiness::Ready),
    }
}

impl Repo {
    pub(super) fn facts(self, host: &Host) -> Result<RepositoryFacts, Error> {
        let permission = self.permissions.as_ref().map(|permissions| {
            let has = |name: &str| permissions.get(name) == Some(&true);
            match () {
                () if has("admin") => Permission::Admin,
                () if has("push") => Permission::Write,
                () if has("pull") => Permission::Read,
                () => Permission::None,
            }
        });
        let default = match self.more.content.empty {
            Some(true) => None,
            Some(false) | None => self.default_branch.as_deref(),
        };
        Ok(RepositoryFacts {
            repository: repository(host, &self.full_name)?,
            default_branch: default.map(branch).transpose()?,
            visibility: match self.private {
                Some(true) => Visibility::Private,
                Some(false) | None => Visibility::Public,
            },
            standing: match self.more.standing.archived {
                Some(true) => Standing::Archived,
                Some(false) | None => Standing::Active,
            },
            permission,
        })
    }
}

impl PermissionWire {
    pub(super) fn permission(&self) -> Permission {
        match self.permission.as_deref() {
            Some("owner" | "admin") => Permission::Admin,
            Some("write") => Permission::Write,
            Some("read") => Permission::Read,
            Some(_) | None => Permission::None,
        }
    }
}
