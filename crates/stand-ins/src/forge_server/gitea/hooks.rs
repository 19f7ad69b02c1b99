//! Gitea's webhooks.

use std::io;

use serde_json::{Value, json};

use super::forms::{comment, issue, pull, repository, user};
use crate::forge_server::access::Permission;
use crate::forge_server::events::{Change, Event, Told, gone};
use crate::forge_server::threads::{Check, Comment, Opinion, Pull, Review, Subject};
use crate::forge_server::world::{Project, World};

/// Tells an event as Gitea does.
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
            Told::new(
                "issues",
                json!({"action": "opened", "number": number, "issue": issue}),
            )
        }
        Event::Commented(one) if one.place.is_some() => {
            let form = pull(world, project, found(world, project, one.subject.number())?)?;
            reviewed(
                "pull_request_comment",
                "pull_request_review_comment",
                &form,
                "",
            )
        }
        Event::Commented(one) => commented(world, project, one)?,
        Event::Reviewed(one) => reviewed_as(world, project, one)?,
        Event::PullChanged(number, change) => changed(world, project, *number, *change)?,
        Event::CheckEnded(check, branch) => Told::new("status", ended(check, branch)),
        Event::Pushed {
            branch,
            before,
            after,
        } => Told::new("push", pushed(world, project, who, (branch, before, after))),
        Event::Renamed(_) => return Err(io::Error::other("Gitea does not tell that")),
        // Gitea has no ping: its test sends a push.
        Event::Ping => {
            let none = "0".repeat(40);
            let branch = &project.default_branch;
            Told::new("push", pushed(world, project, who, (branch, &none, &none)))
        }
    };
    told.body["repository"] = repository(world, project, Permission::Read);
    told.body["sender"] = user(world, who);
    Ok(told)
}

fn found<'a>(world: &'a World, project: &Project, number: u64) -> io::Result<&'a Pull> {
    let talk = world.talks.get(&project.id);
    let found = talk.and_then(|talk| talk.pulls.get(&number));
    found.ok_or_else(|| gone(Subject::Pull(number)))
}

fn commented(world: &World, project: &Project, one: &Comment) -> io::Result<Told> {
    let is_pull = matches!(one.subject, Subject::Pull(_));
    let form = match one.subject {
        Subject::Issue(_) => Value::Null,
        Subject::Pull(number) => pull(world, project, found(world, project, number)?)?,
    };
    let body = json!({
        "action": "created",
        "issue": issue(world, project, one.subject),
        "pull_request": form,
        "comment": comment(world, project, one),
        "is_pull": is_pull,
    });
    let mut told = Told::new("issue_comment", body);
    if is_pull {
        told.fine_name = "pull_request_comment";
    }
    Ok(told)
}

/// What was said on lines does not come along: whoever wants it has to ask.
fn reviewed(name: &'static str, fine_name: &'static str, pull: &Value, content: &str) -> Told {
    let body = json!({
        "action": "reviewed",
        "number": pull["number"],
        "commit_id": "",
        "requested_reviewer": null,
        "review": {"type": fine_name, "content": content},
        "pull_request": pull,
    });
    Told {
        name,
        fine_name,
        body,
    }
}

fn reviewed_as(world: &World, project: &Project, one: &Review) -> io::Result<Told> {
    let (name, fine_name) = match one.opinion {
        Opinion::Approved => ("pull_request_approved", "pull_request_review_approved"),
        Opinion::ChangesRequested => ("pull_request_rejected", "pull_request_review_rejected"),
        Opinion::Commented => ("pull_request_comment", "pull_request_review_comment"),
    };
    let form = pull(world, project, found(world, project, one.pull)?)?;
    Ok(reviewed(name, fine_name, &form, &one.body))
}

fn changed(world: &World, project: &Project, number: u64, change: Change) -> io::Result<Told> {
    let form = pull(world, project, found(world, project, number)?)?;
    let action = match change {
        Change::Opened => "opened",
        Change::Pushed => "synchronized",
        Change::Closed | Change::Merged => "closed",
        Change::Reopened => "reopened",
    };
    let body = json!({
        "action": action,
        "number": number,
        "pull_request": form,
        "requested_reviewer": null,
        "commit_id": "",
        "review": null,
    });
    let mut told = Told::new("pull_request", body);
    if change == Change::Pushed {
        told.fine_name = "pull_request_sync";
    }
    Ok(told)
}

fn ended(check: &Check, branch: &str) -> Value {
    json!({
        "id": check.id,
        "sha": check.commit,
        "state": check.result,
        "context": check.name,
        "description": check.description,
        "target_url": check.url,
        "name": "",
        "branches": [{"name": branch}],
        "commit": {"id": check.commit},
    })
}

fn pushed(world: &World, project: &Project, who: &str, move_: (&str, &str, &str)) -> Value {
    let (branch, before, after) = move_;
    json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before,
        "after": after,
        "compare_url": format!("{}/{}/compare/{before}...{after}", world.base_url, project.path),
        "commits": [],
        "total_commits": 0,
        "head_commit": null,
        "pusher": user(world, who),
    })
}
