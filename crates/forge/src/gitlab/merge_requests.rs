//! Pull requests on GitLab, where they are called merge requests.

use outwork_domain::{CommitId, PullRequestNumber, PullRequestState, Readiness, Repository};
use serde_json::{Value, json};

use super::GitLab;
use super::wire::{DRAFT, MergeRequest, Project, User};
use crate::call::{Call, escaped};
use crate::decoration::{Decoration, Unmet};
use crate::draft::{At, Draft, Revision, Wanted};
use crate::error::Error;
use crate::found::{Found, Head, HeadAccess};
use crate::http::{ask, find};
use crate::unmet::{note, unmet};
use crate::wire::{branch, commit, repository};

impl GitLab {
    pub(super) async fn merge_requests(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        let project = self.project_path(wanted.repository)?;
        let base = wanted.base.map_or_else(String::new, |base| {
            format!("&target_branch={}", escaped(base.as_str()))
        });
        let call = Call::get(format!(
            "{project}/merge_requests?state=all&scope=all&source_branch={}{base}\
             &order_by=created_at&sort=desc&per_page=100",
            escaped(wanted.head.as_str()),
        ));
        let found: Vec<MergeRequest> = ask(&self.direct, call).await?;
        let source = match wanted.head_repository {
            Some(fork) => Some(self.project(fork).await?.id),
            None => None,
        };
        let is_ours = |request: &MergeRequest| match source {
            Some(source) => request.source_project_id == Some(source),
            None => request.source_project_id == request.target_project_id,
        };
        let mut all = Vec::new();
        for request in found.into_iter().filter(is_ours) {
            all.push(self.found(request).await?);
        }
        Ok(all)
    }

    pub(super) async fn open_merge_request(&self, draft: &Draft) -> Result<Found, Error> {
        let title = match draft.readiness {
            Readiness::Ready => draft.title.clone(),
            Readiness::Draft => format!("{DRAFT}{}", draft.title),
        };
        let mut body = json!({
            "title": title,
            "description": draft.body,
            "source_branch": draft.head.as_str(),
            "target_branch": draft.base.as_str(),
        });
        let from = match &draft.head_repository {
            None => &draft.repository,
            Some(fork) => {
                body["target_project_id"] = self.project(&draft.repository).await?.id.into();
                body["allow_collaboration"] = true.into();
                fork
            }
        };
        let call = Call::post(format!("{}/merge_requests", self.project_path(from)?), body);
        self.found(ask(&self.direct, call).await?).await
    }

    pub(super) async fn merge_request(&self, at: &At<'_>) -> Result<Found, Error> {
        self.found(self.wire(at).await?).await
    }

