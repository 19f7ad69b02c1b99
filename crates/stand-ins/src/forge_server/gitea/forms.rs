//! Gitea's objects.

use std::io;

use serde_json::{Value, json};

use crate::forge_server::access::Permission;
use crate::forge_server::bare::Merges;
use crate::forge_server::clock::written;
use crate::forge_server::threads::{
    Check, Comment, Edits, Label, Opinion, Place, Pull, Reaction, Review, Side, Stage, State,
    Subject, Thread,
};
use crate::forge_server::world::{Project, Standing, Visibility, World};

pub(super) fn user(world: &World, login: &str) -> Value {
    let id = world.users.get(login).map_or(1, |user| user.id);
    json!({
        "id": id,
        "login": login,
        "login_name": "",
        "username": login,
        "full_name": login,
        "email": format!("{login}@people.test"),
        "avatar_url": format!("{}/avatars/{id}", world.base_url),
        "html_url": format!("{}/{login}", world.base_url),
        "language": "",
        "is_admin": false,
        "active": true,
        "restricted": false,
        "visibility": "public",
        "created": written(0),
    })
}

pub(super) fn people(world: &World, logins: &[String]) -> Vec<Value> {
    logins.iter().map(|login| user(world, login)).collect()
}

pub(super) const fn permission(own: Permission) -> &'static str {
    match own {
        Permission::None => "none",
        Permission::Read => "read",
        Permission::Write => "write",
        Permission::Admin => "admin",
    }
}

pub(super) fn repository(world: &World, project: &Project, own: Permission) -> Value {
    let html = format!("{}/{}", world.base_url, project.path);
    let parent = project.fork_of.and_then(|id| world.projects.get(&id));
    let parent = parent.map(|parent| repository(world, parent, Permission::Read));
    json!({
        "id": project.id,
        "owner": user(world, project.owner()),
        "name": project.name(),
        "full_name": project.path,
        "description": "",
        "empty": false,
        "private": project.visibility == Visibility::Private,
        "internal": false,
        "fork": parent.is_some(),
        "template": false,
        "parent": parent,
        "mirror": false,
        "size": 0,
        "html_url": html,
        "url": format!("{}/repos/{}", world.api_url(), project.path),
        "ssh_url": format!("git@forge.test:{}.git", project.path),
        "clone_url": format!("{html}.git"),
        "default_branch": project.default_branch,
        "archived": project.standing == Standing::Archived,
        "has_issues": true,
        "has_pull_requests": true,
        "permissions": {
            "admin": own >= Permission::Admin,
            "push": own >= Permission::Write,
            "pull": own >= Permission::Read,
        },
        "created_at": written(project.created_at),
        "updated_at": written(project.pushed_at),
    })
}

pub(super) fn label(world: &World, project: &Project, label: &Label) -> Value {
    json!({
        "id": label.id,
        "name": label.name,
        "exclusive": false,
        "is_archived": false,
        "color": label.color,
        "description": "",
        "url": format!("{}/repos/{}/labels/{}", world.api_url(), project.path, label.id),
    })
}

fn labels(world: &World, project: &Project, thread: &Thread) -> Vec<Value> {
    let talk = world.talks.get(&project.id);
    let all = talk.into_iter().flat_map(|talk| &talk.labels);
    all.filter(|one| thread.labels.contains(&one.name))
        .map(|one| label(world, project, one))
        .collect()
}

const fn state(thread: &Thread) -> &'static str {
    match thread.state {
        State::Open => "open",
        State::Closed | State::Merged => "closed",
    }
}

pub(super) fn issue(world: &World, project: &Project, subject: Subject) -> Value {
    let talk = world.talks.get(&project.id);
    let Some(thread) = talk.and_then(|talk| talk.thread(subject)) else {
        return Value::Null;
    };
    let (page, pull) = match subject {
        Subject::Issue(_) => ("issues", Value::Null),
        Subject::Pull(_) => ("pulls", json!({"merged": thread.state == State::Merged})),
    };
    let number = thread.number;
    json!({
        "id": thread.id,
        "number": number,
        "url": format!("{}/repos/{}/issues/{number}", world.api_url(), project.path),
        "html_url": format!("{}/{}/{page}/{number}", world.base_url, project.path),
        "user": user(world, &thread.author),
        "title": thread.title,
        "body": thread.body,
        "labels": labels(world, project, thread),
        "milestone": null,
        "assignee": thread.assignees.first().map(|login| user(world, login)),
        "assignees": people(world, &thread.assignees),
        "state": state(thread),
        "is_locked": false,
        "comments": talk.map_or(0, |talk| talk.comments_of(subject).len()),
        "pull_request": pull,
        "repository": {
            "id": project.id,
            "name": project.name(),
            "owner": project.owner(),
            "full_name": project.path,
        },
        "created_at": written(thread.created_at),
        "updated_at": written(thread.updated_at),
        "closed_at": thread.closed_at.map(written),
    })
}

fn end(world: &World, id: u64, branch: &str, commit: &str) -> Value {
    let project = world.projects.get(&id);
    json!({
        "label": branch,
        "ref": branch,
        "sha": commit,
        "repo_id": id,
        "repo": project.map(|project| repository(world, project, Permission::Read)),
    })
}

