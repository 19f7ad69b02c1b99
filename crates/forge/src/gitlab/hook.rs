//! GitLab's webhooks: whose they are, and what they say.

use outwork_domain::{InvalidCommitId, PullRequestIdentity, PullRequestNumber};
use secrecy::SecretString;

use super::hook_wire::{
    Build, Note, NoteEvent, PipelineEvent, Position, PushEvent, Subject, SubjectEvent, SystemEvent,
    User,
};
use crate::hook::{Delivery, HookError, HookRequest};
use crate::host::Host;
use crate::incoming::{
    CheckFinished, CheckVerdict, Incoming, PullRequestChange, PullRequestChanged, Said,
};
use crate::person::{Person, PersonKind};
use crate::pushed::pushed;
use crate::remark::{self, Line, Place, Remark, Side};
use crate::signature::{check_token, id_of, secret};

pub(super) fn verify(
    configured: Option<&SecretString>,
    request: &HookRequest<'_>,
) -> Result<Delivery, HookError> {
    let secret = secret(configured)?;
    let token = request
        .header("X-Gitlab-Token")
        .ok_or(HookError::Unsigned)?;
    check_token(secret, token)?;
    let event = request.header("X-Gitlab-Event");
    let event = event.ok_or(HookError::HeaderMissing("X-Gitlab-Event"))?;
    // Only the first stays the same when a delivery is repeated; older versions have the second or none.
    let id = request.header("Idempotency-Key");
    let id = id.or_else(|| request.header("X-Gitlab-Event-UUID"));
    Ok(Delivery {
        id: id.map_or_else(|| id_of(request.body), str::to_owned),
        event: event.to_owned(),
    })
}

pub(super) fn read(host: &Host, event: &str, body: &[u8]) -> Result<Incoming, HookError> {
    match event {
        "Note Hook" | "Confidential Note Hook" => note(host, serde_json::from_slice(body)?),
        "Issue Hook" | "Confidential Issue Hook" => {
            let event: SubjectEvent = serde_json::from_slice(body)?;
            match event.object_attributes.action.as_deref() {
                Some("open") => {
                    let number = event.object_attributes.subject.iid;
                    opened(host, event, remark::Subject::Issue(number))
                }
                Some(_) | None => Ok(Incoming::Irrelevant),
            }
        }
        "Merge Request Hook" => merge_request(host, serde_json::from_slice(body)?),
        "Pipeline Hook" => pipeline(host, serde_json::from_slice(body)?),
        "Push Hook" => push(host, &serde_json::from_slice(body)?),
        "System Hook" => system(host, body),
        _ => Ok(Incoming::Irrelevant),
    }
}

fn note(host: &Host, event: NoteEvent) -> Result<Incoming, HookError> {
    let note = event.object_attributes;
    let is_new = matches!(note.action.as_deref(), Some("create") | None);
    if !is_new || note.system == Some(true) {
        return Ok(Incoming::Irrelevant);
    }
    let (about, subject) = match (event.merge_request, event.issue) {
        (Some(request), _) => {
            let number = PullRequestNumber(request.iid);
            (request, remark::Subject::PullRequest(number))
        }
        (None, Some(issue)) => {
            let number = issue.iid;
            (issue, remark::Subject::Issue(number))
        }
        // A commit or a snippet: nothing that work could be shown at.
        (None, None) => return Ok(Incoming::Irrelevant),
    };
    let place = place(&note);
    said(
        host,
        &event.project.path_with_namespace,
        subject,
        place,
        event.user,
        about,
    )
    .map(|said| Said {
        text: note.note.unwrap_or_default(),
        url: note.url,
        ..said
    })
    .map(Box::new)
    .map(Incoming::Said)
}

fn place(note: &Note) -> Place {
    let thread = note.discussion_id.clone();
    let Some(position) = &note.position else {
        return Place::Comment {
            id: note.id,
            thread,
        };
    };
    let Position {
        new_path,
        old_path,
        new_line,
        old_line,
    } = position;
    let is_old = new_line.is_none() && old_line.is_some();
    let (path, line, side) = if is_old {
        (
            old_path.as_ref().or(new_path.as_ref()),
            *old_line,
            Side::Old,
        )
    } else {
        (
            new_path.as_ref().or(old_path.as_ref()),
            *new_line,
            Side::New,
        )
    };
    Place::Line(Line {
        id: note.id,
        thread,
        path: path.cloned().unwrap_or_default(),
        line,
        side,
        hunk: None,
    })
}

fn opened(
    host: &Host,
    event: SubjectEvent,
    subject: remark::Subject,
) -> Result<Incoming, HookError> {
    let about = event.object_attributes.subject;
    let (text, url) = (about.description.clone(), about.url.clone());
    let path = &event.project.path_with_namespace;
    said(host, path, subject, Place::Description, event.user, about)
        .map(|said| Said {
            text: text.unwrap_or_default(),
            url,
            ..said
        })
        .map(Box::new)
        .map(Incoming::Said)
}

