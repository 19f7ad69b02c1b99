//! Issues, comments, reviews, reactions, labels, assignees.

use serde_json::{Value, json};

use super::forms::{association, comment, issue, label, reaction, review, review_comment};
use super::pulls::found as found_pull;
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::says::{News, Remark};
use crate::forge_server::threads::{Comment, Opinion, Place, Side, Subject, Target};
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/repos/{}/{}/issues/{}",
        Operation::GetIssue,
        get_issue,
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
        "POST",
        "/repos/{}/{}/issues/{}/labels",
        Operation::SetLabels,
        add_labels,
    ),
    route(
        "PUT",
        "/repos/{}/{}/issues/{}/labels",
        Operation::SetLabels,
        set_labels,
    ),
    route(
        "POST",
        "/repos/{}/{}/issues/{}/assignees",
        Operation::SetAssignees,
        assign,
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
        "GET",
        "/repos/{}/{}/pulls/comments/{}/reactions",
        Operation::ListReactions,
        reactions_to_comment,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls/comments/{}/reactions",
        Operation::React,
        react_to_comment,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/comments/{}",
        Operation::ListReviewComments,
        one_comment,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/comments",
        Operation::ListReviewComments,
        line_comments,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/comments",
        Operation::ReplyToReviewComment,
        new_line_comment,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/comments/{}/replies",
        Operation::ReplyToReviewComment,
        reply,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/reviews",
        Operation::ListReviews,
        reviews,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/reviews",
        Operation::CreateReview,
        new_review,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/reviews/{}",
        Operation::ListReviews,
        one_review,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/reviews/{}/comments",
        Operation::ListReviewComments,
        review_comments,
    ),
];

/// The words that GitHub has for reactions.
const REACTIONS: &[&str] = &[
    "+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes",
];

fn subject(ask: &mut Ask<'_>, project: &Project) -> Result<Subject, Refused> {
    let number = ask.number(2)?;
    let found = ask.world.talk(project.id).subject(number);
    found.ok_or_else(|| ask.world.not_found().into())
}

fn found_comment(ask: &mut Ask<'_>, project: &Project, at: usize) -> Result<Comment, Refused> {
    let id = ask.number(at)?;
    let found = ask.world.talk(project.id).comments.get(&id).cloned();
    found.ok_or_else(|| ask.world.not_found().into())
}

fn form(ask: &Ask<'_>, project: &Project, one: &Comment) -> Value {
    match &one.place {
        Some(place) => review_comment(ask.world, project, one, place),
        None => comment(ask.world, project, one),
    }
}

fn get_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    Ok(Answer::json(200, &issue(ask.world, &project, subject)))
}

fn comments(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    let talk = ask.world.talk(project.id);
    let mut all: Vec<Comment> = talk.comments_of(subject).into_iter().cloned().collect();
    all.retain(|one| one.place.is_none());
    Ok(ask.page(&all, |one| form(ask, &project, one)))
}

fn new_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let subject = subject(ask, &project)?;
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    let id = ask
        .world
        .add_comment(project.id, Remark::new(subject, &who, &body));
    ask.params = vec![id.to_string()];
    let made = found_comment(ask, &project, 0)?;
    Ok(Answer::json(201, &form(ask, &project, &made)))
}

fn one_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let found = found_comment(ask, &project, 2)?;
    Ok(Answer::json(200, &form(ask, &project, &found)))
}

fn edit_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let found = found_comment(ask, &project, 2)?;
    let own = ask.world.permission(ask.caller, &project);
    if found.author != ask.login()? && own < Permission::Write {
        return Ok(ask.world.forbidden());
    }
    let (body, now) = (ask.wanted_text("body")?, ask.world.now_secs);
    if let Some(comment) = ask.world.talk(project.id).comments.get_mut(&found.id) {
        comment.body = body;
        comment.updated_at = now;
    }
    let found = found_comment(ask, &project, 2)?;
    Ok(Answer::json(200, &form(ask, &project, &found)))
}