/// The title with the word that makes it a draft.
pub(super) fn shown_title(pull: &Pull) -> String {
    match pull.stage {
        Stage::Draft => format!("WIP: {}", pull.thread.title),
        Stage::Ready => pull.thread.title.clone(),
    }
}

pub(super) fn pull(world: &World, project: &Project, pull: &Pull) -> io::Result<Value> {
    let thread = &pull.thread;
    let html = format!(
        "{}/{}/pulls/{}",
        world.base_url, project.path, thread.number
    );
    let is_merged = thread.state == State::Merged;
    let merges = match thread.state {
        State::Open => world.merges(project.id, pull)? == Merges::Cleanly,
        State::Closed | State::Merged => false,
    };
    let mut base = end(world, project.id, &pull.base, &pull.base_commit);
    base["repo"] = repository(world, project, Permission::Read);
    Ok(json!({
        "id": thread.id,
        "number": thread.number,
        "url": html,
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "user": user(world, &thread.author),
        "title": shown_title(pull),
        "body": thread.body,
        "labels": labels(world, project, thread),
        "milestone": null,
        "assignee": thread.assignees.first().map(|login| user(world, login)),
        "assignees": people(world, &thread.assignees),
        "requested_reviewers": people(world, &pull.reviewers),
        "state": state(thread),
        "draft": pull.stage == Stage::Draft,
        "is_locked": false,
        "comments": 0,
        "mergeable": merges,
        "merged": is_merged,
        "merged_at": is_merged.then(|| thread.closed_at.map(written)),
        "merge_commit_sha": pull.merge_commit,
        "merged_by": pull.merged_by.as_ref().map(|login| user(world, login)),
        "allow_maintainer_edit": pull.edits == Edits::Allowed,
        "base": base,
        "head": end(world, pull.head_project, &pull.head, &pull.head_commit),
        "merge_base": pull.base_commit,
        "due_date": null,
        "created_at": written(thread.created_at),
        "updated_at": written(thread.updated_at),
        "closed_at": thread.closed_at.map(written),
    }))
}

pub(super) fn comment(world: &World, project: &Project, comment: &Comment) -> Value {
    let number = comment.subject.number();
    let (issue, pull) = match comment.subject {
        Subject::Issue(_) => (
            format!("{}/{}/issues/{number}", world.base_url, project.path),
            String::new(),
        ),
        Subject::Pull(_) => (
            String::new(),
            format!("{}/{}/pulls/{number}", world.base_url, project.path),
        ),
    };
    json!({
        "id": comment.id,
        "html_url": format!("{issue}{pull}#issuecomment-{}", comment.id),
        "issue_url": issue,
        "pull_request_url": pull,
        "user": user(world, &comment.author),
        "original_author": "",
        "original_author_id": 0,
        "body": comment.body,
        "assets": [],
        "created_at": written(comment.created_at),
        "updated_at": written(comment.updated_at),
    })
}

pub(super) fn line_comment(
    world: &World,
    project: &Project,
    comment: &Comment,
    place: &Place,
) -> Value {
    let html = format!(
        "{}/{}/pulls/{}",
        world.base_url,
        project.path,
        comment.subject.number()
    );
    let line = place.line.unwrap_or(0);
    let (new, old) = match place.side {
        Side::New => (line, 0),
        Side::Old => (0, line),
    };
    json!({
        "id": comment.id,
        "body": comment.body,
        "user": user(world, &comment.author),
        "resolver": null,
        "pull_request_review_id": comment.review,
        "path": place.path,
        "commit_id": place.commit,
        "original_commit_id": place.commit,
        "diff_hunk": format!("@@ -1,1 +1,1 @@ {}", place.path),
        "position": new,
        "original_position": old,
        "html_url": format!("{html}#issuecomment-{}", comment.id),
        "pull_request_url": html,
        "created_at": written(comment.created_at),
        "updated_at": written(comment.updated_at),
    })
}

pub(super) fn review(world: &World, project: &Project, review: &Review, comments: usize) -> Value {
    let html = format!("{}/{}/pulls/{}", world.base_url, project.path, review.pull);
    json!({
        "id": review.id,
        "user": user(world, &review.author),
        "team": null,
        "state": match review.opinion {
            Opinion::Approved => "APPROVED",
            Opinion::ChangesRequested => "REQUEST_CHANGES",
            Opinion::Commented => "COMMENT",
        },
        "body": review.body,
        "commit_id": review.commit,
        "stale": false,
        "official": false,
        "dismissed": false,
        "comments_count": comments,
        "submitted_at": written(review.at),
        "updated_at": written(review.at),
        "html_url": format!("{html}#issuecomment-{}", review.id),
        "pull_request_url": html,
    })
}

pub(super) fn reaction(world: &World, reaction: &Reaction) -> Value {
    json!({
        "user": user(world, &reaction.who),
        "content": reaction.content,
        "created_at": written(reaction.at),
    })
}

pub(super) fn status(world: &World, project: &Project, check: &Check) -> Value {
    json!({
        "id": check.id,
        "status": check.result,
        "target_url": check.url.clone().unwrap_or_default(),
        "description": check.description,
        "url": format!("{}/repos/{}/statuses/{}", world.api_url(), project.path, check.commit),
        "context": check.name,
        "creator": null,
        "created_at": written(check.at),
        "updated_at": written(check.at),
    })
}
