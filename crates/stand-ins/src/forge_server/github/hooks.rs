//! GitHub's webhooks.

use std::io;

use serde_json::{Value, json};

use super::forms::{
    check_run, comment, issue, node_id, pull, repository, review, review_comment, short_pull, user,
};
use crate::forge_server::access::Permission;
use crate::forge_server::events::{Change, Event, Told, gone};
use crate::forge_server::threads::{Comment, Opinion, Pull, Subject};
use crate::forge_server::world::{Project, World};

/// Tells an event as GitHub does.
pub(in crate::forge_server) fn tell(
    world: &World,
    project: &Project,
    who: &str,
    event: &Event,
) -> io::Result<Told> {
    let mut told = match event {
        Event::IssueOpened(number) => {
            let issue = issue(world, project, Subject::Issue(*number));
            if issue.is_null() {
                return Err(gone(Subject::Issue(*number)));
            }
            Told::new("issues", json!({"action": "opened", "issue": issue}))
        }
        Event::Commented(one) => commented(world, project, one)?,
        Event::Reviewed(one) => {
            let mut form = review(world, project, one);
            // In lower case here, in upper case in the REST interface.
            form["state"] = match one.opinion {
                Opinion::Approved => "approved",
                Opinion::ChangesRequested => "changes_requested",
                Opinion::Commented => "commented",
            }
            .into();
            let pull = short_pull(world, project, found(world, project, one.pull)?);
            let body = json!({"action": "submitted", "review": form, "pull_request": pull});
            Told::new("pull_request_review", body)
        }
        Event::PullChanged(number, change) => changed(world, project, *number, *change)?,
        Event::CheckEnded(check, branch) => {
            let mut form = check_run(world, project, check);
            form["check_suite"] = json!({
                "id": check.id,
                "head_branch": branch,
                "head_sha": check.commit,
                "status": "completed",
                "conclusion": check.result,
            });
            Told::new(
                "check_run",
                json!({"action": "completed", "check_run": form}),
            )
        }
        Event::Pushed {
            branch,
            before,
            after,
        } => Told::new("push", pushed(world, project, who, (branch, before, after))),
        Event::Renamed(from) => {
            let name = from.rsplit('/').next().unwrap_or_default();
            let changes = json!({"repository": {"name": {"from": name}}});
            Told::new(
                "repository",
                json!({"action": "renamed", "changes": changes}),
            )
        }
        Event::Ping => Told::new(
            "ping",
            json!({"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {"type": "Repository", "id": 1}}),
        ),
    };
    told.body["repository"] = repository(world, project, Permission::Read);
    told.body["sender"] = user(world, who);
    let apps = world.app.iter().flat_map(|app| &app.installations);
    let mut own = apps.filter(|one| one.repositories.contains(&project.id));
    if let Some(one) = own.next() {
        told.body["installation"] = json!({"id": one.id, "node_id": node_id("INS", one.id)});
    }
    Ok(told)
}

fn found<'a>(world: &'a World, project: &Project, number: u64) -> io::Result<&'a Pull> {
    let talk = world.talks.get(&project.id);
    let found = talk.and_then(|talk| talk.pulls.get(&number));
    found.ok_or_else(|| gone(Subject::Pull(number)))
}

fn commented(world: &World, project: &Project, one: &Comment) -> io::Result<Told> {
    let Some(place) = &one.place else {
        let body = json!({
            "action": "created",
            "issue": issue(world, project, one.subject),
            "comment": comment(world, project, one),
        });
        return Ok(Told::new("issue_comment", body));
    };
    let pull = found(world, project, one.subject.number())?;
    let body = json!({
        "action": "created",
        "comment": review_comment(world, project, one, place),
        "pull_request": short_pull(world, project, pull),
    });
    Ok(Told::new("pull_request_review_comment", body))
}

fn changed(world: &World, project: &Project, number: u64, change: Change) -> io::Result<Told> {
    let one = found(world, project, number)?;
    let action = match change {
        Change::Opened => "opened",
        Change::Pushed => "synchronize",
        Change::Closed | Change::Merged => "closed",
        Change::Reopened => "reopened",
    };
    let form = pull(world, project, one)?;
    let body = json!({"action": action, "number": number, "pull_request": form});
    Ok(Told::new("pull_request", body))
}

fn pushed(world: &World, project: &Project, who: &str, move_: (&str, &str, &str)) -> Value {
    let (branch, before, after) = move_;
    let is_none = |commit: &str| commit.bytes().all(|byte| byte == b'0');
    json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before,
        "after": after,
        "base_ref": null,
        "created": is_none(before),
        "deleted": is_none(after),
        "forced": false,
        "compare": format!("{}/{}/compare/{before}...{after}", world.base_url, project.path),
        "commits": [],
        "head_commit": null,
        "pusher": {"name": who, "email": format!("{who}@people.test")},
    })
}
