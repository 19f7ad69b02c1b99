//! Merge requests.

use serde_json::{Value, json};

use super::forms::merge_request;
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::pulls::{MergeFault, OpenFault, Proposal, close, reopen};
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::threads::{Edits, Pull, Stage, State, Subject};
use crate::forge_server::world::Project;

pub(super) const ROUTES: &[Route] = &[
    route(
        "GET",
        "/projects/{}/merge_requests",
        Operation::ListPullRequests,
        list,
    ),
    route(
        "POST",
        "/projects/{}/merge_requests",
        Operation::CreatePullRequest,
        create,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}",
        Operation::GetPullRequest,
        get,
    ),
    route(
        "PUT",
        "/projects/{}/merge_requests/{}",
        Operation::UpdatePullRequest,
        update,
    ),
    route(
        "GET",
        "/projects/{}/merge_requests/{}/diffs",
        Operation::ListPullRequestFiles,
        diffs,
    ),
    route(
        "PUT",
        "/projects/{}/merge_requests/{}/merge",
        Operation::MergePullRequest,
        merge,
    ),
];

/// The merge request of the path.
pub(super) fn found(ask: &mut Ask<'_>, project: &Project) -> Result<Pull, Refused> {
    let number = ask.number(1)?;
    let found = ask.world.talk(project.id).pulls.get(&number).cloned();
    found.ok_or_else(|| ask.world.not_found().into())
}

fn list(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let wanted = |name: &str| ask.request.parameter(name);
    let (source, target) = (wanted("source_branch"), wanted("target_branch"));
    let state = wanted("state").unwrap_or_else(|| "all".to_owned());
    let mut all: Vec<Pull> = ask.world.talk(project.id).pulls.values().cloned().collect();
    all.retain(|pull| {
        let is_state = match pull.thread.state {
            State::Open => matches!(state.as_str(), "all" | "opened"),
            State::Closed => matches!(state.as_str(), "all" | "closed"),
            State::Merged => matches!(state.as_str(), "all" | "merged"),
        };
        is_state
            && source.as_ref().is_none_or(|source| *source == pull.head)
            && target.as_ref().is_none_or(|target| *target == pull.base)
    });
    if ask.request.parameter("sort").as_deref() != Some("asc") {
        all.reverse();
    }
    let forms = all
        .iter()
        .map(|pull| merge_request(ask.world, &project, pull));
    let forms: Vec<Value> = forms.collect::<std::io::Result<_>>()?;
    Ok(ask.page(&forms, Value::clone))
}

/// Logins by the numbers of a list; unknown ones are left out, as GitLab does.
fn logins(ask: &Ask<'_>, key: &str) -> Option<Vec<String>> {
    let ids: Vec<u64> = ask.body[key]
        .as_array()?
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    let users = ask.world.users.values();
    let known = users.filter(|user| ids.contains(&user.id));
    Some(known.map(|user| user.login.clone()).collect())
}

