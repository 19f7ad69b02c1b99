//! GitLab's webhooks.

use std::io;

use serde_json::{Value, json};

use super::forms::{discussion_id, note, people, shown_title, user};
use crate::forge_server::clock::written;
use crate::forge_server::events::{Change, Event, Told, gone};
use crate::forge_server::says::Remark;
use crate::forge_server::threads::{Check, Comment, Pull, Review, Stage, State, Subject, Thread};
use crate::forge_server::world::{Project, Visibility, World};

/// Tells an event as GitLab does.
pub(in crate::forge_server) fn tell(
    world: &mut World,
    project: &Project,
    who: &str,
    event: &Event,
) -> io::Result<Told> {
    let mut told = match event {
        Event::Renamed(from) => return Ok(renamed(project, from)),
        Event::IssueOpened(number) => opened(world, project, *number)?,
        Event::Commented(one) => commented(world, project, one)?,
        Event::Reviewed(one) => reviewed(world, project, one)?,
        Event::PullChanged(number, change) => {
            let pull = found(world, project, *number)?;
            Told::new("Merge Request Hook", changed(world, project, pull, *change))
        }
        Event::CheckEnded(check, branch) => {
            Told::new("Pipeline Hook", ended(world, project, check, branch))
        }
        Event::Pushed {
            branch,
            before,
            after,
        } => Told::new("Push Hook", pushed(world, who, branch, (before, after))),
        // GitLab has no ping: its test sends a push that moves nothing.
        Event::Ping => {
            let none = "0".repeat(40);
            let branch = &project.default_branch;
            Told::new("Push Hook", pushed(world, who, branch, (&none, &none)))
        }
    };
    let mut user = user(world, who);
    user["email"] = "[REDACTED]".into();
    told.body["user"] = user;
    told.body["project_id"] = project.id.into();
    told.body["project"] = project_form(world, project);
    told.body["repository"] = json!({
        "name": project.name(),
        "url": format!("git@forge.test:{}.git", project.path),
        "homepage": format!("{}/{}", world.base_url, project.path),
    });
    Ok(told)
}

/// Only system hooks tell that, and these have a form of their own.
fn renamed(project: &Project, from: &str) -> Told {
    let body = json!({
        "created_at": written(project.created_at),
        "updated_at": written(project.created_at),
        "event_name": "project_rename",
        "name": project.name(),
        "path": project.name(),
        "path_with_namespace": project.path,
        "project_id": project.id,
        "owner_name": project.owner(),
        "owners": [],
        "project_visibility": "private",
        "old_path_with_namespace": from,
    });
    Told::new("System Hook", body)
}

fn project_form(world: &World, project: &Project) -> Value {
    let web = format!("{}/{}", world.base_url, project.path);
    json!({
        "id": project.id,
        "name": project.name(),
        "description": null,
        "web_url": web,
        "avatar_url": null,
        "git_ssh_url": format!("git@forge.test:{}.git", project.path),
        "git_http_url": format!("{web}.git"),
        "namespace": project.owner(),
        "visibility_level": if project.visibility == Visibility::Public { 20 } else { 0 },
        "path_with_namespace": project.path,
        "default_branch": project.default_branch,
        "homepage": web,
        "url": format!("git@forge.test:{}.git", project.path),
        "http_url": format!("{web}.git"),
    })
}

/// Instants in webhooks are not those of the REST interface: `2026-01-15 10:30:00 UTC`.
fn at(secs: i64) -> String {
    written(secs).replace('T', " ").replace('Z', " UTC")
}

const fn state(thread: &Thread) -> &'static str {
    match thread.state {
        State::Open => "opened",
        State::Closed => "closed",
        State::Merged => "merged",
    }
}

fn author_id(world: &World, login: &str) -> u64 {
    world.users.get(login).map_or(0, |user| user.id)
}

fn issue_form(world: &World, project: &Project, thread: &Thread) -> Value {
    let web = format!(
        "{}/{}/-/issues/{}",
        world.base_url, project.path, thread.number
    );
    json!({
        "id": thread.id,
        "iid": thread.number,
        "project_id": project.id,
        "title": thread.title,
        "description": thread.body,
        "state": state(thread),
        "author_id": author_id(world, &thread.author),
        "url": web,
        "created_at": at(thread.created_at),
        "updated_at": at(thread.updated_at),
    })
}

fn pull_form(world: &World, project: &Project, pull: &Pull) -> Value {
    let thread = &pull.thread;
    let web = format!(
        "{}/{}/-/merge_requests/{}",
        world.base_url, project.path, thread.number
    );
    let source = world.projects.get(&pull.head_project);
    json!({
        "id": thread.id,
        "iid": thread.number,
        "title": shown_title(pull),
        "description": thread.body,
        "state": state(thread),
        "draft": pull.stage == Stage::Draft,
        "work_in_progress": pull.stage == Stage::Draft,
        "author_id": author_id(world, &thread.author),
        "source_branch": pull.head,
        "target_branch": pull.base,
        "source_project_id": pull.head_project,
        "target_project_id": project.id,
        "source": source.map(|source| project_form(world, source)),
        "target": project_form(world, project),
        "merge_commit_sha": pull.merge_commit,
        "last_commit": {
            "id": pull.head_commit,
            "message": "",
            "timestamp": written(thread.updated_at),
            "author": {"name": thread.author, "email": "[REDACTED]"},
        },
        "url": web,
        "created_at": at(thread.created_at),
        "updated_at": at(thread.updated_at),
    })
}

