//! Commit statuses.

use serde_json::{Value, json};

use super::forms::{repository, status};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::says;
use crate::forge_server::threads::CheckKind;
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/repos/{}/{}/commits/{}/status",
        Operation::ListChecks,
        combined,
    ),
    route(
        "GET",
        "/repos/{}/{}/commits/{}/statuses",
        Operation::ListChecks,
        list,
    ),
    route(
        "POST",
        "/repos/{}/{}/statuses/{}",
        Operation::SetCheck,
        create,
    ),
];

fn commit(ask: &Ask<'_>, project: &Project) -> Result<String, Refused> {
    let bare = ask.world.bare(project.id)?;
    let found = match bare.tip(&ask.params[2])? {
        Some(found) => Some(found),
        None => bare.find_commit(&ask.params[2])?,
    };
    found.ok_or_else(|| ask.world.not_found().into())
}

fn combined(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = commit(ask, &project)?;
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Status);
    let worst = ["error", "failure", "warning", "pending", "success"].into_iter();
    let worst = worst.filter(|state| all.iter().any(|one| one.result == *state));
    let forms = all.iter().map(|one| status(ask.world, &project, one));
    let body = json!({
        "state": worst.take(1).next().unwrap_or(""),
        "sha": commit,
        "total_count": all.len(),
        "statuses": forms.collect::<Vec<Value>>(),
        "repository": repository(ask.world, &project, Permission::Read),
        "commit_url": "",
        "url": "",
    });
    Ok(Answer::json(200, &body))
}

fn list(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = commit(ask, &project)?;
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Status);
    Ok(ask.page(&all, |one| status(ask.world, &project, one)))
}

fn create(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteChecks, Permission::Write)?;
    let told = says::Result {
        kind: CheckKind::Status,
        commit: commit(ask, &project)?,
        name: ask.text("context").unwrap_or_else(|| "default".to_owned()),
        result: ask.wanted_text("state")?,
        description: ask.text("description").unwrap_or_default(),
        url: ask.text("target_url"),
    };
    let made = ask.world.add_check(project.id, told);
    Ok(Answer::json(201, &status(ask.world, &project, &made)))
}
