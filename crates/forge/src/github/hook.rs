//! GitHub's webhooks: whose they are, and what they say.

use outwork_domain::{CommitId, InvalidCommitId, PullRequestIdentity, PullRequestNumber};
use secrecy::SecretString;

use super::hook_wire::{
    CheckRunEvent, Comment, IssueEvent, Pull, PullEvent, PushEvent, RepositoryEvent, StatusEvent,
    User,
};
use crate::hook::{Delivery, HookError, HookRequest};
use crate::host::Host;
use crate::incoming::{
    CheckFinished, CheckVerdict, Incoming, PullRequestChange, PullRequestChanged, Said,
};
use crate::person::{Person, PersonKind};
use crate::pushed::pushed;
use crate::remark::{Line, Place, Remark, Side, Subject};
use crate::signature::{check_hmac, secret};

pub(super) fn verify(
    configured: Option<&SecretString>,
    request: &HookRequest<'_>,
) -> Result<Delivery, HookError> {
    let secret = secret(configured)?;
    let signature = request
        .header("X-Hub-Signature-256")
        .ok_or(HookError::Unsigned)?;
    let signature = signature
        .strip_prefix("sha256=")
        .ok_or(HookError::WrongSignature)?;
    check_hmac(secret, request.body, signature)?;
    let needed = |name| request.header(name).ok_or(HookError::HeaderMissing(name));
    Ok(Delivery {
        id: needed("X-GitHub-Delivery")?.to_owned(),
        event: needed("X-GitHub-Event")?.to_owned(),
    })
}

pub(super) fn read(host: &Host, event: &str, body: &[u8]) -> Result<Incoming, HookError> {
    match event {
        "ping" => Ok(Incoming::Ping),
        "issues" | "issue_comment" => issue(host, &serde_json::from_slice(body)?),
        "pull_request" | "pull_request_review" | "pull_request_review_comment" => {
            pull_request(host, event, &serde_json::from_slice(body)?)
        }
        "check_run" => check_run(host, serde_json::from_slice(body)?),
        "status" => status(host, serde_json::from_slice(body)?),
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
        _ => Ok(Incoming::Irrelevant),
    }
}

fn issue(host: &Host, event: &IssueEvent) -> Result<Incoming, HookError> {
    let issue = &event.issue;
    let subject = if issue.pull_request.is_some() {
        Subject::PullRequest(PullRequestNumber(issue.number))
    } else {
        Subject::Issue(issue.number)
    };
    let (place, text, author, url) = match (&event.comment, event.action.as_str()) {
        (Some(comment), "created") => {
            let place = Place::Comment {
                id: comment.id,
                thread: None,
            };
            let author = author_of(host, comment, &event.sender);
            (
                place,
                comment.body.clone(),
                author,
                comment.html_url.clone(),
            )
        }
        (None, "opened") => {
            let author = person(host, issue.user.as_ref().or(Some(&event.sender)));
            (
                Place::Description,
                issue.body.clone(),
                author,
                issue.html_url.clone(),
            )
        }
        (Some(_) | None, _) => return Ok(Incoming::Irrelevant),
    };
    Ok(Incoming::Said(Box::new(Said {
        remark: remark(host, &event.repository.full_name, subject, place)?,
        author,
        text: text.unwrap_or_default(),
        url,
        title: issue.title.clone().unwrap_or_default(),
        description: issue.body.clone(),
        head: None,
        subject_url: issue.html_url.clone(),
    })))
}

fn pull_request(host: &Host, kind: &str, event: &PullEvent) -> Result<Incoming, HookError> {
    let pull = &event.pull_request;
    let said = |place, text: &Option<String>, author, url: &Option<String>| {
        let subject = Subject::PullRequest(PullRequestNumber(pull.number));
        Ok(Incoming::Said(Box::new(Said {
            remark: remark(host, &event.repository.full_name, subject, place)?,
            author,
            text: text.clone().unwrap_or_default(),
            url: url.clone(),
            title: pull.title.clone().unwrap_or_default(),
            description: pull.body.clone(),
            head: pull.head.as_ref().and_then(|head| head.name.parse().ok()),
            subject_url: pull.html_url.clone(),
        })))
    };
    match (kind, event.action.as_str(), &event.review, &event.comment) {
        ("pull_request", "opened", _, _) => {
            let author = person(host, pull.user.as_ref().or(Some(&event.sender)));
            said(Place::Description, &pull.body, author, &pull.html_url)
        }
        ("pull_request", "closed", _, _) if pull.merged == Some(true) => {
            changed(host, event, PullRequestChange::Merged)
        }
        ("pull_request", "closed", _, _) => changed(host, event, PullRequestChange::Closed),
        ("pull_request", "reopened", _, _) => changed(host, event, PullRequestChange::Reopened),
        ("pull_request_review", "submitted", Some(review), _) => {
            let place = Place::Review { id: review.id };
            let author = author_of(host, review, &event.sender);
            said(place, &review.body, author, &review.html_url)
        }
        ("pull_request_review_comment", "created", _, Some(comment)) => {
            let author = author_of(host, comment, &event.sender);
            said(line(comment), &comment.body, author, &comment.html_url)
        }
        _ => Ok(Incoming::Irrelevant),
    }
}

