//! Issues, comments, reactions, labels.

use serde_json::Value;

use super::forms::{comment, issue, label, reaction};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::says::{News, Remark};
use crate::forge_server::threads::{Comment, Subject, Target};
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/repos/{}/{}/issues/{}",
        Operation::GetIssue,
        get_issue,
    ),
    route(
        "PATCH",
        "/repos/{}/{}/issues/{}",
        Operation::SetAssignees,
        edit_issue,
    ),
    route(
        "GET",
        "/repos/{}/{}/issues/{}/comments",
        Operation::ListComments,
        comments,
    ),
    route(
        "POST",
        "/repos/{}/{}/issues/{}/comments",
        Operation::CreateComment,
        new_comment,
    ),
    route(
        "GET",
        "/repos/{}/{}/issues/comments/{}",
        Operation::ListComments,
        one_comment,
    ),
    route(
        "PATCH",
        "/repos/{}/{}/issues/comments/{}",
        Operation::UpdateComment,
        edit_comment,
    ),
    route(
        "GET",
        "/repos/{}/{}/issues/{}/reactions",
        Operation::ListReactions,
        reactions,
    ),
    route(
        "POST",
        "/repos/{}/{}/issues/{}/reactions",
        Operation::React,
        react,
    ),
    route(
        "GET",
        "/repos/{}/{}/issues/comments/{}/reactions",
        Operation::ListReactions,
        reactions_to_comment,
    ),
    route(
        "POST",
        "/repos/{}/{}/issues/comments/{}/reactions",
        Operation::React,
        react_to_comment,
    ),
    route(
        "POST",
        "/repos/{}/{}/issues/{}/labels",
        Operation::SetLabels,
        add_labels,
    ),
];

/// The words that Gitea has for reactions, unless its administrator chose others.
const REACTIONS: &[&str] = &[
    "+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes",
];

fn subject(ask: &mut Ask<'_>, project: &Project) -> Result<Subject, Refused> {
    let number = ask.number(2)?;
    let found = ask.world.talk(project.id).subject(number);
    found.ok_or_else(|| ask.world.not_found().into())
}

fn found_comment(ask: &mut Ask<'_>, project: &Project) -> Result<Comment, Refused> {
    let id = ask.number(2)?;
    let found = ask.world.talk(project.id).comments.get(&id).cloned();
    found.ok_or_else(|| ask.world.not_found().into())
}

/// The labels of the body, each by its number or its name.
pub(super) fn label_names(ask: &mut Ask<'_>, project: &Project) -> Vec<String> {
    let wanted = ask.body["labels"].as_array().cloned().unwrap_or_default();
    let known = ask.world.talk(project.id).labels.iter();
    let known = known.filter(|label| {
        wanted
            .iter()
            .any(|one| one.as_u64() == Some(label.id) || one.as_str() == Some(&label.name))
    });
    known.map(|label| label.name.clone()).collect()
}

fn get_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    Ok(Answer::json(200, &issue(ask.world, &project, subject)))
}

fn edit_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let subject = subject(ask, &project)?;
    let (assignees, title) = (ask.texts("assignees"), ask.text("title"));
    let unknown = assignees.iter().flatten();
    let mut unknown = unknown.filter(|login| !ask.world.users.contains_key(*login));
    if let Some(login) = unknown.next() {
        let words = format!("Assignee does not exist: [name: {login}]");
        return Ok(ask.world.error(422, &words));
    }
    let now = ask.world.now_secs;
    if let Some(thread) = ask.world.talk(project.id).thread_mut(subject) {
        thread.assignees = assignees.unwrap_or_else(|| thread.assignees.clone());
        thread.title = title.unwrap_or_else(|| thread.title.clone());
        thread.updated_at = now;
    }
    Ok(Answer::json(201, &issue(ask.world, &project, subject)))
}

fn comments(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    let talk = ask.world.talk(project.id);
    let mut all: Vec<Comment> = talk.comments_of(subject).into_iter().cloned().collect();
    all.retain(|one| one.place.is_none());
    // Gitea gives all of them at once.
    let forms = all.iter().map(|one| comment(ask.world, &project, one));
    Ok(Answer::json(200, &forms.collect()))
}

fn new_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    let id = ask
        .world
        .add_comment(project.id, Remark::new(subject, &who, &body));
    let made = ask.world.talk(project.id).comments.get(&id).cloned();
    let made = made.map(|made| comment(ask.world, &project, &made));
    Ok(Answer::json(201, &made.unwrap_or_default()))
}

fn one_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let found = found_comment(ask, &project)?;
    Ok(Answer::json(200, &comment(ask.world, &project, &found)))
}

fn edit_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let found = found_comment(ask, &project)?;
    let own = ask.world.permission(ask.caller, &project);
    if found.author != ask.login()? && own < Permission::Admin {
        return Ok(ask.world.forbidden());
    }
    let (body, now) = (ask.wanted_text("body")?, ask.world.now_secs);
    if let Some(one) = ask.world.talk(project.id).comments.get_mut(&found.id) {
        one.body = body;
        one.updated_at = now;
    }
    let found = found_comment(ask, &project)?;
    Ok(Answer::json(200, &comment(ask.world, &project, &found)))
}

fn list_reactions(ask: &mut Ask<'_>, project: &Project, target: Target) -> Outcome {
    let all = ask.world.talk(project.id).reactions_to(target);
    let all: Vec<_> = all.into_iter().cloned().collect();
    if all.is_empty() {
        // An empty list is null here.
        return Ok(Answer::json(200, &Value::Null));
    }
    Ok(ask.page(&all, |one| reaction(ask.world, one)))
}

fn add_reaction(ask: &mut Ask<'_>, project: &Project, target: Target) -> Outcome {
    let (who, content) = (ask.login()?, ask.wanted_text("content")?);
    if !REACTIONS.contains(&content.as_str()) {
        let words = format!("'{content}' is not an allowed reaction");
        return Ok(ask.world.error(403, &words));
    }
    let (made, news) = ask.world.add_reaction(project.id, target, &who, &content);
    let status = if news == News::Made { 201 } else { 200 };
    Ok(Answer::json(status, &reaction(ask.world, &made)))
}

fn reactions(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    list_reactions(ask, &project, Target::Subject(subject))
}

fn react(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    add_reaction(ask, &project, Target::Subject(subject))
}

fn reactions_to_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let found = found_comment(ask, &project)?;
    list_reactions(ask, &project, Target::Comment(found.id))
}

fn react_to_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let found = found_comment(ask, &project)?;
    add_reaction(ask, &project, Target::Comment(found.id))
}

fn add_labels(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let subject = subject(ask, &project)?;
    let names = label_names(ask, &project);
    ask.world.add_labels(project.id, subject, &names);
    let talk = ask.world.talk(project.id).clone();
    let own = talk.thread(subject).map(|thread| thread.labels.clone());
    let own = own.unwrap_or_default();
    let forms = talk.labels.iter().filter(|one| own.contains(&one.name));
    let forms: Vec<Value> = forms.map(|one| label(ask.world, &project, one)).collect();
    Ok(Answer::json(200, &forms.into()))
}