    pub(super) async fn revise(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error> {
        let mut body = json!({});
        if let Some(title) = &revision.title {
            // A new title without the mark would end the draft.
            let (_, readiness) = self.wire(at).await?.title();
            body["title"] = match readiness {
                Readiness::Ready => title.clone(),
                Readiness::Draft => format!("{DRAFT}{title}"),
            }
            .into();
        }
        if let Some(text) = &revision.body {
            body["description"] = text.as_str().into();
        }
        if revision.title.is_none() && revision.body.is_none() {
            return self.merge_request(at).await;
        }
        self.found(self.put(at, body).await?).await
    }

    pub(super) async fn close_merge_request(&self, at: &At<'_>) -> Result<Found, Error> {
        let request = self.wire(at).await?;
        if request.state() != PullRequestState::Open {
            return self.found(request).await;
        }
        self.found(self.put(at, json!({ "state_event": "close" })).await?)
            .await
    }

    pub(super) async fn accept(&self, at: &At<'_>, head: &CommitId) -> Result<Found, Error> {
        let request = self.wire(at).await?;
        if request.state() == PullRequestState::Merged {
            return self.found(request).await;
        }
        let path = format!("{}/merge", self.path(at)?);
        let call = Call::put(path, json!({ "sha": head.to_string() }));
        match ask(&self.direct, call).await {
            Ok(request) => self.found(request).await,
            // 406 and 422 are of the branches here, not of our words.
            Err(Error::Refused(words)) => Err(Error::Conflict(words)),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn decorate_merge_request(
        &self,
        at: &At<'_>,
        with: &Decoration,
    ) -> Result<Vec<Unmet>, Error> {
        let mut missed = Vec::new();
        let request = self.wire(at).await?;
        let mut body = json!({});
        for (field, role, logins, there) in [
            (
                "reviewer_ids",
                "reviewer",
                &with.reviewers,
                &request.more.reviewers,
            ),
            (
                "assignee_ids",
                "assignee",
                &with.assignees,
                &request.more.assignees,
            ),
        ] {
            let mut ids: Vec<u64> = there.iter().flatten().map(|user| user.id).collect();
            let before = ids.len();
            for login in logins {
                match self.user(login).await? {
                    Some(user) if !ids.contains(&user.id) => ids.push(user.id),
                    Some(_) => {}
                    None => missed.push(unmet(
                        format!("the {role} {login}"),
                        "there is nobody of that name",
                    )),
                }
            }
            if ids.len() > before {
                body[field] = ids.into();
            }
        }
        if !with.labels.is_empty() {
            body["add_labels"] = with.labels.join(",").into();
        }
        if body.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(missed);
        }
        let answer = self.put(at, body).await;
        if let Some(request) = note(&mut missed, "reviewers, assignees and labels", answer)? {
            missed.extend(left_out(
                "reviewer",
                &with.reviewers,
                request.more.reviewers,
                &missed,
            ));
            missed.extend(left_out(
                "assignee",
                &with.assignees,
                request.more.assignees,
                &missed,
            ));
        }
        Ok(missed)
    }

    /// Somebody by his name.
    pub(super) async fn user(&self, login: &str) -> Result<Option<User>, Error> {
        let call = Call::get(format!("/users?username={}", escaped(login)));
        let found: Vec<User> = ask(&self.direct, call).await?;
        let mut found = found.into_iter();
        Ok(found.find(|user| user.username.eq_ignore_ascii_case(login)))
    }

    pub(super) async fn project(&self, repository: &Repository) -> Result<Project, Error> {
        ask(&self.direct, Call::get(self.project_path(repository)?)).await
    }

    async fn wire(&self, at: &At<'_>) -> Result<MergeRequest, Error> {
        ask(&self.direct, Call::get(self.path(at)?)).await
    }

    async fn put(&self, at: &At<'_>, body: Value) -> Result<MergeRequest, Error> {
        ask(&self.direct, Call::put(self.path(at)?, body)).await
    }

    fn path(&self, at: &At<'_>) -> Result<String, Error> {
        let project = self.project_path(at.repository)?;
        Ok(format!("{project}/merge_requests/{}", at.number))
    }

    async fn found(&self, request: MergeRequest) -> Result<Found, Error> {
        let access = self.head_access(&request).await?;
        let (title, readiness) = request.title();
        Ok(Found {
            number: PullRequestNumber(request.iid),
            state: request.state(),
            readiness,
            title,
            body: request.description.unwrap_or_default(),
            url: request.web_url,
            base: branch(&request.target_branch)?,
            head: Head {
                branch: branch(&request.source_branch)?,
                commit: request.sha.as_deref().map(commit).transpose()?,
                access,
            },
        })
    }

    async fn head_access(&self, request: &MergeRequest) -> Result<HeadAccess, Error> {
        if request.source_project_id.is_some()
            && request.source_project_id == request.target_project_id
        {
            return Ok(HeadAccess::Same);
        }
        let Some(source) = request.source_project_id else {
            return Ok(HeadAccess::Gone);
        };
        let call = Call::get(format!("/projects/{source}"));
        let Some(project) = find::<Project>(&self.direct, call).await? else {
            return Ok(HeadAccess::Gone);
        };
        let fork = repository(&self.host, &project.path_with_namespace)?;
        Ok(if request.more.allow_collaboration == Some(true) {
            HeadAccess::OpenFork(fork)
        } else {
            HeadAccess::ClosedFork(fork)
        })
    }

    /// The path of a repository's project.
    pub(super) fn project_path(&self, repository: &Repository) -> Result<String, Error> {
        Ok(format!(
            "/projects/{}",
            escaped(self.host.path_of(repository)?)
        ))
    }
}

/// Whom GitLab did not take, without a word: its free edition has room for one of each.
fn left_out(
    role: &str,
    wanted: &[String],
    there: Option<Vec<User>>,
    missed: &[Unmet],
) -> Vec<Unmet> {
    let there: Vec<String> = there
        .into_iter()
        .flatten()
        .map(|user| user.username.to_lowercase())
        .collect();
    wanted
        .iter()
        .filter(|login| !there.contains(&login.to_lowercase()))
        .map(|login| unmet(format!("the {role} {login}"), "GitLab left it out"))
        .filter(|one| !missed.iter().any(|other| other.wish == one.wish))
        .collect()
}
