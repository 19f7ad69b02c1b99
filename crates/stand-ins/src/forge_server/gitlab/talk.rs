//! Issues, notes and discussions.

use serde_json::{Value, json};

use super::forms::{discussion_id, issue, note};
use super::merge_requests;
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::says::Remark;
use crate::forge_server::threads::{Comment, Place, Side, Subject};
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/projects/{}/issues/{}",
        Operation::GetIssue,
        get_issue,
    ),
    route(
        "GET",
        "/projects/{}/issues/{}/notes",
        Operation::ListComments,
        of_issue_notes,
    ),
    route(
        "POST",
        "/projects/{}/issues/{}/notes",
        Operation::CreateComment,
        new_issue_note,
    ),
    route(
        "PUT",
        "/projects/{}/issues/{}/notes/{}",
        Operation::UpdateComment,
        edit,
    ),
    route(
        "GET",
        "/projects/{}/issues/{}/discussions",
        Operation::ListComments,
        of_issue,
    ),
    route(
        "POST",
        "/projects/{}/issues/{}/discussions/{}/notes",
        Operation::CreateComment,
        reply_in_issue,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/notes",
        Operation::ListComments,
        of_pull_notes,
    ),
    route(
        "POST",
        "/projects/{}/merge_requests/{}/notes",
        Operation::CreateComment,
        new_pull_note,
    ),
    route(
        "PUT",
        "/projects/{}/merge_requests/{}/notes/{}",
        Operation::UpdateComment,
        edit,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/discussions",
        Operation::ListReviewComments,
        of_pull,
    ),
    route(
        "POST",
        "/projects/{}/merge_requests/{}/discussions",
        Operation::CreateComment,
        new_discussion,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/discussions/{}",
        Operation::ListReviewComments,
        one_discussion,
    ),
    route(
        "POST",
        "/projects/{}/merge_requests/{}/discussions/{}/notes",
        Operation::ReplyToReviewComment,
        reply_in_pull,
    ),
];

/// The issue of the path.
pub(super) fn issue_of(ask: &mut Ask<'_>, project: &Project) -> Result<Subject, Refused> {
    let number = ask.number(1)?;
    let is_there = ask.world.talk(project.id).issues.contains_key(&number);
    if !is_there {
        return Err(ask.world.not_found().into());
    }
    Ok(Subject::Issue(number))
}

/// The merge request of the path.
pub(super) fn pull_of(ask: &mut Ask<'_>, project: &Project) -> Result<Subject, Refused> {
    Ok(Subject::Pull(
        merge_requests::found(ask, project)?.thread.number,
    ))
}

fn form(ask: &Ask<'_>, project: &Project, comment: &Comment) -> Value {
    let talk = ask.world.talks.get(&project.id);
    let pull = talk.and_then(|talk| talk.pulls.get(&comment.subject.number()));
    let own_id = talk.and_then(|talk| Some(talk.thread(comment.subject)?.id));
    note(ask.world, comment, pull, own_id.unwrap_or(0))
}

fn get_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    let found = ask.world.talk(project.id).thread(subject).cloned();
    let found = found.map(|found| issue(ask.world, &project, &found));
    Ok(Answer::json(200, &found.unwrap_or_default()))
}

fn comments(ask: &mut Ask<'_>, project: &Project, subject: Subject) -> Vec<Comment> {
    let talk = ask.world.talk(project.id);
    talk.comments_of(subject).into_iter().cloned().collect()
}

fn notes(ask: &mut Ask<'_>, project: &Project, subject: Subject) -> Outcome {
    let mut all = comments(ask, project, subject);
    if ask.request.parameter("sort").as_deref() != Some("asc") {
        all.reverse();
    }
    Ok(ask.page(&all, |one| form(ask, project, one)))
}

fn of_issue_notes(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    notes(ask, &project, subject)
}

fn of_pull_notes(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    notes(ask, &project, subject)
}

