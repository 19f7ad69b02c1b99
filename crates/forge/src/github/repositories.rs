//! Repositories, branches and permissions on GitHub.

use http::StatusCode;
use outwork_domain::limits::FORGE_PAGE_MAX;
use outwork_domain::{BranchName, PullRequestIdentity, Repository};

use super::GitHub;
use super::crab::Crab;
use super::wire::{BranchWire, Installation, InstalledRepos, PermissionWire, Repo};
use crate::answer::Answer;
use crate::branch::{Branch, Protection};
use crate::call::{Call, escaped, escaped_path};
use crate::error::Error;
use crate::http::{Transport as _, described, find};
use crate::page::{Page, PageRequest, RepositoryPage};
use crate::person::{Permission, Person};
use crate::refusal::quota_of;
use crate::repository::RepositoryFacts;
use crate::wire::commit;

/// What a cursor names: a page of the user's repositories, or of an installation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    User { page: u64 },
    Installation { id: u64, page: u64 },
}

/// Lists and descriptions are for nobody in particular: whichever credential there is.
const ANYBODY: PullRequestIdentity = PullRequestIdentity::Server;

impl GitHub {
    pub(super) async fn repositories(
        &self,
        request: &PageRequest<'_>,
    ) -> Result<RepositoryPage, Error> {
        let cursor = match request.cursor {
            Some(cursor) => Some(Cursor::parse(cursor)?),
            None if self.access.token().is_some() => Some(Cursor::User { page: 1 }),
            None => self.installation_after(0).await?,
        };
        match cursor {
            None => Ok(RepositoryPage::Changed(Page::default())),
            Some(Cursor::User { page }) => self.user_page(page, request.etag).await,
            Some(Cursor::Installation { id, page }) => {
                match self.installed_page(id, page, request.etag).await {
                    Err(Error::Auth(_)) => {
                        self.access.forget_list(id);
                        self.installed_page(id, page, request.etag).await
                    }
                    answer => answer,
                }
            }
        }
    }

