//! Gitea's and Forgejo's webhooks: whose they are, and what they say.

use outwork_domain::{CommitId, InvalidCommitId, PullRequestIdentity, PullRequestNumber};
use secrecy::SecretString;

use super::hook_wire::{
    Comment, PushEvent, RepositoryEvent, StatusEvent, Subject, SubjectEvent, User, WorkflowEvent,
};
use crate::hook::{Delivery, HookError, HookRequest};
use crate::host::Host;
use crate::incoming::{
    CheckFinished, CheckVerdict, Incoming, PullRequestChange, PullRequestChanged, Said,
};
use crate::person::{Person, PersonKind};
use crate::pushed::pushed;
use crate::remark::{self, Place, Remark};
use crate::signature::{check_hmac, secret};

pub(super) fn verify(
    configured: Option<&SecretString>,
    request: &HookRequest<'_>,
) -> Result<Delivery, HookError> {
    let secret = secret(configured)?;
    let first = |names: &[&str]| names.iter().find_map(|name| request.header(name));
    let signature = first(&["X-Gitea-Signature", "X-Forgejo-Signature"]).or_else(|| {
        let of_github = request.header("X-Hub-Signature-256")?;
        of_github.strip_prefix("sha256=")
    });
    check_hmac(secret, request.body, signature.ok_or(HookError::Unsigned)?)?;
    let id = first(&[
        "X-Gitea-Delivery",
        "X-Forgejo-Delivery",
        "X-GitHub-Delivery",
    ]);
    // The type is finer: a comment on a pull request is an `issue_comment` event.
    let event = first(&[
        "X-Gitea-Event-Type",
        "X-Forgejo-Event-Type",
        "X-Gitea-Event",
        "X-Forgejo-Event",
        "X-GitHub-Event",
    ]);
    Ok(Delivery {
        id: id
            .ok_or(HookError::HeaderMissing("X-Gitea-Delivery"))?
            .to_owned(),
        event: event
            .ok_or(HookError::HeaderMissing("X-Gitea-Event"))?
            .to_owned(),
    })
}

pub(super) fn read(host: &Host, event: &str, body: &[u8]) -> Result<Incoming, HookError> {
    match event {
        "ping" => Ok(Incoming::Ping),
        "push" => {
            let event: PushEvent = serde_json::from_slice(body)?;
            let author = person(host, event.sender.as_ref());
            let repository = host.repository(&event.repository.full_name)?;
            Ok(pushed(
                repository,
                &event.name,
                (&event.before, &event.after),
                author,
            ))
        }
        "repository" => repository(host, &serde_json::from_slice(body)?),
        "status" => status(host, serde_json::from_slice(body)?),
        "workflow_run" => workflow(host, serde_json::from_slice(body)?),
        _ if event.starts_with("issue") || event.starts_with("pull_request") => {
            about(host, &serde_json::from_slice(body)?)
        }
        _ => Ok(Incoming::Irrelevant),
    }
}

/// By what came along: the names of the events differ from version to version.
fn about(host: &Host, event: &SubjectEvent) -> Result<Incoming, HookError> {
    let action = event.action.as_deref().unwrap_or_default();
    match (
        &event.comment,
        &event.review,
        &event.pull_request,
        &event.issue,
    ) {
        (Some(comment), _, _, _) if action == "created" => commented(host, event, comment),
        (Some(_), _, _, _) => Ok(Incoming::Irrelevant),
        (None, Some(review), Some(pull), _) => {
            let number = remark::Subject::PullRequest(PullRequestNumber(pull.number));
            let place = Place::Review { id: 0 };
            let said = said(host, event, pull, number, place)?;
            Ok(Incoming::Said(Box::new(Said {
                text: review.content.clone().unwrap_or_default(),
                author: person(host, Some(&event.sender)),
                url: pull.html_url.clone(),
                ..said
            })))
        }
        (None, _, Some(pull), _) => changed(host, event, pull, action),
        (None, _, None, Some(issue)) if action == "opened" => {
            let number = remark::Subject::Issue(issue.number);
            let said = said(host, event, issue, number, Place::Description)?;
            Ok(Incoming::Said(Box::new(said)))
        }
        (None, _, None, _) => Ok(Incoming::Irrelevant),
    }
}

fn commented(host: &Host, event: &SubjectEvent, comment: &Comment) -> Result<Incoming, HookError> {
    let Some(subject) = event.issue.as_ref().or(event.pull_request.as_ref()) else {
        return Ok(Incoming::Irrelevant);
    };
    let is_pull = event.is_pull == Some(true)
        || event.pull_request.is_some()
        || subject
            .pull_request
            .as_ref()
            .is_some_and(|pull| !pull.is_null());
    let number = if is_pull {
        remark::Subject::PullRequest(PullRequestNumber(subject.number))
    } else {
        remark::Subject::Issue(subject.number)
    };
    let place = Place::Comment {
        id: comment.id,
        thread: None,
    };
    let said = said(host, event, subject, number, place)?;
    let pull = event.pull_request.as_ref();
    let head = pull.and_then(|pull| pull.head.as_ref());
    Ok(Incoming::Said(Box::new(Said {
        text: comment.body.clone().unwrap_or_default(),
        url: comment.html_url.clone(),
        author: person(host, comment.user.as_ref().or(Some(&event.sender))),
        head: head.and_then(|head| head.name.parse().ok()),
        ..said
    })))
}

