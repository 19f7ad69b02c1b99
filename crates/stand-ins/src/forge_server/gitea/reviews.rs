//! Reviews and the comments on lines that they hold.

use serde_json::Value;

use super::forms::{line_comment, review};
use super::pulls::found;
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};
use crate::forge_server::says::Remark;
use crate::forge_server::threads::{Opinion, Place, Review, Side, Subject};
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/requested_reviewers",
        Operation::RequestReviewers,
        request,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/reviews",
        Operation::ListReviews,
        list,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/reviews",
        Operation::CreateReview,
        create,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/reviews/{}",
        Operation::ListReviews,
        get,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/reviews/{}/comments",
        Operation::ListReviewComments,
        comments,
    ),
];

fn form(ask: &mut Ask<'_>, project: &Project, one: &Review) -> Value {
    let all = ask.world.talk(project.id).comments.values();
    let count = all.filter(|comment| comment.review == Some(one.id)).count();
    review(ask.world, project, one, count)
}

fn request(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let pull = found(ask, &project)?;
    let wanted = ask.texts("reviewers").unwrap_or_default();
    for login in &wanted {
        if !ask.world.users.contains_key(login) {
            return Ok(ask.world.not_found());
        }
        let is_able = ask.world.permission_of(login, &project) >= Permission::Read;
        if *login == pull.thread.author || !is_able {
            let words = format!("{login} can't be requested to review this pull request");
            return Ok(ask.world.error(422, &words));
        }
    }
    if let Some(pull) = ask
        .world
        .talk(project.id)
        .pulls
        .get_mut(&pull.thread.number)
    {
        for login in wanted {
            if !pull.reviewers.contains(&login) {
                pull.reviewers.push(login);
            }
        }
    }
    Ok(Answer::json(201, &Value::Array(Vec::new())))
}

fn list(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let number = found(ask, &project)?.thread.number;
    let all = ask.world.talk(project.id).reviews.values();
    let all: Vec<Review> = all.filter(|one| one.pull == number).cloned().collect();
    let forms: Vec<Value> = all.iter().map(|one| form(ask, &project, one)).collect();
    Ok(ask.page(&forms, Value::clone))
}

fn create(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let pull = found(ask, &project)?;
    let opinion = match ask.text("event").as_deref() {
        Some("APPROVED") => Opinion::Approved,
        Some("REQUEST_CHANGES") => Opinion::ChangesRequested,
        Some(_) | None => Opinion::Commented,
    };
    let (who, body) = (ask.login()?, ask.text("body").unwrap_or_default());
    let wanted = ask.body["comments"].as_array().cloned().unwrap_or_default();
    if opinion == Opinion::Commented && body.is_empty() && wanted.is_empty() {
        return Ok(ask
            .world
            .error(422, "review event COMMENT requires a body or a comment"));
    }
    let number = pull.thread.number;
    let id = ask
        .world
        .add_review(project.id, number, &who, &body, opinion);
    for one in wanted {
        let text = one["body"].as_str().unwrap_or_default();
        let mut remark = Remark::new(Subject::Pull(number), &who, text);
        let new = one["new_position"].as_u64().filter(|line| *line > 0);
        let old = one["old_position"].as_u64().filter(|line| *line > 0);
        remark.review = Some(id);
        remark.place = Some(Place {
            path: one["path"].as_str().unwrap_or_default().to_owned(),
            line: new.or(old),
            side: if new.is_some() { Side::New } else { Side::Old },
            commit: pull.head_commit.clone(),
        });
        ask.world.add_comment(project.id, remark);
    }
    let made = ask.world.talk(project.id).reviews.get(&id).cloned();
    let made = made.map(|made| form(ask, &project, &made));
    Ok(Answer::json(200, &made.unwrap_or_default()))
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    found(ask, &project)?;
    let id = ask.number(3)?;
    let Some(one) = ask.world.talk(project.id).reviews.get(&id).cloned() else {
        return Ok(ask.world.not_found());
    };
    Ok(Answer::json(200, &form(ask, &project, &one)))
}

fn comments(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    found(ask, &project)?;
    let id = ask.number(3)?;
    let all = ask.world.talk(project.id).comments.clone();
    let own = all.values().filter(|one| one.review == Some(id));
    let forms = own.filter_map(|one| {
        let place = one.place.as_ref()?;
        Some(line_comment(ask.world, &project, one, place))
    });
    let forms: Vec<Value> = forms.collect();
    Ok(Answer::json(200, &forms.into()))
}