fn add(ask: &mut Ask<'_>, project: &Project, remark: Remark) -> Outcome {
    let id = ask.world.add_comment(project.id, remark);
    let made = ask.world.talk(project.id).comments.get(&id).cloned();
    let form = made
        .map(|made| form(ask, project, &made))
        .unwrap_or_default();
    Ok(Answer::json(201, &form))
}

fn new_note(ask: &mut Ask<'_>, project: &Project, subject: Subject) -> Outcome {
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    add(ask, project, Remark::new(subject, &who, &body))
}

fn new_issue_note(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    new_note(ask, &project, subject)
}

fn new_pull_note(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    new_note(ask, &project, subject)
}

fn edit(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let (id, who, now) = (ask.number(2)?, ask.login()?, ask.world.now_secs);
    let body = ask.wanted_text("body")?;
    let Some(comment) = ask.world.talk(project.id).comments.get_mut(&id) else {
        return Ok(ask.world.not_found());
    };
    if comment.author != who {
        return Ok(ask.world.forbidden());
    }
    comment.body = body;
    comment.updated_at = now;
    let comment = comment.clone();
    Ok(Answer::json(200, &form(ask, &project, &comment)))
}

fn discussion(ask: &Ask<'_>, project: &Project, notes: &[&Comment]) -> Value {
    let first = notes.first();
    json!({
        "id": first.map(|first| discussion_id(first)),
        "individual_note": notes.len() == 1 && first.is_some_and(|it| it.place.is_none()),
        "notes": notes.iter().map(|one| form(ask, project, one)).collect::<Vec<_>>(),
    })
}

fn discussions(ask: &mut Ask<'_>, project: &Project, subject: Subject) -> Outcome {
    let all = comments(ask, project, subject);
    let mut firsts: Vec<u64> = all.iter().map(|one| one.discussion).collect();
    firsts.dedup();
    firsts.sort_unstable();
    firsts.dedup();
    Ok(ask.page(&firsts, |first| {
        let notes = all.iter().filter(|one| one.discussion == *first);
        discussion(ask, project, &notes.collect::<Vec<_>>())
    }))
}

fn of_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    discussions(ask, &project, subject)
}

fn of_pull(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    discussions(ask, &project, subject)
}

fn one_discussion(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    let mut all = comments(ask, &project, subject);
    all.retain(|one| discussion_id(one) == ask.params[2]);
    if all.is_empty() {
        return Ok(ask.world.not_found());
    }
    let notes: Vec<&Comment> = all.iter().collect();
    Ok(Answer::json(200, &discussion(ask, &project, &notes)))
}

fn new_discussion(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    let mut remark = Remark::new(subject, &who, &body);
    let position = ask.body["position"].clone();
    if let Some(path) = position["new_path"]
        .as_str()
        .or(position["old_path"].as_str())
    {
        let new_line = position["new_line"].as_u64();
        remark.place = Some(Place {
            path: path.to_owned(),
            line: new_line.or(position["old_line"].as_u64()),
            side: if new_line.is_some() {
                Side::New
            } else {
                Side::Old
            },
            commit: position["head_sha"].as_str().unwrap_or_default().to_owned(),
        });
    }
    let id = ask.world.add_comment(project.id, remark);
    let made = ask.world.talk(project.id).comments.get(&id).cloned();
    let notes: Vec<&Comment> = made.iter().collect();
    Ok(Answer::json(201, &discussion(ask, &project, &notes)))
}

fn reply(ask: &mut Ask<'_>, project: &Project, subject: Subject) -> Outcome {
    let all = comments(ask, project, subject);
    let mut all = all.iter();
    let Some(first) = all.find(|one| discussion_id(one) == ask.params[2]) else {
        return Ok(ask.world.error(404, "404 Discussion Not Found"));
    };
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    let mut remark = Remark::new(subject, &who, &body);
    remark.reply_to = Some(first.id);
    add(ask, project, remark)
}

fn reply_in_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    reply(ask, &project, subject)
}

fn reply_in_pull(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    reply(ask, &project, subject)
}
