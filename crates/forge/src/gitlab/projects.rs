//! Repositories, branches and permissions on GitLab, where repositories belong to projects.

use http::StatusCode;
use outwork_domain::limits::FORGE_PAGE_MAX;
use outwork_domain::{BranchName, Repository};

use super::GitLab;
use super::wire::{Access, BranchWire, Project, permission_of};
use crate::branch::{Branch, Protection};
use crate::call::{Call, escaped};
use crate::error::Error;
use crate::http::{Transport as _, described, find};
use crate::page::{Page, PageRequest, RepositoryPage};
use crate::person::{Permission, Person};
use crate::refusal::quota_of;
use crate::repository::RepositoryFacts;
use crate::wire::commit;

impl GitLab {
    /// One page by key, since GitLab counts no further than 50,000 by number: the cursor is the last
    /// project's id.
    pub(super) async fn projects(
        &self,
        request: &PageRequest<'_>,
    ) -> Result<RepositoryPage, Error> {
        let after: u64 = match request.cursor {
            None => 0,
            Some(cursor) => cursor
                .parse()
                .map_err(|_| Error::Refused(format!("{cursor:?} is no cursor of this list")))?,
        };
        let mut call = Call::get(format!(
            "/projects?membership=true&pagination=keyset&order_by=id&sort=asc\
             &per_page={FORGE_PAGE_MAX}&id_after={after}"
        ));
        call.etag = request.etag.map(str::to_owned);
        let answer = self.direct.send(&call).await?;
        let quota = quota_of(&answer);
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(RepositoryPage::Unchanged { quota });
        }
        let projects: Vec<Project> = answer.json()?;
        let last = projects.last().map(|project| project.id.to_string());
        let facts = projects
            .into_iter()
            .map(|project| project.facts(&self.host));
        Ok(RepositoryPage::Changed(Page {
            // One odd name must not hide all the others.
            repositories: facts.filter_map(Result::ok).collect(),
            next: last.filter(|_| answer.has_next_page()),
            etag: answer.etag(),
            quota,
        }))
    }

    pub(super) async fn facts(&self, repository: &Repository) -> Result<RepositoryFacts, Error> {
        let call = Call::get(self.project_path(repository)?);
        let project: Project = described(&self.direct, &self.api, call).await?;
        project.facts(&self.host)
    }

    pub(super) async fn branch(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<Option<Branch>, Error> {
        let project = self.project_path(repository)?;
        let name = escaped(branch.as_str());
        let call = Call::get(format!("{project}/repository/branches/{name}"));
        let Some(found) = find::<BranchWire>(&self.direct, call).await? else {
            // No such branch, unless there is no such repository.
            self.direct.send(&Call::get(project)).await?;
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

    pub(super) async fn permission_of(
        &self,
        repository: &Repository,
        person: &Person,
    ) -> Result<Permission, Error> {
        let id = match person.id {
            0 => match self.user(&person.login).await? {
                Some(user) => user.id,
                None => return Ok(Permission::None),
            },
            id => id,
        };
        let project = self.project_path(repository)?;
        let call = Call::get(format!("{project}/members/all/{id}"));
        let found: Option<Access> = find(&self.direct, call).await?;
        Ok(found.map_or(Permission::None, |access| {
            permission_of(access.access_level)
        }))
    }
}
