//! Pull requests.

use serde_json::{Value, json};

use super::forms::pull;
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
        "/repos/{}/{}/pulls",
        Operation::ListPullRequests,
        list,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls",
        Operation::CreatePullRequest,
        create,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}",
        Operation::GetPullRequest,
        get,
    ),
    route(
        "PATCH",
        "/repos/{}/{}/pulls/{}",
        Operation::UpdatePullRequest,
        update,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/files",
        Operation::ListPullRequestFiles,
        files,
    ),
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/merge",
        Operation::MergePullRequest,
        merge,
    ),
    route(
        "GET",
        "/repos/{}/{}/pulls/{}/merge",
        Operation::GetPullRequest,
        is_merged,
    ),
];

/// Fits whatever the others do not, so it comes last.
pub(super) const BY_BRANCHES: &[Route] = &[route(
    "GET",
    "/repos/{}/{}/pulls/{}/{..}",
    Operation::ListPullRequests,
    by_branches,
)];

/// The pull request of the path.
pub(super) fn found(ask: &mut Ask<'_>, project: &Project) -> Result<Pull, Refused> {
    let number = ask.number(2)?;
    let found = ask.world.talk(project.id).pulls.get(&number).cloned();
    found.ok_or_else(|| ask.world.not_found().into())
}

fn list(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let state = ask
        .request
        .parameter("state")
        .unwrap_or_else(|| "open".to_owned());
    let base = ask.request.parameter("base_branch");
    let mut all: Vec<Pull> = ask.world.talk(project.id).pulls.values().cloned().collect();
    all.retain(|pull| {
        let is_open = pull.thread.state == State::Open;
        (state == "all" || (state == "open") == is_open)
            && base.as_ref().is_none_or(|base| *base == pull.base)
    });
    all.reverse();
    let (shown, page, size) = ask.slice(&all);
    let forms = shown.iter().map(|one| pull(ask.world, &project, one));
    let forms: Vec<Value> = forms.collect::<std::io::Result<_>>()?;
    let answer = Answer::json(200, &forms.into());
    Ok(ask.with_links(answer, all.len(), page, size))
}

/// By base and head, in whichever state: the latest.
fn by_branches(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let (base, head) = (ask.params[2].clone(), ask.params[3].clone());
    let Some((head_project, head)) = head_of(ask, &project, &head) else {
        return Ok(ask.world.not_found());
    };
    let mut all = ask.world.talk(project.id).pulls.values();
    let found =
        all.rfind(|one| one.base == base && one.head == head && one.head_project == head_project);
    match found.cloned() {
        Some(found) => Ok(Answer::json(200, &pull(ask.world, &project, &found)?)),
        None => Ok(ask.world.not_found()),
    }
}

/// `branch`, or `owner:branch` of a fork.
fn head_of(ask: &Ask<'_>, project: &Project, head: &str) -> Option<(u64, String)> {
    let (owner, branch) = head.split_once(':').unwrap_or((project.owner(), head));
    if owner == project.owner() {
        return Some((project.id, branch.to_owned()));
    }
    let mut all = ask.world.projects.values();
    let fork = all.find(|fork| fork.owner() == owner && fork.fork_of == Some(project.id))?;
    Some((fork.id, branch.to_owned()))
}

fn staged(title: &str) -> (Stage, String) {
    ["WIP:", "[WIP]"]
        .iter()
        .find_map(|word| title.strip_prefix(word))
        .map_or((Stage::Ready, title.to_owned()), |rest| {
            (Stage::Draft, rest.trim_start().to_owned())
        })
}

fn create(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let (head, base) = (ask.wanted_text("head")?, ask.wanted_text("base")?);
    let Some((head_project, head)) = head_of(ask, &project, &head) else {
        return Ok(ask.world.not_found());
    };
    let (stage, title) = staged(&ask.text("title").unwrap_or_default());
    let may_edit = ask.body["allow_maintainer_edit"].as_bool().unwrap_or(false);
    let proposal = Proposal {
        author: ask.login()?,
        title,
        body: ask.text("body").unwrap_or_default(),
        head_project,
        head: head.clone(),
        base: base.clone(),
        stage,
        edits: if may_edit {
            Edits::Allowed
        } else {
            Edits::Refused
        },
    };
    match ask.world.open_pull(project.id, proposal)? {
        Ok(number) => {
            decorate(ask, &project, number);
            let made = ask.world.talk(project.id).pulls.get(&number).cloned();
            let form = made
                .map(|made| pull(ask.world, &project, &made))
                .transpose()?;
            Ok(Answer::json(201, &form.unwrap_or_default()))
        }
        Err(OpenFault::HeadMissing | OpenFault::BaseMissing) => Ok(ask.world.not_found()),
        Err(OpenFault::Same | OpenFault::NothingBetween) => {
            let words = "Invalid PullRequest: There are no changes between the head and the base";
            Ok(ask.world.error(422, words))
        }
        Err(OpenFault::Exists(number)) => {
            let talk = ask.world.talk(project.id);
            let id = talk.pulls.get(&number).map_or(0, |known| known.thread.id);
            let words = format!(
                "pull request already exists for these targets [id: {id}, issue_id: {id}, head_repo_id: {head_project}, base_repo_id: {}, head_branch: {head}, base_branch: {base}]",
                project.id
            );
            Ok(ask.world.error(409, &words))
        }
    }
}

