//! Award emoji, which are GitLab's reactions.

use super::forms::award;
use super::talk::{issue_of, pull_of};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};
use crate::forge_server::says::News;
use crate::forge_server::threads::Target;
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/projects/{}/issues/{}/award_emoji",
        Operation::ListReactions,
        of_issue,
    ),
    route(
        "POST",
        "/projects/{}/issues/{}/award_emoji",
        Operation::React,
        to_issue,
    ),
    route(
        "GET",
        "/projects/{}/issues/{}/notes/{}/award_emoji",
        Operation::ListReactions,
        of_note,
    ),
    route(
        "POST",
        "/projects/{}/issues/{}/notes/{}/award_emoji",
        Operation::React,
        to_note,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/award_emoji",
        Operation::ListReactions,
        of_pull,
    ),
    route(
        "POST",
        "/projects/{}/merge_requests/{}/award_emoji",
        Operation::React,
        to_pull,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/notes/{}/award_emoji",
        Operation::ListReactions,
        of_note,
    ),
    route(
        "POST",
        "/projects/{}/merge_requests/{}/notes/{}/award_emoji",
        Operation::React,
        to_note,
    ),
];

fn list(ask: &mut Ask<'_>, project: &Project, target: Target) -> Outcome {
    let all = ask.world.talk(project.id).reactions_to(target);
    let all: Vec<_> = all.into_iter().cloned().collect();
    Ok(ask.page(&all, |one| award(ask.world, one)))
}

fn add(ask: &mut Ask<'_>, project: &Project, target: Target) -> Outcome {
    let (who, name) = (ask.login()?, ask.wanted_text("name")?);
    let (made, news) = ask.world.add_reaction(project.id, target, &who, &name);
    if news == News::Known {
        let words = "404 Award Emoji Name has already been taken Not Found";
        return Ok(ask.world.error(404, words));
    }
    Ok(Answer::json(201, &award(ask.world, &made)))
}

fn of_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    list(ask, &project, Target::Subject(subject))
}

fn to_issue(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let subject = issue_of(ask, &project)?;
    add(ask, &project, Target::Subject(subject))
}

fn of_pull(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    list(ask, &project, Target::Subject(subject))
}

fn to_pull(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let subject = pull_of(ask, &project)?;
    add(ask, &project, Target::Subject(subject))
}

fn of_note(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let id = ask.number(2)?;
    list(ask, &project, Target::Comment(id))
}

fn to_note(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Read)?;
    let id = ask.number(2)?;
    if !ask.world.talk(project.id).comments.contains_key(&id) {
        return Ok(ask.world.not_found());
    }
    add(ask, &project, Target::Comment(id))
}
