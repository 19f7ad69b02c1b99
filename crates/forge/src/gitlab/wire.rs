//! GitLab's answers, as far as they are read: only what a call makes no sense without is required.

use outwork_domain::{PullRequestState, Readiness};
use serde::Deserialize;

use crate::error::Error;
use crate::host::Host;
use crate::person::Permission;
use crate::repository::{RepositoryFacts, Standing, Visibility};
use crate::wire::{branch, repository};

/// What GitLab takes for a draft, and writes itself.
pub(super) const DRAFT: &str = "Draft: ";

#[derive(Debug, Deserialize)]
pub(super) struct MergeRequest {
    pub(super) iid: u64,
    pub(super) web_url: String,
    state: String,
    title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) source_branch: String,
    pub(super) target_branch: String,
    pub(super) source_project_id: Option<u64>,
    pub(super) target_project_id: Option<u64>,
    pub(super) sha: Option<String>,
    #[serde(flatten)]
    pub(super) more: People,
}

#[derive(Debug, Deserialize)]
pub(super) struct People {
    pub(super) reviewers: Option<Vec<User>>,
    pub(super) assignees: Option<Vec<User>>,
    pub(super) allow_collaboration: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) path_with_namespace: String,
    default_branch: Option<String>,
    visibility: Option<String>,
    archived: Option<bool>,
    permissions: Option<Permissions>,
}

#[derive(Debug, Deserialize)]
struct Permissions {
    project_access: Option<Access>,
    group_access: Option<Access>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Access {
    pub(super) access_level: u64,
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
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) body: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TokenWire {
    pub(super) scopes: Vec<String>,
    /// A date; the token ends as it begins.
    pub(super) expires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
}

impl MergeRequest {
    pub(super) fn state(&self) -> PullRequestState {
        match self.state.as_str() {
            "merged" => PullRequestState::Merged,
            "closed" => PullRequestState::Closed,
            // `locked` is one that is being merged.
            _ => PullRequestState::Open,
        }
    }

    /// The title without what marks a draft, and whether it is one.
    pub(super) fn title(&self) -> (String, Readiness) {
        let title = self.title.as_deref().unwrap_or_default();
        let plain = ["Draft:", "[Draft]", "(Draft)"].iter().find_map(|mark| {
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
}

impl Project {
    pub(super) fn facts(self, host: &Host) -> Result<RepositoryFacts, Error> {
        let permission = self.permissions.map(|permissions| {
            let own = [permissions.project_access, permissions.group_access];
            let levels = own.into_iter().flatten().map(|access| access.access_level);
            permission_of(levels.max().unwrap_or(0))
        });
        Ok(RepositoryFacts {
            repository: repository(host, &self.path_with_namespace)?,
            default_branch: self.default_branch.as_deref().map(branch).transpose()?,
            visibility: match self.visibility.as_deref() {
                Some("public") => Visibility::Public,
                Some(_) | None => Visibility::Private,
            },
            standing: match self.archived {
                Some(true) => Standing::Archived,
                Some(false) | None => Standing::Active,
            },
            permission,
        })
    }
}

/// GitLab's levels: 10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner.
pub(super) fn permission_of(level: u64) -> Permission {
    match level {
        0..10 => Permission::None,
        10..20 => Permission::Read,
        20..30 => Permission::Triage,
        30..40 => Permission::Write,
        40.. => Permission::Admin,
    }
}
