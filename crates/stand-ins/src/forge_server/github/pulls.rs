//! Pull requests.

use serde_json::{Value, json};

use super::forms::{people, pull, short_pull};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::pulls::{MergeFault, OpenFault, Proposal, close, reopen};
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::threads::{Edits, Pull, Stage, State};
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
        "PUT",
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
    route(
        "POST",
        "/repos/{}/{}/pulls/{}/requested_reviewers",
        Operation::RequestReviewers,
        ask_reviewers,
    ),
    route(
        "DELETE",
        "/repos/{}/{}/pulls/{}/requested_reviewers",
        Operation::RequestReviewers,
        dismiss_reviewers,
    ),
];

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
    let (head, base) = (ask.request.parameter("head"), ask.request.parameter("base"));
    let mut all: Vec<Pull> = ask.world.talk(project.id).pulls.values().cloned().collect();
    let world = &*ask.world;
    all.retain(|pull| {
        let is_open = pull.thread.state == State::Open;
        let owner = world.projects.get(&pull.head_project).map(Project::owner);
        let own_head = format!("{}:{}", owner.unwrap_or_default(), pull.head);
        // GitHub ignores a head that names no owner.
        let wanted_head = head.as_ref().filter(|head| head.contains(':'));
        (state == "all" || (state == "open") == is_open)
            && wanted_head.is_none_or(|head| *head == own_head)
            && base.as_ref().is_none_or(|base| *base == pull.base)
    });
    let direction = ask.request.parameter("direction");
    let is_by_update = ask.request.parameter("sort").as_deref() == Some("updated");
    all.sort_by_key(|pull| match is_by_update {
        true => (pull.thread.updated_at, pull.thread.number),
        false => (pull.thread.created_at, pull.thread.number),
    });
    if direction.as_deref() != Some("asc") {
        all.reverse();
    }
    Ok(ask.page(&all, |pull| short_pull(world, &project, pull)))
}

fn create(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let author = ask.login()?;
    let (head, base) = (ask.wanted_text("head")?, ask.wanted_text("base")?);
    let title = ask.wanted_text("title")?;
    let invalid =
        |field: &str| json!([{"resource": "PullRequest", "field": field, "code": "invalid"}]);
    let Some((head_project, head)) = head_of(ask, &project, &head) else {
        return Ok(ask.world.validation_failed(&invalid("head")));
    };
    let own = ask.world.permission(ask.caller, &project);
    let of_head = ask.world.projects.get(&head_project);
    let of_head = of_head.map(|head| ask.world.permission(ask.caller, head));
    if own.max(of_head.unwrap_or(Permission::None)) < Permission::Write {
        return Ok(ask.world.forbidden());
    }
    let is_draft = ask.body["draft"].as_bool().unwrap_or(false);
    let may_edit = ask.body["maintainer_can_modify"].as_bool().unwrap_or(true);
    let owner = head.clone();
    let proposal = Proposal {
        author,
        title,
        body: ask.text("body").unwrap_or_default(),
        head_project,
        head,
        base: base.clone(),
        stage: if is_draft { Stage::Draft } else { Stage::Ready },
        edits: if may_edit {
            Edits::Allowed
        } else {
            Edits::Refused
        },
    };
    let root = project.owner().to_owned();
    let custom =
        |words: String| json!([{"resource": "PullRequest", "code": "custom", "message": words}]);
    let errors = match ask.world.open_pull(project.id, proposal)? {
        Ok(number) => {
            let opened = ask.world.talk(project.id).pulls.get(&number).cloned();
            let form = opened
                .map(|opened| pull(ask.world, &project, &opened))
                .transpose()?;
            let form = form.unwrap_or_default();
            let url = form["url"].as_str().unwrap_or_default().to_owned();
            return Ok(Answer::json(201, &form).with("location", url));
        }
        Err(OpenFault::HeadMissing) => invalid("head"),
        Err(OpenFault::BaseMissing) => invalid("base"),
        Err(OpenFault::NothingBetween | OpenFault::Same) => {
            custom(format!("No commits between {base} and {owner}"))
        }
        Err(OpenFault::Exists(_)) => {
            custom(format!("A pull request already exists for {root}:{owner}."))
        }
    };
    Ok(ask.world.validation_failed(&errors))
}

/// `branch`, `owner:branch` or, from a fork of another name, `head_repo` beside it.
fn head_of(ask: &Ask<'_>, project: &Project, head: &str) -> Option<(u64, String)> {
    let (owner, branch) = head.split_once(':').unwrap_or((project.owner(), head));
    let name = ask.text("head_repo");
    if owner == project.owner() && name.is_none() {
        return Some((project.id, branch.to_owned()));
    }
    let mut all = ask.world.projects.values();
    let fork = all.find(|fork| {
        fork.owner() == owner
            && (fork.fork_of == Some(project.id) || Some(fork.id) == project.fork_of)
            && name.as_ref().is_none_or(|name| fork.name() == name)
    })?;
    Some((fork.id, branch.to_owned()))
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let found = found(ask, &project)?;
    Ok(Answer::json(200, &pull(ask.world, &project, &found)?))
}

