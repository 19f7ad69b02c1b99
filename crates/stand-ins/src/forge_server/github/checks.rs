//! Checks and commit statuses.

use serde_json::{Value, json};

use super::forms::{check_run, repository, status};
use crate::forge_server::access::{Caller, Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::says;
use crate::forge_server::threads::CheckKind;
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/repos/{}/{}/commits/{}/check-runs",
        Operation::ListChecks,
        runs,
    ),
    route(
        "POST",
        "/repos/{}/{}/check-runs",
        Operation::SetCheck,
        new_run,
    ),
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
        statuses,
    ),
    route(
        "POST",
        "/repos/{}/{}/statuses/{}",
        Operation::SetCheck,
        new_status,
    ),
];

/// The commit that the path names, by itself or by its branch.
fn commit(ask: &Ask<'_>, project: &Project) -> Result<String, Refused> {
    let bare = ask.world.bare(project.id)?;
    let found = match bare.tip(&ask.params[2])? {
        Some(found) => Some(found),
        None => bare.find_commit(&ask.params[2])?,
    };
    let words = format!("No commit found for SHA: {}", ask.params[2]);
    found.ok_or_else(|| ask.world.error(422, &words).into())
}

fn runs(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = commit(ask, &project)?;
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Run);
    let (shown, page, size) = ask.slice(&all);
    let shown = shown.iter().map(|one| check_run(ask.world, &project, one));
    let body = json!({"total_count": all.len(), "check_runs": shown.collect::<Vec<_>>()});
    Ok(ask.with_links(Answer::json(200, &body), all.len(), page, size))
}

fn new_run(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteChecks, Permission::Write)?;
    if !matches!(ask.caller, Caller::Installation { .. }) {
        let words = "You must authenticate via a GitHub App.";
        return Ok(ask.world.error(403, words));
    }
    let told = says::Result {
        kind: CheckKind::Run,
        commit: ask.wanted_text("head_sha")?,
        name: ask.wanted_text("name")?,
        result: ask
            .text("conclusion")
            .unwrap_or_else(|| "pending".to_owned()),
        description: ask.body["output"]["summary"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        url: ask.text("details_url"),
    };
    let made = ask.world.add_check(project.id, told);
    Ok(Answer::json(201, &check_run(ask.world, &project, &made)))
}

fn combined(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = commit(ask, &project)?;
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Status);
    let has = |result: &str| all.iter().any(|one| one.result == result);
    let state = if has("failure") || has("error") {
        "failure"
    } else if all.is_empty() || has("pending") {
        "pending"
    } else {
        "success"
    };
    let url = format!(
        "{}/repos/{}/commits/{commit}",
        ask.world.api_url(),
        project.path
    );
    let forms = all.iter().map(|one| status(ask.world, &project, one));
    let body = json!({
        "state": state,
        "sha": commit,
        "total_count": all.len(),
        "statuses": forms.collect::<Vec<Value>>(),
        "repository": repository(ask.world, &project, Permission::Read),
        "commit_url": url,
        "url": format!("{url}/status"),
    });
    Ok(Answer::json(200, &body))
}

fn statuses(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadChecks, Permission::Read)?;
    let commit = commit(ask, &project)?;
    let all = ask.world.checks_of(project.id, &commit, CheckKind::Status);
    Ok(ask.page(&all, |one| status(ask.world, &project, one)))
}

fn new_status(ask: &mut Ask<'_>) -> Outcome {
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
    let mut form = status(ask.world, &project, &made);
    form["creator"] = super::forms::user(ask.world, &ask.login()?);
    Ok(Answer::json(201, &form))
}
