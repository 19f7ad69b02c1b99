//! Pull requests on GitHub.

use outwork_domain::{CommitId, PullRequestState, Readiness};
use serde_json::{Value, json};

use super::GitHub;
use super::wire::Pull;
use crate::call::{Call, escaped, escaped_path};
use crate::decoration::{Decoration, Unmet};
use crate::draft::{At, Draft, Revision, Wanted};
use crate::error::Error;
use crate::found::Found;
use crate::http::{Transport, ask};
use crate::unmet::{note, unmet};

impl GitHub {
    pub(super) async fn pulls(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        let path = self.host.path_of(wanted.repository)?;
        let crab = self.access.crab(path, wanted.identity).await?;
        let fork = wanted.head_repository.unwrap_or(wanted.repository);
        let head = format!("{}:{}", owner(self.host.path_of(fork)?), wanted.head);
        let base = wanted.base.map_or_else(String::new, |base| {
            format!("&base={}", escaped(base.as_str()))
        });
        let call = Call::get(format!(
            "/repos/{}/pulls?state=all&head={}{base}&sort=created&direction=desc&per_page=100",
            escaped_path(path),
            escaped(&head),
        ));
        let pulls: Vec<Pull> = ask(&crab, call).await?;
        // GitHub takes no notice of a `head` that it cannot read.
        let pulls = pulls.into_iter();
        let ours = pulls.filter(|pull| pull.head.name == wanted.head.as_str());
        ours.map(|pull| pull.found(&self.host)).collect()
    }

    pub(super) async fn open_pull(&self, draft: &Draft) -> Result<Found, Error> {
        let path = self.host.path_of(&draft.repository)?;
        let crab = self.access.crab(path, draft.identity).await?;
        let mut body = json!({
            "title": draft.title,
            "body": draft.body,
            "head": draft.head.as_str(),
            "base": draft.base.as_str(),
            "draft": draft.readiness == Readiness::Draft,
        });
        if let Some(fork) = &draft.head_repository {
            let fork = self.host.path_of(fork)?;
            body["head"] = format!("{}:{}", owner(fork), draft.head).into();
            body["head_repo"] = fork.rsplit('/').next().unwrap_or_default().into();
            body["maintainer_can_modify"] = true.into();
        }
        let call = |body| Call::post(format!("/repos/{}/pulls", escaped_path(path)), body);
        let pull: Pull = match ask(&crab, call(body.clone())).await {
            // Private repositories of the free plan know no drafts; the work is worth showing all the same.
            Err(Error::Refused(words))
                if words.contains("Draft pull requests are not supported") =>
            {
                body["draft"] = false.into();
                ask(&crab, call(body)).await?
            }
            answer => answer?,
        };
        pull.found(&self.host)
    }

    pub(super) async fn pull(&self, at: &At<'_>) -> Result<Found, Error> {
        let (crab, path) = self.at(at).await?;
        let pull: Pull = ask(&crab, Call::get(path)).await?;
        pull.found(&self.host)
    }

    pub(super) async fn revise(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error> {
        let mut body = json!({});
        if let Some(title) = &revision.title {
            body["title"] = title.as_str().into();
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
        let (crab, path) = self.at(at).await?;
        let pull: Pull = ask(&crab, Call::patch(path, body)).await?;
        pull.found(&self.host)
    }

    pub(super) async fn merge_pull(&self, at: &At<'_>, head: &CommitId) -> Result<Found, Error> {
        let found = self.pull(at).await?;
        if found.state == PullRequestState::Merged {
            return Ok(found);
        }
        let (crab, path) = self.at(at).await?;
        let mut refusal = None;
        // A repository may allow only some of the ways.
        for way in ["merge", "squash", "rebase"] {
            let body = json!({ "sha": head.to_string(), "merge_method": way });
            match crab.send(&Call::put(format!("{path}/merge"), body)).await {
                Ok(_) => return self.pull(at).await,
                Err(Error::Conflict(words)) if words.contains("not allowed") => {
                    refusal.get_or_insert(Error::Protected(words));
                }
                Err(error) => return Err(error),
            }
        }
        Err(refusal.unwrap_or(Error::Unsupported("way to merge")))
    }

    pub(super) async fn decorate_pull(
        &self,
        at: &At<'_>,
        with: &Decoration,
    ) -> Result<Vec<Unmet>, Error> {
        let (crab, pull) = self.at(at).await?;
        let issue = pull.replace("/pulls/", "/issues/");
        let mut missed = Vec::new();
        // One by one: GitHub refuses the whole list for one name that it does not like.
        for reviewer in &with.reviewers {
            let body = match reviewer.rsplit_once('/') {
                Some((_, team)) => json!({ "team_reviewers": [team] }),
                None => json!({ "reviewers": [reviewer] }),
            };
            let call = Call::post(format!("{pull}/requested_reviewers"), body);
            note(
                &mut missed,
                format!("the reviewer {reviewer}"),
                crab.send(&call).await,
            )?;
        }
        if !with.assignees.is_empty() {
            let body = json!({ "assignees": with.assignees });
            let call = Call::post(format!("{issue}/assignees"), body);
            let wish = format!("the assignees {}", with.assignees.join(", "));
            if let Some(answer) = note(&mut missed, wish, crab.send(&call).await)? {
                // GitHub leaves out whoever may not be responsible, without a word.
                missed.extend(left_out(&answer.json()?, &with.assignees));
            }
        }
        if !with.labels.is_empty() {
            let call = Call::post(format!("{issue}/labels"), json!({ "labels": with.labels }));
            let wish = format!("the labels {}", with.labels.join(", "));
            note(&mut missed, wish, crab.send(&call).await)?;
        }
        Ok(missed)
    }

    /// The credential for a pull request, and its path.
    async fn at(&self, at: &At<'_>) -> Result<(super::crab::Crab, String), Error> {
        let path = self.host.path_of(at.repository)?;
        let crab = self.access.crab(path, at.identity).await?;
        Ok((
            crab,
            format!("/repos/{}/pulls/{}", escaped_path(path), at.number),
        ))
    }
}

fn left_out(issue: &Value, wanted: &[String]) -> Vec<Unmet> {
    let assigned: Vec<String> = issue["assignees"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|person| Some(person["login"].as_str()?.to_lowercase()))
        .collect();
    wanted
        .iter()
        .filter(|login| !assigned.contains(&login.to_lowercase()))
        .map(|login| {
            unmet(
                format!("the assignee {login}"),
                "may not be responsible there",
            )
        })
        .collect()
}

fn owner(full_name: &str) -> &str {
    full_name.split('/').next().unwrap_or_default()
}
