//! GitHub's answers, as far as they are read: only what a call makes no sense without is required.

use std::collections::HashMap;

use outwork_domain::{PullRequestNumber, PullRequestState, Readiness};
use serde::Deserialize;

use crate::error::Error;
use crate::found::{Found, Head, HeadAccess};
use crate::host::Host;
use crate::person::Permission;
use crate::repository::{RepositoryFacts, Standing, Visibility};
use crate::wire::{branch, commit, repository};

#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    html_url: String,
    state: String,
    merged_at: Option<String>,
    draft: Option<bool>,
    title: Option<String>,
    body: Option<String>,
    base: End,
    pub(super) head: End,
    #[serde(flatten)]
    more: Maintenance,
}

#[derive(Debug, Deserialize)]
struct Maintenance {
    maintainer_can_modify: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    #[serde(rename = "ref")]
    pub(super) name: String,
    sha: Option<String>,
    repo: Option<Repo>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repo {
    pub(super) full_name: String,
    private: Option<bool>,
    default_branch: Option<String>,
    #[serde(flatten)]
    more: Archive,
    permissions: Option<HashMap<String, bool>>,
}

#[derive(Debug, Deserialize)]
struct Archive {
    archived: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct InstalledRepos {
    pub(super) repositories: Vec<Repo>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BranchWire {
    pub(super) commit: CommitWire,
    pub(super) protected: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CommitWire {
    pub(super) sha: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CommentWire {
    pub(super) id: u64,
    pub(super) html_url: Option<String>,
    pub(super) body: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PermissionWire {
    permission: Option<String>,
    role_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Installation {
    pub(super) id: u64,
    pub(super) account: Option<Account>,
    pub(super) permissions: Option<HashMap<String, String>>,
    pub(super) suspended_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) login: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct App {
    pub(super) slug: Option<String>,
    pub(super) name: Option<String>,
    pub(super) permissions: Option<HashMap<String, String>>,
}

/// A fresh token; without `Debug`, so that no log shows it.
#[derive(Deserialize)]
pub(super) struct MintedWire {
    pub(super) token: String,
    pub(super) expires_at: Option<String>,
}

impl Pull {
    pub(super) fn found(self, host: &Host) -> Result<Found, Error> {
        let state = match (self.merged_at.is_some(), self.state.as_str()) {
            (true, _) => PullRequestState::Merged,
            (false, "closed") => PullRequestState::Closed,
            (false, _) => PullRequestState::Open,
        };
        let base = self.base.repo.as_ref().map(|repo| &repo.full_name);
        let access = match self.head.repo {
            None => HeadAccess::Gone,
            Some(repo) if Some(&repo.full_name) == base => HeadAccess::Same,
            Some(repo) => {
                let fork = repository(host, &repo.full_name)?;
                if self.more.maintainer_can_modify == Some(true) {
                    HeadAccess::OpenFork(fork)
                } else {
                    HeadAccess::ClosedFork(fork)
                }
            }
        };
        Ok(Found {
            number: PullRequestNumber(self.number),
            url: self.html_url,
            state,
            readiness: match self.draft {
                Some(true) => Readiness::Draft,
                Some(false) | None => Readiness::Ready,
            },
            title: self.title.unwrap_or_default(),
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

impl Repo {
    pub(super) fn facts(self, host: &Host) -> Result<RepositoryFacts, Error> {
        let permission = self.permissions.as_ref().map(|permissions| {
            let has = |name: &str| permissions.get(name) == Some(&true);
            match () {
                () if has("admin") => Permission::Admin,
                () if has("push") || has("maintain") => Permission::Write,
                () if has("triage") => Permission::Triage,
                () if has("pull") => Permission::Read,
                () => Permission::None,
            }
        });
        Ok(RepositoryFacts {
            repository: repository(host, &self.full_name)?,
            // GitHub names one even for an empty repository; whoever clones it finds out.
            default_branch: self.default_branch.as_deref().map(branch).transpose()?,
            visibility: match self.private {
                Some(true) => Visibility::Private,
                Some(false) | None => Visibility::Public,
            },
            standing: match self.more.archived {
                Some(true) => Standing::Archived,
                Some(false) | None => Standing::Active,
            },
            permission,
        })
    }
}

impl PermissionWire {
    pub(super) fn permission(&self) -> Permission {
        // `role_name` is finer, but may be a role that an organisation made up.
        let words = [self.role_name.as_deref(), self.permission.as_deref()];
        let known = |word: &str| match word {
            "admin" => Some(Permission::Admin),
            "write" | "maintain" => Some(Permission::Write),
            "triage" => Some(Permission::Triage),
            "read" => Some(Permission::Read),
            "none" => Some(Permission::None),
            _ => None,
        };
        let mut found = words.into_iter().flatten().filter_map(known);
        found.next().unwrap_or(Permission::None)
    }
}