fn wanted_labels(ask: &Ask<'_>) -> Vec<String> {
    if let Some(names) = ask.texts("labels") {
        return names;
    }
    let list = ask.body.as_array().into_iter().flatten();
    list.filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

fn add_labels(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let subject = subject(ask, &project)?;
    let names = wanted_labels(ask);
    ask.world.add_labels(project.id, subject, &names);
    labels_of(ask, &project, subject)
}

fn set_labels(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let subject = subject(ask, &project)?;
    let names = wanted_labels(ask);
    if let Some(thread) = ask.world.talk(project.id).thread_mut(subject) {
        thread.labels.clear();
    }
    ask.world.add_labels(project.id, subject, &names);
    labels_of(ask, &project, subject)
}

fn labels_of(ask: &mut Ask<'_>, project: &Project, subject: Subject) -> Outcome {
    let talk = ask.world.talk(project.id).clone();
    let own = talk.thread(subject).map(|thread| thread.labels.clone());
    let own = own.unwrap_or_default();
    let all = talk.labels.iter().filter(|one| own.contains(&one.name));
    let forms: Vec<Value> = all.map(|one| label(ask.world, project, one)).collect();
    Ok(Answer::json(200, &forms.into()))
}

fn assign(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let subject = subject(ask, &project)?;
    let mut wanted = ask.texts("assignees").unwrap_or_default();
    // Who cannot be assigned is left out without a word.
    wanted.retain(|login| association(ask.world, &project, login) != "NONE");
    if let Some(thread) = ask.world.talk(project.id).thread_mut(subject) {
        for login in wanted {
            if !thread.assignees.contains(&login) {
                thread.assignees.push(login);
            }
        }
    }
    Ok(Answer::json(201, &issue(ask.world, &project, subject)))
}

fn list_reactions(ask: &mut Ask<'_>, project: &Project, target: Target) -> Outcome {
    let all = ask.world.talk(project.id).reactions_to(target);
    let all: Vec<_> = all.into_iter().cloned().collect();
    Ok(ask.page(&all, |one| reaction(ask.world, one)))
}

fn add_reaction(ask: &mut Ask<'_>, project: &Project, target: Target) -> Outcome {
    let (who, content) = (ask.login()?, ask.wanted_text("content")?);
    if !REACTIONS.contains(&content.as_str()) {
        let errors = json!([{"resource": "Reaction", "field": "content", "code": "invalid"}]);
        return Ok(ask.world.validation_failed(&errors));
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
    let found = found_comment(ask, &project, 2)?;
    list_reactions(ask, &project, Target::Comment(found.id))
}

fn react_to_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let found = found_comment(ask, &project, 2)?;
    add_reaction(ask, &project, Target::Comment(found.id))
}

fn line_comments(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let pull = Subject::Pull(found_pull(ask, &project)?.thread.number);
    let talk = ask.world.talk(project.id);
    let mut all: Vec<Comment> = talk.comments_of(pull).into_iter().cloned().collect();
    all.retain(|one| one.place.is_some());
    Ok(ask.page(&all, |one| form(ask, &project, one)))
}

fn new_line_comment(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let pull = found_pull(ask, &project)?;
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    let mut remark = Remark::new(Subject::Pull(pull.thread.number), &who, &body);
    if let Some(to) = ask.body["in_reply_to"].as_u64() {
        if !ask.world.talk(project.id).comments.contains_key(&to) {
            return Ok(ask.world.not_found());
        }
        remark.reply_to = Some(to);
    } else {
        remark.place = Some(Place {
            path: ask.wanted_text("path")?,
            line: ask.body["line"].as_u64(),
            side: if ask.text("side").as_deref() == Some("LEFT") {
                Side::Old
            } else {
                Side::New
            },
            commit: ask.wanted_text("commit_id")?,
        });
    }
    finish_line_comment(ask, &project, remark)
}

fn reply(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let pull = found_pull(ask, &project)?;
    let first = found_comment(ask, &project, 3)?;
    let subject = Subject::Pull(pull.thread.number);
    if first.subject != subject || first.place.is_none() {
        return Ok(ask.world.not_found());
    }
    let (who, body) = (ask.login()?, ask.wanted_text("body")?);
    let mut remark = Remark::new(subject, &who, &body);
    remark.reply_to = Some(first.id);
    finish_line_comment(ask, &project, remark)
}

/// Every comment on a line is part of a review, at least of one that is nothing else.
fn finish_line_comment(ask: &mut Ask<'_>, project: &Project, mut remark: Remark) -> Outcome {
    let (pull, who) = (remark.subject.number(), remark.author.clone());
    let review = ask
        .world
        .add_review(project.id, pull, &who, "", Opinion::Commented);
    remark.review = Some(review);
    let id = ask.world.add_comment(project.id, remark);
    ask.params = vec![id.to_string()];
    let made = found_comment(ask, project, 0)?;
    Ok(Answer::json(201, &form(ask, project, &made)))
}

fn reviews(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let number = found_pull(ask, &project)?.thread.number;
    let all = ask.world.talk(project.id).reviews.values();
    let all: Vec<_> = all.filter(|one| one.pull == number).cloned().collect();
    Ok(ask.page(&all, |one| review(ask.world, &project, one)))
}

fn new_review(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let pull = found_pull(ask, &project)?;
    let opinion = match ask.text("event").as_deref() {
        Some("APPROVE") => Opinion::Approved,
        Some("REQUEST_CHANGES") => Opinion::ChangesRequested,
        Some(_) | None => Opinion::Commented,
    };
    let (who, body) = (ask.login()?, ask.text("body").unwrap_or_default());
    let number = pull.thread.number;
    let id = ask
        .world
        .add_review(project.id, number, &who, &body, opinion);
    let wanted = ask.body["comments"].as_array().cloned().unwrap_or_default();
    for one in wanted {
        let text = one["body"].as_str().unwrap_or_default();
        let mut remark = Remark::new(Subject::Pull(number), &who, text);
        remark.review = Some(id);
        remark.place = Some(Place {
            path: one["path"].as_str().unwrap_or_default().to_owned(),
            line: one["line"].as_u64(),
            side: Side::New,
            commit: pull.head_commit.clone(),
        });
        ask.world.add_comment(project.id, remark);
    }
    let made = ask.world.talk(project.id).reviews.get(&id).cloned();
    let made = made.map(|made| review(ask.world, &project, &made));
    Ok(Answer::json(200, &made.unwrap_or_default()))
}

fn one_review(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    found_pull(ask, &project)?;
    let id = ask.number(3)?;
    let Some(found) = ask.world.talk(project.id).reviews.get(&id).cloned() else {
        return Ok(ask.world.not_found());
    };
    Ok(Answer::json(200, &review(ask.world, &project, &found)))
}

fn review_comments(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    found_pull(ask, &project)?;
    let id = ask.number(3)?;
    let all = ask.world.talk(project.id).comments.values();
    let all: Vec<_> = all.filter(|one| one.review == Some(id)).cloned().collect();
    Ok(ask.page(&all, |one| form(ask, &project, one)))
}