/// People, and labels by number, as the body of a new or changed pull request names them.
fn decorate(ask: &mut Ask<'_>, project: &Project, number: u64) {
    let (assignees, reviewers) = (ask.texts("assignees"), ask.texts("reviewers"));
    let names = super::talk::label_names(ask, project);
    let is_replaced = ask.body["labels"].is_array();
    if let Some(pull) = ask.world.talk(project.id).pulls.get_mut(&number) {
        pull.reviewers = reviewers.unwrap_or_else(|| pull.reviewers.clone());
        let thread = &mut pull.thread;
        thread.assignees = assignees.unwrap_or_else(|| thread.assignees.clone());
        if is_replaced {
            thread.labels.clear();
        }
    }
    ask.world
        .add_labels(project.id, Subject::Pull(number), &names);
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let found = found(ask, &project)?;
    Ok(Answer::json(200, &pull(ask.world, &project, &found)?))
}

fn update(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let number = found(ask, &project)?.thread.number;
    let now = ask.world.now_secs;
    let title = ask.text("title").map(|title| staged(&title));
    let body = ask.body["body"].as_str().map(str::to_owned);
    let (state, base) = (ask.text("state"), ask.text("base"));
    let edits = ask.body["allow_maintainer_edit"].as_bool();
    if let Some(pull) = ask.world.talk(project.id).pulls.get_mut(&number) {
        if let Some((stage, title)) = title {
            pull.stage = stage;
            pull.thread.title = title;
        }
        let thread = &mut pull.thread;
        thread.body = body.unwrap_or_else(|| thread.body.clone());
        thread.updated_at = now;
        match state.as_deref() {
            Some("closed") if thread.state == State::Open => close(thread, State::Closed, now),
            Some("open") if thread.state == State::Closed => reopen(thread, now),
            Some(_) | None => {}
        }
        pull.base = base.unwrap_or_else(|| pull.base.clone());
        pull.edits = match edits {
            Some(true) => Edits::Allowed,
            Some(false) => Edits::Refused,
            None => pull.edits,
        };
    }
    decorate(ask, &project, number);
    let found = found(ask, &project)?;
    Ok(Answer::json(201, &pull(ask.world, &project, &found)?))
}

fn files(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let found = found(ask, &project)?;
    let bare = ask.world.bare(project.id)?;
    let files = bare.changed_files(&found.base_commit, &found.head_commit)?;
    Ok(ask.page(&files, |(kind, path)| {
        json!({
            "filename": path,
            "status": match kind {
                'A' => "added",
                'D' => "deleted",
                _ => "changed",
            },
            "additions": 0,
            "deletions": 0,
            "changes": 0,
        })
    }))
}

fn merge(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let number = found(ask, &project)?.thread.number;
    let (who, head) = (ask.login()?, ask.text("head_commit_id"));
    ask.wanted_text("Do")?;
    let merged = ask
        .world
        .merge_pull(project.id, number, &who, head.as_deref())?;
    Ok(match merged {
        Ok(_) => {
            ask.world.follow_push(project.id)?;
            Answer::empty(200)
        }
        Err(MergeFault::NotOpen) => ask.world.not_found(),
        Err(MergeFault::Draft) => ask
            .world
            .error(405, "Work in progress PRs cannot be merged"),
        Err(MergeFault::HeadMoved) => ask.world.error(409, "head out of date"),
        Err(MergeFault::Conflict) => ask.world.error(405, "Please try again later"),
    })
}

fn is_merged(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    if found(ask, &project)?.thread.state == State::Merged {
        return Ok(Answer::empty(204));
    }
    Ok(ask.world.not_found())
}
