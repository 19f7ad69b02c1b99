//! GitLab's objects.

use std::io;

use serde_json::{Value, json};

use crate::forge_server::access::Permission;
use crate::forge_server::bare::Merges;
use crate::forge_server::clock::written;
use crate::forge_server::threads::{
    Check, Comment, Edits, Label, Pull, Reaction, Side, Stage, State, Subject, Target, Thread,
};
use crate::forge_server::world::{Nature, Project, Standing, Visibility, World};

pub(super) fn user(world: &World, login: &str) -> Value {
    let known = world.users.get(login);
    let id = known.map_or(1, |user| user.id);
    json!({
        "id": id,
        "username": login,
        "name": login,
        "state": "active",
        "bot": known.is_some_and(|user| user.nature == Nature::Bot),
        "avatar_url": format!("{}/avatars/{id}", world.base_url),
        "web_url": format!("{}/{login}", world.base_url),
    })
}

pub(super) fn people(world: &World, logins: &[String]) -> Vec<Value> {
    logins.iter().map(|login| user(world, login)).collect()
}

pub(super) const fn access_level(own: Permission) -> u32 {
    match own {
        Permission::None => 0,
        Permission::Read => 20,
        Permission::Write => 30,
        Permission::Admin => 40,
    }
}

pub(super) fn project(world: &World, project: &Project, own: Permission) -> Value {
    let web = format!("{}/{}", world.base_url, project.path);
    let namespace = project.owner();
    let mut form = json!({
        "id": project.id,
        "name": project.name(),
        "path": project.name(),
        "name_with_namespace": project.path.replace('/', " / "),
        "path_with_namespace": project.path,
        "description": null,
        "default_branch": project.default_branch,
        "visibility": match project.visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
        },
        "archived": project.standing == Standing::Archived,
        "http_url_to_repo": format!("{web}.git"),
        "ssh_url_to_repo": format!("git@forge.test:{}.git", project.path),
        "web_url": web,
        "topics": [],
        "forks_count": 0,
        "star_count": 0,
        "issues_enabled": true,
        "merge_requests_enabled": true,
        "namespace": {
            "id": world.users.get(namespace).map_or(0, |owner| owner.id),
            "name": namespace,
            "path": namespace.rsplit('/').next(),
            "full_path": namespace,
            "kind": "group",
        },
        "permissions": {
            "project_access": (own > Permission::None)
                .then(|| json!({"access_level": access_level(own), "notification_level": 3})),
            "group_access": null,
        },
        "created_at": written(project.created_at),
        "last_activity_at": written(project.pushed_at),
    });
    if let Some(parent) = project.fork_of.and_then(|id| world.projects.get(&id)) {
        form["forked_from_project"] = json!({
            "id": parent.id,
            "path_with_namespace": parent.path,
            "web_url": format!("{}/{}", world.base_url, parent.path),
        });
    }
    form
}

pub(super) fn label(label: &Label) -> Value {
    json!({
        "id": label.id,
        "name": label.name,
        "color": format!("#{}", label.color),
        "text_color": "#000000",
        "description": null,
        "is_project_label": true,
    })
}

const fn state(thread: &Thread) -> &'static str {
    match thread.state {
        State::Open => "opened",
        State::Closed => "closed",
        State::Merged => "merged",
    }
}

pub(super) fn issue(world: &World, project: &Project, thread: &Thread) -> Value {
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
        "labels": thread.labels,
        "author": user(world, &thread.author),
        "assignees": people(world, &thread.assignees),
        "web_url": web,
        "created_at": written(thread.created_at),
        "updated_at": written(thread.updated_at),
        "closed_at": thread.closed_at.map(written),
    })
}

/// The title with the word that makes it a draft.
pub(super) fn shown_title(pull: &Pull) -> String {
    match pull.stage {
        Stage::Draft => format!("Draft: {}", pull.thread.title),
        Stage::Ready => pull.thread.title.clone(),
    }
}