/// Labels, as a list or with commas between them.
fn labels(ask: &Ask<'_>, key: &str) -> Option<Vec<String>> {
    if let Some(names) = ask.texts(key) {
        return Some(names);
    }
    let names = ask.body[key].as_str()?.split(',').map(str::trim);
    Some(
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

fn staged(title: &str) -> (Stage, String) {
    ["Draft:", "[Draft]", "(Draft)"]
        .iter()
        .find_map(|word| title.strip_prefix(word))
        .map_or((Stage::Ready, title.to_owned()), |rest| {
            (Stage::Draft, rest.trim_start().to_owned())
        })
}

fn create(ask: &mut Ask<'_>) -> Outcome {
    let source = ask.project(Need::WritePulls, Permission::Write)?;
    let target = match ask.body["target_project_id"].as_u64() {
        None => source.clone(),
        Some(id) => {
            let found = ask.world.projects.get(&id);
            let seen = found.filter(|it| ask.world.permission(ask.caller, it) > Permission::None);
            match seen {
                Some(found) => found.clone(),
                None => return Ok(ask.world.error(404, "404 Project Not Found")),
            }
        }
    };
    let (stage, title) = staged(&ask.wanted_text("title")?);
    let (head, base) = (
        ask.wanted_text("source_branch")?,
        ask.wanted_text("target_branch")?,
    );
    let may_edit = ask.body["allow_collaboration"].as_bool().unwrap_or(false);
    let proposal = Proposal {
        author: ask.login()?,
        title,
        body: ask.text("description").unwrap_or_default(),
        head_project: source.id,
        head,
        base,
        stage,
        edits: if may_edit {
            Edits::Allowed
        } else {
            Edits::Refused
        },
    };
    let (status, words) = match ask.world.open_pull(target.id, proposal)? {
        Ok(number) => {
            decorate(ask, &target, number);
            let made = ask.world.talk(target.id).pulls.get(&number).cloned();
            let form = made.map(|made| merge_request(ask.world, &target, &made));
            return Ok(Answer::json(201, &form.transpose()?.unwrap_or_default()));
        }
        Err(OpenFault::Exists(number)) => (
            409,
            format!("Another open merge request already exists for this source branch: !{number}"),
        ),
        Err(OpenFault::Same | OpenFault::NothingBetween) => (
            422,
            "You can't use same project/branch for source and target".to_owned(),
        ),
        Err(OpenFault::HeadMissing) => (400, "Source branch does not exist".to_owned()),
        Err(OpenFault::BaseMissing) => (400, "Target branch does not exist".to_owned()),
    };
    Ok(Answer::json(status, &json!({"message": [words]})))
}

/// People and labels, as the body of a new or changed merge request names them.
fn decorate(ask: &mut Ask<'_>, project: &Project, number: u64) {
    let (reviewers, assignees) = (logins(ask, "reviewer_ids"), logins(ask, "assignee_ids"));
    let one = ask.body["assignee_id"].as_u64();
    let mut users = ask.world.users.values();
    let one = one.and_then(|id| users.find(|user| user.id == id));
    let assignees = assignees.or_else(|| Some(vec![one?.login.clone()]));
    let (all, more) = (labels(ask, "labels"), labels(ask, "add_labels"));
    let is_replaced = all.is_some();
    if let Some(pull) = ask.world.talk(project.id).pulls.get_mut(&number) {
        pull.reviewers = reviewers.unwrap_or_else(|| pull.reviewers.clone());
        let thread = &mut pull.thread;
        thread.assignees = assignees.unwrap_or_else(|| thread.assignees.clone());
        if is_replaced {
            thread.labels.clear();
        }
    }
    for names in [all, more].into_iter().flatten() {
        ask.world
            .add_labels(project.id, Subject::Pull(number), &names);
    }
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let found = found(ask, &project)?;
    Ok(Answer::json(
        200,
        &merge_request(ask.world, &project, &found)?,
    ))
}

fn update(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let number = found(ask, &project)?.thread.number;
    let now = ask.world.now_secs;
    let title = ask.text("title").map(|title| staged(&title));
    let body = ask.body["description"].as_str().map(str::to_owned);
    let (event, base) = (ask.text("state_event"), ask.text("target_branch"));
    if let Some(pull) = ask.world.talk(project.id).pulls.get_mut(&number) {
        if let Some((stage, title)) = title {
            pull.stage = stage;
            pull.thread.title = title;
        }
        let thread = &mut pull.thread;
        thread.body = body.unwrap_or_else(|| thread.body.clone());
        thread.updated_at = now;
        match event.as_deref() {
            Some("close") if thread.state == State::Open => close(thread, State::Closed, now),
            Some("reopen") if thread.state == State::Closed => reopen(thread, now),
            Some(_) | None => {}
        }
        pull.base = base.unwrap_or_else(|| pull.base.clone());
    }
    decorate(ask, &project, number);
    let found = found(ask, &project)?;
    Ok(Answer::json(
        200,
        &merge_request(ask.world, &project, &found)?,
    ))
}

fn diffs(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let found = found(ask, &project)?;
    let bare = ask.world.bare(project.id)?;
    let files = bare.changed_files(&found.base_commit, &found.head_commit)?;
    Ok(ask.page(&files, |(kind, path)| {
        json!({
            "old_path": path,
            "new_path": path,
            "new_file": *kind == 'A',
            "deleted_file": *kind == 'D',
            "renamed_file": false,
            "diff": "",
        })
    }))
}

fn merge(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let number = found(ask, &project)?.thread.number;
    let (who, head) = (ask.login()?, ask.text("sha"));
    match ask
        .world
        .merge_pull(project.id, number, &who, head.as_deref())?
    {
        Ok(_) => {
            ask.world.follow_push(project.id)?;
            let found = found(ask, &project)?;
            Ok(Answer::json(
                200,
                &merge_request(ask.world, &project, &found)?,
            ))
        }
        Err(MergeFault::NotOpen | MergeFault::Draft) => {
            Ok(ask.world.error(405, "405 Method Not Allowed"))
        }
        Err(MergeFault::HeadMoved) => {
            let found = found(ask, &project)?;
            let words = format!(
                "SHA does not match HEAD of source branch: {}",
                found.head_commit
            );
            Ok(ask.world.error(409, &words))
        }
        Err(MergeFault::Conflict) => Ok(ask.world.error(422, "Branch cannot be merged")),
    }
}