    async fn user_page(&self, page: u64, etag: Option<&str>) -> Result<RepositoryPage, Error> {
        let crab = self.access.token();
        let crab = crab.ok_or_else(|| Error::Auth("no token is configured".to_owned()))?;
        let path = format!("/user/repos?sort=full_name&per_page={FORGE_PAGE_MAX}&page={page}");
        let answer = crab.send(&conditional(path, etag)).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(unchanged(&answer));
        }
        let repos: Vec<Repo> = answer.json()?;
        let next = if answer.has_next_page() {
            Some(Cursor::User { page: page + 1 })
        } else {
            self.installation_after(0).await?
        };
        Ok(self.page(&answer, repos, next))
    }

    async fn installed_page(
        &self,
        id: u64,
        page: u64,
        etag: Option<&str>,
    ) -> Result<RepositoryPage, Error> {
        let crab = self.access.list_crab(id).await?;
        let path = format!("/installation/repositories?per_page={FORGE_PAGE_MAX}&page={page}");
        let answer = crab.send(&conditional(path, etag)).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(unchanged(&answer));
        }
        let repos: InstalledRepos = answer.json()?;
        let next = if answer.has_next_page() {
            Some(Cursor::Installation { id, page: page + 1 })
        } else {
            self.installation_after(id).await?
        };
        Ok(self.page(&answer, repos.repositories, next))
    }

    fn page(&self, answer: &Answer, repos: Vec<Repo>, next: Option<Cursor>) -> RepositoryPage {
        let facts = repos.into_iter().map(|repo| repo.facts(&self.host));
        RepositoryPage::Changed(Page {
            // One odd name must not hide all the others.
            repositories: facts.filter_map(Result::ok).collect(),
            next: next.map(|next| next.to_string()),
            etag: answer.etag(),
            quota: quota_of(answer),
        })
    }

    /// The first page of the App's installation of the next higher number.
    async fn installation_after(&self, id: u64) -> Result<Option<Cursor>, Error> {
        let installations = self.installations().await?;
        let usable = installations
            .iter()
            .filter(|one| one.suspended_at.is_none());
        let next = usable.map(|one| one.id).filter(|other| *other > id).min();
        Ok(next.map(|id| Cursor::Installation { id, page: 1 }))
    }

    /// All installations of the App; none without an App.
    pub(super) async fn installations(&self) -> Result<Vec<Installation>, Error> {
        let Some(crab) = self.access.app() else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for page in 1.. {
            let path = format!("/app/installations?per_page={FORGE_PAGE_MAX}&page={page}");
            let answer = crab.send(&Call::get(path)).await?;
            all.append(&mut answer.json::<Vec<Installation>>()?);
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(all)
    }

    pub(super) async fn facts(&self, repository: &Repository) -> Result<RepositoryFacts, Error> {
        let path = self.host.path_of(repository)?;
        let crab = match self.access.crab(path, ANYBODY).await {
            Err(refusal @ (Error::Renamed { .. } | Error::PermissionMissing { .. })) => {
                self.crab_of_moved(path).await.map_err(|_| refusal)?
            }
            crab => crab?,
        };
        let call = Call::get(format!("/repos/{}", escaped_path(path)));
        described::<Repo>(&crab, &self.api, call)
            .await?
            .facts(&self.host)
    }

    /// A credential for a repository whose old name is all that we know: of its owner's installation.
    async fn crab_of_moved(&self, path: &str) -> Result<Crab, Error> {
        if let Some(crab) = self.access.token() {
            return Ok(crab.clone());
        }
        let owner = path.split('/').next().unwrap_or_default();
        let installations = self.installations().await?;
        let mut of_owner = installations.iter().filter(|one| {
            let login = one.account.as_ref().map(|account| account.login.as_str());
            login.is_some_and(|login| login.eq_ignore_ascii_case(owner))
        });
        let installation = of_owner.next().ok_or(Error::Renamed { to: None })?;
        self.access.list_crab(installation.id).await
    }

    pub(super) async fn branch(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<Option<Branch>, Error> {
        let path = self.host.path_of(repository)?;
        let crab = self.access.crab(path, ANYBODY).await?;
        let repository = format!("/repos/{}", escaped_path(path));
        let call = Call::get(format!(
            "{repository}/branches/{}",
            escaped(branch.as_str())
        ));
        let Some(found) = find::<BranchWire>(&crab, call).await? else {
            // No such branch, unless there is no such repository.
            crab.send(&Call::get(repository)).await?;
            return Ok(None);
        };
        Ok(Some(Branch {
            commit: commit(&found.commit.sha)?,
            protection: if found.protected == Some(true) {
                Protection::Protected
            } else {
                Protection::Open
            },
        }))
    }

    pub(super) async fn permission_of(
        &self,
        repository: &Repository,
        person: &Person,
    ) -> Result<Permission, Error> {
        let path = self.host.path_of(repository)?;
        let crab = self.access.crab(path, ANYBODY).await?;
        let call = Call::get(format!(
            "/repos/{}/collaborators/{}/permission",
            escaped_path(path),
            escaped(&person.login)
        ));
        let found = find::<PermissionWire>(&crab, call).await?;
        Ok(found.map_or(Permission::None, |found| found.permission()))
    }
}

fn conditional(path: String, etag: Option<&str>) -> Call {
    Call {
        etag: etag.map(str::to_owned),
        ..Call::get(path)
    }
}

fn unchanged(answer: &Answer) -> RepositoryPage {
    RepositoryPage::Unchanged {
        quota: quota_of(answer),
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User { page } => write!(f, "user:{page}"),
            Self::Installation { id, page } => write!(f, "installation:{id}:{page}"),
        }
    }
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(':');
        let kind = parts.next();
        let mut number = || parts.next()?.parse().ok();
        let found = match kind {
            Some("user") => number().map(|page| Self::User { page }),
            Some("installation") => match (number(), number()) {
                (Some(id), Some(page)) => Some(Self::Installation { id, page }),
                _ => None,
            },
            Some(_) | None => None,
        };
        found.ok_or_else(|| Error::Refused(format!("{text:?} is no cursor of this list")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back() {
        for cursor in [
            Cursor::User { page: 3 },
            Cursor::Installation { id: 7, page: 12 },
        ] {
            assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        }
        for bad in ["", "user", "user:x", "installation:1", "x:1"] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }
}
