//! Repositories, branches and permissions on Gitea and Forgejo.

use http::StatusCode;
use outwork_domain::{BranchName, Repository};

use super::Gitea;
use super::pull_requests::PAGE;
use super::wire::{BranchWire, PermissionWire, Repo, User};
use crate::branch::{Branch, Protection};
use crate::call::{Call, escaped};
use crate::error::Error;
use crate::http::{Transport as _, ask, described, find};
use crate::page::{Page, PageRequest, RepositoryPage};
use crate::person::{Permission, Person};
use crate::refusal::quota_of;
use crate::repository::RepositoryFacts;
use crate::wire::commit;

impl Gitea {
    pub(super) async fn repositories(
        &self,
        request: &PageRequest<'_>,
    ) -> Result<RepositoryPage, Error> {
        let page: u64 = match request.cursor {
            None => 1,
            Some(cursor) => cursor
                .parse()
                .map_err(|_| Error::Refused(format!("{cursor:?} is no cursor of this list")))?,
        };
        let mut call = Call::get(format!("/user/repos?limit={PAGE}&page={page}"));
        call.etag = request.etag.map(str::to_owned);
        let answer = self.direct.send(&call).await?;
        let quota = quota_of(&answer);
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(RepositoryPage::Unchanged { quota });
        }
        let repos: Vec<Repo> = answer.json()?;
        let facts = repos.into_iter().map(|repo| repo.facts(&self.host));
        Ok(RepositoryPage::Changed(Page {
            // One odd name must not hide all the others.
            repositories: facts.filter_map(Result::ok).collect(),
            next: answer.has_next_page().then(|| (page + 1).to_string()),
            etag: answer.etag(),
            quota,
        }))
    }

    pub(super) async fn facts(&self, repository: &Repository) -> Result<RepositoryFacts, Error> {
        let call = Call::get(self.repository_path(repository)?);
        let repo: Repo = described(&self.direct, &self.api, call).await?;
        repo.facts(&self.host)
    }

    pub(super) async fn branch(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<Option<Branch>, Error> {
        let repository = self.repository_path(repository)?;
        let name = escaped(branch.as_str());
        let call = Call::get(format!("{repository}/branches/{name}"));
        let Some(found) = find::<BranchWire>(&self.direct, call).await? else {
            // No such branch, unless there is no such repository.
            self.direct.send(&Call::get(repository)).await?;
            return Ok(None);
        };
        Ok(Some(Branch {
            commit: commit(&found.commit.id)?,
            protection: if found.protected == Some(true) {
                Protection::Protected
            } else {
                Protection::Open
            },
        }))
    }

    /// Only administrators of a repository are told what others may do there; whoever may read it is told
    /// at least who may write.
    pub(super) async fn permission_of(
        &self,
        repository: &Repository,
        person: &Person,
    ) -> Result<Permission, Error> {
        let repository = self.repository_path(repository)?;
        let login = escaped(&person.login);
        let call = Call::get(format!("{repository}/collaborators/{login}/permission"));
        match find::<PermissionWire>(&self.direct, call).await {
            Ok(found) => Ok(found.map_or(Permission::None, |found| found.permission())),
            Err(Error::PermissionMissing { .. }) => {
                let call = Call::get(format!("{repository}/assignees"));
                let writers: Vec<User> = ask(&self.direct, call).await?;
                let is_he = |user: &User| user.login.eq_ignore_ascii_case(&person.login);
                Ok(if writers.iter().any(is_he) {
                    Permission::Write
                } else {
                    Permission::None
                })
            }
            Err(error) => Err(error),
        }
    }
}