fn found<'a>(world: &'a World, project: &Project, number: u64) -> io::Result<&'a Pull> {
    let talk = world.talks.get(&project.id);
    let found = talk.and_then(|talk| talk.pulls.get(&number));
    found.ok_or_else(|| gone(Subject::Pull(number)))
}

fn found_issue<'a>(world: &'a World, project: &Project, number: u64) -> io::Result<&'a Thread> {
    let talk = world.talks.get(&project.id);
    let found = talk.and_then(|talk| talk.issues.get(&number));
    found.ok_or_else(|| gone(Subject::Issue(number)))
}

fn opened(world: &World, project: &Project, number: u64) -> io::Result<Told> {
    let mut form = issue_form(world, project, found_issue(world, project, number)?);
    form["action"] = "open".into();
    let body = json!({
        "object_kind": "issue",
        "event_type": "issue",
        "object_attributes": form,
        "labels": [],
        "changes": {},
    });
    Ok(Told::new("Issue Hook", body))
}

fn commented(world: &World, project: &Project, one: &Comment) -> io::Result<Told> {
    let (key, form, own_id, page) = match one.subject {
        Subject::Issue(number) => {
            let issue = found_issue(world, project, number)?;
            (
                "issue",
                issue_form(world, project, issue),
                issue.id,
                "issues",
            )
        }
        Subject::Pull(number) => {
            let pull = found(world, project, number)?;
            let form = pull_form(world, project, pull);
            ("merge_request", form, pull.thread.id, "merge_requests")
        }
    };
    let pull = match one.subject {
        Subject::Issue(_) => None,
        Subject::Pull(number) => Some(found(world, project, number)?),
    };
    let shown = note(world, one, pull, own_id);
    let web = format!(
        "{}/{}/-/{page}/{}",
        world.base_url,
        project.path,
        one.subject.number()
    );
    let mut body = json!({
        "object_kind": "note",
        "event_type": "note",
        "object_attributes": {
            "id": one.id,
            "note": one.body,
            "description": one.body,
            "noteable_type": shown["noteable_type"],
            "noteable_id": own_id,
            "author_id": author_id(world, &one.author),
            "project_id": project.id,
            "discussion_id": discussion_id(one),
            "type": shown["type"],
            "position": shown["position"],
            "original_position": shown["position"],
            "line_code": null,
            "commit_id": null,
            "st_diff": null,
            "system": false,
            "internal": false,
            "action": "create",
            "url": format!("{web}#note_{}", one.id),
            "created_at": at(one.created_at),
            "updated_at": at(one.updated_at),
        },
    });
    body[key] = form;
    Ok(Told::new("Note Hook", body))
}

/// The text of a review is a note like any other.
fn reviewed(world: &mut World, project: &Project, one: &Review) -> io::Result<Told> {
    let remark = Remark::new(Subject::Pull(one.pull), &one.author, &one.body);
    let id = world.add_comment(project.id, remark);
    let note = world.talk(project.id).comments.get(&id).cloned();
    let note = note.ok_or_else(|| gone(Subject::Pull(one.pull)))?;
    commented(world, project, &note)
}

fn changed(world: &World, project: &Project, pull: &Pull, change: Change) -> Value {
    let mut form = pull_form(world, project, pull);
    form["action"] = match change {
        Change::Opened => "open",
        Change::Pushed => "update",
        Change::Closed => "close",
        Change::Merged => "merge",
        Change::Reopened => "reopen",
    }
    .into();
    if change == Change::Pushed {
        form["oldrev"] = pull.base_commit.as_str().into();
    }
    json!({
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "object_attributes": form,
        "labels": [],
        "changes": {},
        "assignees": people(world, &pull.thread.assignees),
        "reviewers": people(world, &pull.reviewers),
    })
}

fn ended(world: &World, project: &Project, check: &Check, branch: &str) -> Value {
    let talk = world.talks.get(&project.id);
    let mut pulls = talk.into_iter().flat_map(|talk| talk.pulls.values());
    let pull = pulls.find(|pull| pull.head == branch && pull.thread.state == State::Open);
    let web = format!(
        "{}/{}/-/pipelines/{}",
        world.base_url, project.path, check.id
    );
    json!({
        "object_kind": "pipeline",
        "object_attributes": {
            "id": check.id,
            "iid": check.id,
            "name": check.name,
            "ref": branch,
            "tag": false,
            "sha": check.commit,
            "before_sha": "0".repeat(40),
            "source": if pull.is_some() { "merge_request_event" } else { "push" },
            "status": check.result,
            "detailed_status": check.result,
            "stages": ["test"],
            "created_at": at(check.at),
            "finished_at": at(check.at),
            "duration": 1,
            "url": web,
        },
        "merge_request": pull.map(|pull| pull_form(world, project, pull)),
        "commit": {"id": check.commit, "message": "", "url": ""},
        "builds": [{
            "id": check.id,
            "stage": "test",
            "name": check.name,
            "status": check.result,
            "failure_reason": if check.result == "failed" { "script_failure" } else { "unknown_failure" },
            "allow_failure": false,
        }],
    })
}

fn pushed(world: &World, who: &str, branch: &str, commits: (&str, &str)) -> Value {
    let (before, after) = commits;
    let is_none = after.bytes().all(|byte| byte == b'0');
    json!({
        "object_kind": "push",
        "event_name": "push",
        "before": before,
        "after": after,
        "ref": format!("refs/heads/{branch}"),
        "ref_protected": false,
        "checkout_sha": (!is_none).then_some(after),
        "user_id": author_id(world, who),
        "user_name": who,
        "user_username": who,
        "commits": [],
        "total_commits_count": 0,
    })
}
