//! Pull requests on Gitea and Forgejo.

use std::collections::BTreeMap;

use outwork_domain::limits::FORGE_PULL_PAGES_MAX;
use outwork_domain::{CommitId, PullRequestNumber, PullRequestState, Readiness, Repository};
use serde_json::{Value, json};

use super::Gitea;
use super::wire::{DRAFT, Issue, Label, Pull};
use crate::call::{Call, escaped, escaped_path};
use crate::decoration::{Decoration, Unmet};
use crate::draft::{At, Draft, Revision, Wanted};
use crate::error::Error;
use crate::found::Found;
use crate::http::{Transport as _, ask, find};
use crate::unmet::{note, unmet};

/// Gitea gives no more on one page, unless its operator decided otherwise.
pub(super) const PAGE: usize = 50;

impl Gitea {
    /// Gitea lists pull requests by no head. If the base is known, it is asked whether there ever was one;
    /// if so, the list is searched from what changed last.
    pub(super) async fn pulls(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        let repository = self.repository_path(wanted.repository)?;
        let mut all = BTreeMap::new();
        if let Some(base) = wanted.base {
            let call = Call::get(format!(
                "{repository}/pulls/{}/{}",
                escaped(base.as_str()),
                escaped(&self.head_of(wanted.head.as_str(), wanted.head_repository)?),
            ));
            let Some(pull) = find::<Pull>(&self.direct, call).await? else {
                // No such pull request, unless there is no such repository.
                self.direct.send(&Call::get(repository)).await?;
                return Ok(Vec::new());
            };
            all.insert(pull.number, pull);
        }
        for page in 1..=FORGE_PULL_PAGES_MAX {
            let call = Call::get(format!(
                "{repository}/pulls?state=all&sort=recentupdate&limit={PAGE}&page={page}"
            ));
            let answer = self.direct.send(&call).await?;
            let pulls: Vec<Pull> = answer.json()?;
            let is_last = pulls.is_empty() || !answer.has_next_page();
            let ours = pulls
                .into_iter()
                .filter(|pull| self.is_wanted(pull, wanted));
            all.extend(ours.map(|pull| (pull.number, pull)));
            if is_last {
                break;
            }
        }
        let newest_first = all.into_values().rev();
        newest_first.map(|pull| pull.found(&self.host)).collect()
    }

    fn is_wanted(&self, pull: &Pull, wanted: &Wanted<'_>) -> bool {
        let fork = wanted.head_repository.unwrap_or(wanted.repository);
        let in_fork = pull.head.repo.as_ref().is_none_or(|repo| {
            let path = self.host.path_of(fork);
            path.is_ok_and(|path| repo.full_name.eq_ignore_ascii_case(path))
        });
        in_fork
            && pull.head.name == wanted.head.as_str()
            && wanted
                .base
                .is_none_or(|base| pull.base.name == base.as_str())
    }

    pub(super) async fn open_pull(&self, draft: &Draft) -> Result<Found, Error> {
        let repository = self.repository_path(&draft.repository)?;
        let title = match draft.readiness {
            Readiness::Ready => draft.title.clone(),
            Readiness::Draft => format!("{DRAFT}{}", draft.title),
        };
        let head = self.head_of(draft.head.as_str(), draft.head_repository.as_ref())?;
        let body = json!({
            "title": title,
            "body": draft.body,
            "head": head,
            "base": draft.base.as_str(),
        });
        let pull: Pull = ask(
            &self.direct,
            Call::post(format!("{repository}/pulls"), body),
        )
        .await?;
        pull.found(&self.host)
    }

    /// A branch as the head of a pull request is named.
    fn head_of(&self, branch: &str, fork: Option<&Repository>) -> Result<String, Error> {
        let Some(fork) = fork else {
            return Ok(branch.to_owned());
        };
        let owner = self.host.path_of(fork)?.split('/').next();
        Ok(format!("{}:{branch}", owner.unwrap_or_default()))
    }

    pub(super) async fn pull(&self, at: &At<'_>) -> Result<Found, Error> {
        let pull: Pull = ask(&self.direct, Call::get(self.path(at)?)).await?;
        pull.found(&self.host)
    }