pub(super) fn merge_request(world: &World, project: &Project, pull: &Pull) -> io::Result<Value> {
    let thread = &pull.thread;
    let web = format!(
        "{}/{}/-/merge_requests/{}",
        world.base_url, project.path, thread.number
    );
    let merges = match thread.state {
        State::Open => world.merges(project.id, pull)?,
        State::Closed | State::Merged => Merges::Cleanly,
    };
    let is_clean = merges == Merges::Cleanly;
    let is_draft = pull.stage == Stage::Draft;
    let ended = |state: State| (thread.state == state).then(|| thread.closed_at.map(written));
    let merged_by = pull.merged_by.as_ref().map(|login| user(world, login));
    Ok(json!({
        "id": thread.id,
        "iid": thread.number,
        "project_id": project.id,
        "source_project_id": pull.head_project,
        "target_project_id": project.id,
        "title": shown_title(pull),
        "description": thread.body,
        "state": state(thread),
        "draft": is_draft,
        "work_in_progress": is_draft,
        "source_branch": pull.head,
        "target_branch": pull.base,
        "sha": pull.head_commit,
        "diff_refs": {
            "base_sha": pull.base_commit,
            "start_sha": pull.base_commit,
            "head_sha": pull.head_commit,
        },
        "merge_commit_sha": pull.merge_commit,
        "squash_commit_sha": null,
        "author": user(world, &thread.author),
        "assignee": thread.assignees.first().map(|login| user(world, login)),
        "assignees": people(world, &thread.assignees),
        "reviewers": people(world, &pull.reviewers),
        "labels": thread.labels,
        "milestone": null,
        "web_url": web,
        "references": {
            "short": format!("!{}", thread.number),
            "relative": format!("!{}", thread.number),
            "full": format!("{}!{}", project.path, thread.number),
        },
        "merge_status": if is_clean { "can_be_merged" } else { "cannot_be_merged" },
        "detailed_merge_status": match (thread.state, is_draft, is_clean) {
            (State::Closed | State::Merged, _, _) => "not_open",
            (State::Open, true, _) => "draft_status",
            (State::Open, false, true) => "mergeable",
            (State::Open, false, false) => "conflict",
        },
        "has_conflicts": !is_clean,
        "allow_collaboration": pull.edits == Edits::Allowed,
        "user_notes_count": 0,
        "merged_by": merged_by,
        "merge_user": merged_by,
        "merged_at": ended(State::Merged),
        "closed_at": ended(State::Closed),
        "created_at": written(thread.created_at),
        "updated_at": written(thread.updated_at),
    }))
}

pub(super) fn discussion_id(comment: &Comment) -> String {
    format!("{:040x}", comment.discussion)
}

pub(super) fn note(world: &World, comment: &Comment, pull: Option<&Pull>, own_id: u64) -> Value {
    let kind = match comment.subject {
        Subject::Issue(_) => "Issue",
        Subject::Pull(_) => "MergeRequest",
    };
    let position = comment.place.as_ref().map(|place| {
        let (old, new) = match place.side {
            Side::Old => (place.line, None),
            Side::New => (None, place.line),
        };
        json!({
            "base_sha": pull.map(|pull| &pull.base_commit),
            "start_sha": pull.map(|pull| &pull.base_commit),
            "head_sha": place.commit,
            "position_type": "text",
            "old_path": place.path,
            "new_path": place.path,
            "old_line": old,
            "new_line": new,
        })
    });
    let mut form = json!({
        "id": comment.id,
        "type": match (&position, comment.reply_to) {
            (Some(_), _) => Some("DiffNote"),
            (None, Some(_)) => Some("DiscussionNote"),
            (None, None) => None,
        },
        "body": comment.body,
        "author": user(world, &comment.author),
        "created_at": written(comment.created_at),
        "updated_at": written(comment.updated_at),
        "system": false,
        "noteable_id": own_id,
        "noteable_type": kind,
        "noteable_iid": comment.subject.number(),
        "resolvable": position.is_some(),
        "confidential": false,
        "internal": false,
    });
    if let Some(position) = position {
        form["position"] = position;
        form["resolved"] = false.into();
    }
    form
}

pub(super) fn award(world: &World, reaction: &Reaction) -> Value {
    let (kind, id) = match reaction.to {
        Target::Comment(id) => ("Note", id),
        Target::Subject(Subject::Issue(number)) => ("Issue", number),
        Target::Subject(Subject::Pull(number)) => ("MergeRequest", number),
    };
    json!({
        "id": reaction.id,
        "name": reaction.content,
        "user": user(world, &reaction.who),
        "awardable_id": id,
        "awardable_type": kind,
        "created_at": written(reaction.at),
        "updated_at": written(reaction.at),
    })
}

pub(super) fn status(world: &World, check: &Check) -> Value {
    json!({
        "id": check.id,
        "sha": check.commit,
        "ref": null,
        "status": check.result,
        "name": check.name,
        "target_url": check.url,
        "description": check.description,
        "allow_failure": false,
        "author": user(world, "somebody"),
        "created_at": written(check.at),
        "started_at": null,
        "finished_at": written(check.at),
    })
}