fn update(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Read)?;
    let number = found(ask, &project)?.thread.number;
    let now = ask.world.now_secs;
    let (title, body) = (
        ask.text("title"),
        ask.body["body"].as_str().map(str::to_owned),
    );
    let (state, base) = (ask.text("state"), ask.text("base"));
    let edits = ask.body["maintainer_can_modify"].as_bool();
    if let Some(base) = &base
        && ask.world.bare(project.id)?.tip(base)?.is_none()
    {
        let errors = json!([{"resource": "PullRequest", "field": "base", "code": "invalid"}]);
        return Ok(ask.world.validation_failed(&errors));
    }
    if let Some(pull) = ask.world.talk(project.id).pulls.get_mut(&number) {
        let thread = &mut pull.thread;
        thread.updated_at = now;
        thread.title = title.unwrap_or_else(|| thread.title.clone());
        thread.body = body.unwrap_or_else(|| thread.body.clone());
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
    let found = found(ask, &project)?;
    Ok(Answer::json(200, &pull(ask.world, &project, &found)?))
}

fn files(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    let found = found(ask, &project)?;
    let bare = ask.world.bare(project.id)?;
    let files = bare.changed_files(&found.base_commit, &found.head_commit)?;
    let html = format!("{}/{}", ask.world.base_url, project.path);
    let api = format!("{}/repos/{}", ask.world.api_url(), project.path);
    let commit = &found.head_commit;
    Ok(ask.page(&files, |(kind, path)| {
        json!({
            "sha": commit,
            "filename": path,
            "status": match kind {
                'A' => "added",
                'D' => "removed",
                _ => "modified",
            },
            "additions": 0,
            "deletions": 0,
            "changes": 0,
            "blob_url": format!("{html}/blob/{commit}/{path}"),
            "raw_url": format!("{html}/raw/{commit}/{path}"),
            "contents_url": format!("{api}/contents/{path}?ref={commit}"),
        })
    }))
}

fn merge(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteCode, Permission::Write)?;
    let number = found(ask, &project)?.thread.number;
    let (who, head) = (ask.login()?, ask.text("sha"));
    let merged = ask
        .world
        .merge_pull(project.id, number, &who, head.as_deref())?;
    Ok(match merged {
        Ok(commit) => {
            ask.world.follow_push(project.id)?;
            let words = "Pull Request successfully merged";
            Answer::json(
                200,
                &json!({"sha": commit, "merged": true, "message": words}),
            )
        }
        Err(MergeFault::Draft) => ask.world.error(405, "Pull Request is still a draft"),
        Err(MergeFault::NotOpen | MergeFault::Conflict) => {
            ask.world.error(405, "Pull Request is not mergeable")
        }
        Err(MergeFault::HeadMoved) => ask.world.error(
            409,
            "Head branch was modified. Review and try the merge again.",
        ),
    })
}

fn is_merged(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadPulls, Permission::Read)?;
    if found(ask, &project)?.thread.state == State::Merged {
        return Ok(Answer::empty(204));
    }
    Ok(ask.world.not_found())
}

fn ask_reviewers(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let pull = found(ask, &project)?;
    let wanted = ask.texts("reviewers").unwrap_or_default();
    if wanted.contains(&pull.thread.author) {
        let words = "Review cannot be requested from pull request author.";
        return Ok(ask.world.error(422, words));
    }
    let is_known = |login: &String| {
        ask.world.permission_of(login, &project) >= Permission::Read
            && ask.world.users.contains_key(login)
    };
    if !wanted.iter().all(is_known) {
        let words = format!(
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the {} repository.",
            project.path
        );
        return Ok(ask.world.error(422, &words));
    }
    change_reviewers(ask, &project, 201, |reviewers| {
        for login in wanted {
            if !reviewers.contains(&login) {
                reviewers.push(login);
            }
        }
    })
}

fn dismiss_reviewers(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WritePulls, Permission::Write)?;
    let wanted = ask.texts("reviewers").unwrap_or_default();
    change_reviewers(ask, &project, 200, |reviewers| {
        reviewers.retain(|login| !wanted.contains(login));
    })
}

fn change_reviewers(
    ask: &mut Ask<'_>,
    project: &Project,
    status: u16,
    change: impl FnOnce(&mut Vec<String>),
) -> Outcome {
    let number = found(ask, project)?.thread.number;
    if let Some(pull) = ask.world.talk(project.id).pulls.get_mut(&number) {
        change(&mut pull.reviewers);
    }
    let pull = found(ask, project)?;
    let mut form: Value = short_pull(ask.world, project, &pull);
    form["requested_reviewers"] = people(ask.world, &pull.reviewers).into();
    Ok(Answer::json(status, &form))
}