    pub(super) async fn revise(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error> {
        let mut body = json!({});
        if let Some(title) = &revision.title {
            // A new title without the mark would end the draft.
            body["title"] = match self.pull(at).await?.readiness {
                Readiness::Ready => title.clone(),
                Readiness::Draft => format!("{DRAFT}{title}"),
            }
            .into();
        }
        if let Some(text) = &revision.body {
            body["body"] = text.as_str().into();
        }
        self.patch(at, body).await
    }

    pub(super) async fn close_pull(&self, at: &At<'_>) -> Result<Found, Error> {
        let found = self.pull(at).await?;
        if found.state != PullRequestState::Open {
            return Ok(found);
        }
        self.patch(at, json!({ "state": "closed" })).await
    }

    async fn patch(&self, at: &At<'_>, body: Value) -> Result<Found, Error> {
        let pull: Pull = ask(&self.direct, Call::patch(self.path(at)?, body)).await?;
        pull.found(&self.host)
    }

    pub(super) async fn merge_pull(&self, at: &At<'_>, head: &CommitId) -> Result<Found, Error> {
        let found = self.pull(at).await?;
        if found.state == PullRequestState::Merged {
            return Ok(found);
        }
        let path = format!("{}/merge", self.path(at)?);
        let body = json!({ "Do": "merge", "head_commit_id": head.to_string() });
        self.direct.send(&Call::post(path, body)).await?;
        self.pull(at).await
    }

    pub(super) async fn decorate_pull(
        &self,
        at: &At<'_>,
        with: &Decoration,
    ) -> Result<Vec<Unmet>, Error> {
        let pull = self.path(at)?;
        let issue = self.issue_path(at.repository, at.number)?;
        let mut missed = Vec::new();
        for reviewer in &with.reviewers {
            let body = match reviewer.rsplit_once('/') {
                Some((_, team)) => json!({ "team_reviewers": [team] }),
                None => json!({ "reviewers": [reviewer] }),
            };
            let call = Call::post(format!("{pull}/requested_reviewers"), body);
            let answer = self.direct.send(&call).await;
            note(&mut missed, format!("the reviewer {reviewer}"), answer)?;
        }
        if !with.assignees.is_empty() {
            self.assign(&issue, &with.assignees, &mut missed).await?;
        }
        if !with.labels.is_empty() {
            self.label(at, &issue, &with.labels, &mut missed).await?;
        }
        Ok(missed)
    }

    /// Gitea takes the whole list and refuses it for one name that it does not know.
    async fn assign(
        &self,
        issue: &str,
        wanted: &[String],
        missed: &mut Vec<Unmet>,
    ) -> Result<(), Error> {
        let there: Issue = ask(&self.direct, Call::get(issue)).await?;
        let there = there.assignees.unwrap_or_default().into_iter();
        let mut all: Vec<String> = there.map(|user| user.login).collect();
        for login in wanted {
            if all.iter().any(|one| one.eq_ignore_ascii_case(login)) {
                continue;
            }
            all.push(login.clone());
            let call = Call::patch(issue, json!({ "assignees": all }));
            let answer = self.direct.send(&call).await;
            if note(missed, format!("the assignee {login}"), answer)?.is_none() {
                all.pop();
            }
        }
        Ok(())
    }

    /// Gitea knows labels by number, those of the repository and those of its organisation.
    async fn label(
        &self,
        at: &At<'_>,
        issue: &str,
        wanted: &[String],
        missed: &mut Vec<Unmet>,
    ) -> Result<(), Error> {
        let path = self.host.path_of(at.repository)?;
        let owner = path.split('/').next().unwrap_or_default();
        let mut known = self
            .labels(&format!("/repos/{}", escaped_path(path)))
            .await?;
        // A person has no labels of his own.
        if wanted.iter().any(|name| id_of(&known, name).is_none()) {
            known.extend(self.labels(&format!("/orgs/{}", escaped(owner))).await?);
        }
        let mut ids = Vec::new();
        for name in wanted {
            match id_of(&known, name) {
                Some(id) => ids.push(id),
                None => missed.push(unmet(format!("the label {name}"), "there is no such label")),
            }
        }
        if !ids.is_empty() {
            let call = Call::post(format!("{issue}/labels"), json!({ "labels": ids }));
            let answer = self.direct.send(&call).await;
            note(missed, format!("the labels {}", wanted.join(", ")), answer)?;
        }
        Ok(())
    }

    async fn labels(&self, owner: &str) -> Result<Vec<Label>, Error> {
        let mut all = Vec::new();
        for page in 1..=FORGE_PULL_PAGES_MAX {
            let call = Call::get(format!("{owner}/labels?limit={PAGE}&page={page}"));
            let answer = match self.direct.send(&call).await {
                Ok(answer) => answer,
                Err(Error::NotFound(_) | Error::PermissionMissing { .. }) => break,
                Err(error) => return Err(error),
            };
            all.append(&mut answer.json::<Vec<Label>>()?);
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(all)
    }

    fn path(&self, at: &At<'_>) -> Result<String, Error> {
        Ok(format!(
            "{}/pulls/{}",
            self.repository_path(at.repository)?,
            at.number
        ))
    }

    fn issue_path(
        &self,
        repository: &Repository,
        number: PullRequestNumber,
    ) -> Result<String, Error> {
        Ok(format!(
            "{}/issues/{number}",
            self.repository_path(repository)?
        ))
    }
}

fn id_of(known: &[Label], name: &str) -> Option<u64> {
    let mut found = known
        .iter()
        .filter(|label| label.name.eq_ignore_ascii_case(name));
    found.next().map(|label| label.id)
}