/// All but the text and its place.
fn said(
    host: &Host,
    path: &str,
    subject: remark::Subject,
    place: Place,
    user: User,
    about: Subject,
) -> Result<Said, HookError> {
    Ok(Said {
        remark: Remark {
            repository: host.repository(path)?,
            subject,
            place,
            identity: PullRequestIdentity::Server,
        },
        author: person(host, Some(user)),
        text: String::new(),
        url: None,
        title: about.title.unwrap_or_default(),
        description: about.description,
        head: about.source_branch.and_then(|name| name.parse().ok()),
        subject_url: about.url,
    })
}

fn merge_request(host: &Host, event: SubjectEvent) -> Result<Incoming, HookError> {
    let number = PullRequestNumber(event.object_attributes.subject.iid);
    let change = match event.object_attributes.action.as_deref() {
        Some("open") => return opened(host, event, remark::Subject::PullRequest(number)),
        Some("merge") => PullRequestChange::Merged,
        Some("close") => PullRequestChange::Closed,
        Some("reopen") => PullRequestChange::Reopened,
        Some(_) | None => return Ok(Incoming::Irrelevant),
    };
    let about = event.object_attributes.subject;
    Ok(Incoming::PullRequestChanged(PullRequestChanged {
        repository: host.repository(&event.project.path_with_namespace)?,
        number,
        url: about.url,
        change,
        head: about.source_branch.and_then(|name| name.parse().ok()),
        author: person(host, Some(event.user)),
    }))
}

fn pipeline(host: &Host, event: PipelineEvent) -> Result<Incoming, HookError> {
    let pipeline = event.object_attributes;
    let verdict = match pipeline.status.as_str() {
        "success" => CheckVerdict::Succeeded,
        "failed" => CheckVerdict::Failed,
        "canceled" | "skipped" => CheckVerdict::Undecided,
        _ => return Ok(Incoming::Irrelevant),
    };
    let repository = host.repository(&event.project.path_with_namespace)?;
    let url = format!(
        "{}/{}/-/pipelines/{}",
        host.web_url(),
        event.project.path_with_namespace,
        pipeline.id
    );
    let sha = pipeline.sha.parse();
    Ok(Incoming::CheckFinished(CheckFinished {
        repository,
        commit: sha.map_err(|error: InvalidCommitId| HookError::Malformed(error.to_string()))?,
        branch: pipeline.name.and_then(|name| name.parse().ok()),
        name: "pipeline".to_owned(),
        verdict,
        url: pipeline.url.or(Some(url)),
        summary: failures(&event.builds.unwrap_or_default()),
    }))
}

/// The jobs that failed, one a line.
fn failures(builds: &[Build]) -> Option<String> {
    let failed = builds
        .iter()
        .filter(|build| build.status.as_deref() == Some("failed"));
    let lines: Vec<String> = failed
        .map(|build| {
            let stage = build.stage.as_deref().unwrap_or_default();
            let why = build.failure_reason.as_deref().unwrap_or("failed");
            format!("{stage} / {}: {why}", build.name)
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn push(host: &Host, event: &PushEvent) -> Result<Incoming, HookError> {
    let author = event.user_username.clone().map(|username| User {
        id: event.user_id,
        username,
    });
    let repository = host.repository(&event.project.path_with_namespace)?;
    let author = person(host, author);
    Ok(pushed(
        repository,
        &event.name,
        (&event.before, &event.after),
        author,
    ))
}

fn system(host: &Host, body: &[u8]) -> Result<Incoming, HookError> {
    let event: SystemEvent = serde_json::from_slice(body)?;
    let Some(path) = event.path_with_namespace else {
        return Ok(Incoming::Irrelevant);
    };
    let from = event.old_path_with_namespace;
    match event.event_name.as_deref() {
        Some("project_destroy") => Ok(Incoming::RepositoryDeleted {
            repository: host.repository(&path)?,
        }),
        Some("project_rename" | "project_transfer") => Ok(Incoming::RepositoryRenamed {
            from: from.map(|from| host.repository(&from)).transpose()?,
            to: host.repository(&path)?,
        }),
        Some(_) | None => Ok(Incoming::Irrelevant),
    }
}

/// GitLab does not say who is a program; the users of project and group tokens have names of a form.
fn person(host: &Host, user: Option<User>) -> Person {
    let Some(user) = user else {
        return host.person("ghost", 0, PersonKind::Bot);
    };
    let name = user.username.as_str();
    let is_token =
        (name.starts_with("project_") || name.starts_with("group_")) && name.contains("_bot");
    let is_bot = is_token
        || name.ends_with("-bot")
        || name.starts_with("service_account_")
        || matches!(name, "alert-bot" | "support-bot" | "GitLabDuo" | "ghost");
    let kind = if is_bot {
        PersonKind::Bot
    } else {
        PersonKind::Human
    };
    host.person(name, user.id.unwrap_or(0), kind)
}