/// What was said with the beginning of an issue or pull request.
fn said(
    host: &Host,
    event: &SubjectEvent,
    subject: &Subject,
    number: remark::Subject,
    place: Place,
) -> Result<Said, HookError> {
    Ok(Said {
        remark: Remark {
            repository: host.repository(&event.repository.full_name)?,
            subject: number,
            place,
            identity: PullRequestIdentity::Server,
        },
        author: person(host, subject.user.as_ref().or(Some(&event.sender))),
        text: subject.body.clone().unwrap_or_default(),
        url: subject.html_url.clone(),
        title: subject.title.clone().unwrap_or_default(),
        description: subject.body.clone(),
        head: subject
            .head
            .as_ref()
            .and_then(|head| head.name.parse().ok()),
        subject_url: subject.html_url.clone(),
    })
}

fn changed(
    host: &Host,
    event: &SubjectEvent,
    pull: &Subject,
    action: &str,
) -> Result<Incoming, HookError> {
    let number = PullRequestNumber(pull.number);
    let change = match (action, pull.merged) {
        ("opened", _) => {
            let subject = remark::Subject::PullRequest(number);
            let said = said(host, event, pull, subject, Place::Description)?;
            return Ok(Incoming::Said(Box::new(said)));
        }
        ("closed", Some(true)) => PullRequestChange::Merged,
        ("closed", Some(false) | None) => PullRequestChange::Closed,
        ("reopened", _) => PullRequestChange::Reopened,
        _ => return Ok(Incoming::Irrelevant),
    };
    Ok(Incoming::PullRequestChanged(PullRequestChanged {
        repository: host.repository(&event.repository.full_name)?,
        number,
        url: pull.html_url.clone(),
        change,
        head: pull.head.as_ref().and_then(|head| head.name.parse().ok()),
        author: person(host, Some(&event.sender)),
    }))
}

fn repository(host: &Host, event: &RepositoryEvent) -> Result<Incoming, HookError> {
    let repository = host.repository(&event.repository.full_name)?;
    match event.action.as_str() {
        "deleted" => Ok(Incoming::RepositoryDeleted { repository }),
        "renamed" | "transferred" => Ok(Incoming::RepositoryRenamed {
            from: None,
            to: repository,
        }),
        _ => Ok(Incoming::Irrelevant),
    }
}

fn status(host: &Host, event: StatusEvent) -> Result<Incoming, HookError> {
    let verdict = match event.state.as_str() {
        "success" | "warning" | "skipped" => CheckVerdict::Succeeded,
        "failure" => CheckVerdict::Failed,
        "error" => CheckVerdict::Undecided,
        _ => return Ok(Incoming::Irrelevant),
    };
    Ok(Incoming::CheckFinished(CheckFinished {
        repository: host.repository(&event.repository.full_name)?,
        commit: commit(&event.sha)?,
        branch: None,
        name: event.context.unwrap_or_else(|| "default".to_owned()),
        verdict,
        url: event.target_url,
        summary: event.description.filter(|text| !text.is_empty()),
    }))
}

fn workflow(host: &Host, event: WorkflowEvent) -> Result<Incoming, HookError> {
    if event.action != "completed" {
        return Ok(Incoming::Irrelevant);
    }
    let run = event.workflow_run;
    // `.gitea/workflows/test.yml@refs/heads/main`.
    let name = run.path.as_deref().and_then(|path| path.split('@').next());
    Ok(Incoming::CheckFinished(CheckFinished {
        repository: host.repository(&event.repository.full_name)?,
        commit: commit(&run.head_sha)?,
        branch: run.head_branch.and_then(|name| name.parse().ok()),
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or("workflow")
            .to_owned(),
        verdict: match run.conclusion.as_deref() {
            Some("success" | "skipped") => CheckVerdict::Succeeded,
            Some("failure") => CheckVerdict::Failed,
            Some(_) | None => CheckVerdict::Undecided,
        },
        url: run.html_url,
        summary: run.display_title,
    }))
}

/// Neither forge says who is a program; its own are named.
fn person(host: &Host, user: Option<&User>) -> Person {
    let Some(user) = user else {
        return host.person("ghost", 0, PersonKind::Bot);
    };
    let name = user.login.to_lowercase();
    let is_bot = matches!(name.as_str(), "gitea-actions" | "forgejo-actions" | "ghost")
        || name.ends_with("[bot]")
        || name.ends_with("-bot");
    let kind = if is_bot {
        PersonKind::Bot
    } else {
        PersonKind::Human
    };
    host.person(&user.login, user.id.unwrap_or(0), kind)
}

fn commit(sha: &str) -> Result<CommitId, HookError> {
    sha.parse()
        .map_err(|error: InvalidCommitId| HookError::Malformed(error.to_string()))
}