fn changed(
    host: &Host,
    event: &PullEvent,
    change: PullRequestChange,
) -> Result<Incoming, HookError> {
    let Pull {
        number,
        html_url,
        head,
        ..
    } = &event.pull_request;
    Ok(Incoming::PullRequestChanged(PullRequestChanged {
        repository: host.repository(&event.repository.full_name)?,
        number: PullRequestNumber(*number),
        url: html_url.clone(),
        change,
        head: head.as_ref().and_then(|head| head.name.parse().ok()),
        author: person(host, Some(&event.sender)),
    }))
}

fn line(comment: &Comment) -> Place {
    let thread = comment.in_reply_to_id.unwrap_or(comment.id);
    Place::Line(Line {
        id: comment.id,
        thread: Some(thread.to_string()),
        path: comment.path.clone().unwrap_or_default(),
        line: comment.line.or(comment.original_line),
        side: if comment.side.as_deref() == Some("LEFT") {
            Side::Old
        } else {
            Side::New
        },
        hunk: comment.diff_hunk.clone(),
    })
}

fn check_run(host: &Host, event: CheckRunEvent) -> Result<Incoming, HookError> {
    if event.action != "completed" {
        return Ok(Incoming::Irrelevant);
    }
    let run = event.check_run;
    let branch = run.check_suite.and_then(|suite| suite.head_branch);
    let summary = run.output.map(|output| {
        let parts = [output.title, output.summary].into_iter().flatten();
        parts.collect::<Vec<_>>().join("\n\n")
    });
    Ok(Incoming::CheckFinished(CheckFinished {
        repository: host.repository(&event.repository.full_name)?,
        commit: commit(&run.head_sha)?,
        branch: branch.and_then(|name| name.parse().ok()),
        name: run.name,
        verdict: match run.conclusion.as_deref() {
            Some("success" | "neutral" | "skipped") => CheckVerdict::Succeeded,
            Some("failure" | "timed_out" | "startup_failure") => CheckVerdict::Failed,
            Some(_) | None => CheckVerdict::Undecided,
        },
        url: run.html_url.or(run.details_url),
        summary: summary.filter(|summary| !summary.is_empty()),
    }))
}

fn status(host: &Host, event: StatusEvent) -> Result<Incoming, HookError> {
    let verdict = match event.state.as_str() {
        "success" => CheckVerdict::Succeeded,
        "failure" => CheckVerdict::Failed,
        "error" => CheckVerdict::Undecided,
        _ => return Ok(Incoming::Irrelevant),
    };
    let branches = event.branches.unwrap_or_default();
    Ok(Incoming::CheckFinished(CheckFinished {
        repository: host.repository(&event.repository.full_name)?,
        commit: commit(&event.sha)?,
        branch: branches.first().and_then(|branch| branch.name.parse().ok()),
        name: event.context.unwrap_or_else(|| "default".to_owned()),
        verdict,
        url: event.target_url,
        summary: event.description,
    }))
}

fn repository(host: &Host, event: &RepositoryEvent) -> Result<Incoming, HookError> {
    let now = &event.repository.full_name;
    let to = host.repository(now)?;
    let (owner, name) = now.rsplit_once('/').unwrap_or_default();
    let changes = event.changes.as_ref();
    let before = match event.action.as_str() {
        "deleted" => return Ok(Incoming::RepositoryDeleted { repository: to }),
        "renamed" => {
            let change = changes.and_then(|changes| changes.repository.as_ref());
            let old = change.and_then(|change| change.name.as_ref());
            old.map(|old| format!("{owner}/{}", old.from))
        }
        "transferred" => {
            let old = changes
                .and_then(|changes| changes.owner.as_ref())
                .map(|owner| &owner.from);
            let user = old
                .and_then(|old| old.user.as_ref())
                .map(|user| &user.login);
            let organization = old.and_then(|old| old.organization.as_ref());
            let login = user.or(organization.map(|organization| &organization.login));
            login.map(|login| format!("{login}/{name}"))
        }
        _ => return Ok(Incoming::Irrelevant),
    };
    let from = before.map(|before| host.repository(&before)).transpose()?;
    Ok(Incoming::RepositoryRenamed { from, to })
}

fn remark(
    host: &Host,
    full_name: &str,
    subject: Subject,
    place: Place,
) -> Result<Remark, HookError> {
    Ok(Remark {
        repository: host.repository(full_name)?,
        subject,
        place,
        identity: PullRequestIdentity::Server,
    })
}

fn author_of(host: &Host, comment: &Comment, sender: &User) -> Person {
    let author = comment.user.as_ref().or(Some(sender));
    let mut person = person(host, author);
    if comment
        .performed_via_github_app
        .as_ref()
        .is_some_and(|app| !app.is_null())
    {
        person.kind = PersonKind::Bot;
    }
    person
}

fn person(host: &Host, user: Option<&User>) -> Person {
    // Whoever left GitHub is `ghost` there.
    let Some(user) = user else {
        return host.person("ghost", 0, PersonKind::Bot);
    };
    let is_bot = user.kind.as_deref() == Some("Bot") || user.login.ends_with("[bot]");
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
