//! Commit statuses and pipelines.

use serde_json::{Value, json};

use super::forms::status;
use super::merge_requests;
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::clock::written;
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};
use crate::forge_server::says;
use crate::forge_server::threads::{Check, CheckKind};
use crate::forge_server::world::{Project, World};

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/projects/{}/repository/commits/{}/statuses",
        Operation::ListChecks,
        statuses,
    ),
    route(
        "POST",
        "/projects/{}/statuses/{}",
        Operation::SetCheck,
        new_status,
    ),
    route(
        "GET",
        "/projects/{}/pipelines",
        Operation::ListChecks,
        pipelines,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/pipelines",
        Operation::ListChecks,
        of_pull,
    ),
];

fn statuses(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = ask.params[1].clone();
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Status);
    Ok(ask.page(&all, |one| status(ask.world, one)))
}

fn new_status(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteChecks, Permission::Write)?;
    let commit = ask.params[1].clone();
    if ask.world.bare(project.id)?.find_commit(&commit)?.is_none() {
        return Ok(ask.world.error(404, "404 Commit Not Found"));
    }
    let told = says::Result {
        kind: CheckKind::Status,
        commit,
        name: ask.text("name").unwrap_or_else(|| "default".to_owned()),
        result: ask.wanted_text("state")?,
        description: ask.text("description").unwrap_or_default(),
        url: ask.text("target_url"),
    };
    let made = ask.world.add_check(project.id, told);
    Ok(Answer::json(201, &status(ask.world, &made)))
}

fn pipeline(world: &World, project: &Project, check: &Check) -> Value {
    json!({
        "id": check.id,
        "iid": check.id,
        "project_id": project.id,
        "sha": check.commit,
        "status": check.result,
        "source": "push",
        "web_url": format!("{}/{}/-/pipelines/{}", world.base_url, project.path, check.id),
        "created_at": written(check.at),
        "updated_at": written(check.at),
    })
}

fn pipelines(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = ask.request.parameter("sha");
    let mut all = ask.world.talk(project.id).checks.clone();
    all.retain(|one| {
        one.kind == CheckKind::Run && commit.as_ref().is_none_or(|commit| *commit == one.commit)
    });
    Ok(ask.page(&all, |one| pipeline(ask.world, &project, one)))
}

fn of_pull(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = merge_requests::found(ask, &project)?.head_commit;
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Run);
    Ok(ask.page(&all, |one| pipeline(ask.world, &project, one)))
}
