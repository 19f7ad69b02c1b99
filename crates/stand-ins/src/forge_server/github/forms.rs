//! GitHub's objects.

use std::io;

use serde_json::{Map, Value, json};

use crate::forge_server::access::Permission;
use crate::forge_server::bare::Merges;
use crate::forge_server::clock::written;
use crate::forge_server::threads::{
    Check, Comment, Edits, Label, Opinion, Place, Pull, Reaction, Review, Side, Stage, State,
    Subject, Thread,
};
use crate::forge_server::world::{Nature, Project, Standing, Visibility, World};

/// The addresses that every repository has, below its own.
const REPOSITORY_URLS: &[&str] = &[
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
];

const USER_URLS: &[&str] = &[
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
];

/// An opaque name, as GitHub gives one to everything.
pub(super) fn node_id(kind: &str, id: u64) -> String {
    format!("{kind}_{id:010}")
}

pub(super) fn user(world: &World, login: &str) -> Value {
    let known = world.users.get(login);
    let id = known.map_or(1, |user| user.id);
    let kind = match known.map(|user| user.nature) {
        Some(Nature::Organisation) => "Organization",
        Some(Nature::Bot) => "Bot",
        Some(Nature::Person) | None => "User",
    };
    let url = format!("{}/users/{login}", world.api_url());
    let mut form = Map::new();
    for name in USER_URLS {
        form.insert(format!("{name}_url"), format!("{url}/{name}").into());
    }
    let own = json!({
        "login": login,
        "id": id,
        "node_id": node_id("U", id),
        "avatar_url": format!("{}/avatars/{id}", world.base_url),
        "gravatar_id": "",
        "html_url": format!("{}/{login}", world.base_url),
        "site_admin": false,
        "type": kind,
        "url": url,
    });
    merged(form, own)
}

fn merged(mut form: Map<String, Value>, own: Value) -> Value {
    if let Value::Object(own) = own {
        form.extend(own);
    }
    Value::Object(form)
}

pub(super) fn repository(world: &World, project: &Project, own: Permission) -> Value {
    let url = format!("{}/repos/{}", world.api_url(), project.path);
    let html = format!("{}/{}", world.base_url, project.path);
    let mut form = Map::new();
    for name in REPOSITORY_URLS {
        form.insert(format!("{name}_url"), format!("{url}/{name}").into());
    }
    let is_private = project.visibility == Visibility::Private;
    for (name, value) in [
        ("private", is_private),
        ("fork", project.fork_of.is_some()),
        ("archived", project.standing == Standing::Archived),
        ("disabled", false),
        ("has_issues", true),
        ("has_projects", true),
        ("has_wiki", true),
        ("has_pages", false),
        ("has_downloads", true),
        ("has_discussions", false),
    ] {
        form.insert(name.to_owned(), value.into());
    }
    for name in [
        "forks",
        "forks_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
        "size",
        "open_issues",
        "open_issues_count",
        "subscribers_count",
        "network_count",
    ] {
        form.insert(name.to_owned(), 0.into());
    }
    let root = project.path.split('/').next().unwrap_or_default();
    let own = json!({
        "id": project.id,
        "node_id": node_id("R", project.id),
        "name": project.name(),
        "full_name": project.path,
        "owner": user(world, root),
        "description": null,
        "homepage": null,
        "language": null,
        "license": null,
        "mirror_url": null,
        "url": url,
        "html_url": html,
        "clone_url": format!("{html}.git"),
        "git_url": format!("git://forge.test/{}.git", project.path),
        "ssh_url": format!("git@forge.test:{}.git", project.path),
        "svn_url": html,
        "visibility": if is_private { "private" } else { "public" },
        "default_branch": project.default_branch,
        "topics": [],
        "created_at": written(project.created_at),
        "pushed_at": written(project.pushed_at),
        "updated_at": written(project.pushed_at),
        "permissions": rights(own),
    });
    merged(form, own)
}

fn rights(own: Permission) -> Value {
    json!({
        "admin": own >= Permission::Admin,
        "maintain": own >= Permission::Admin,
        "push": own >= Permission::Write,
        "triage": own >= Permission::Write,
        "pull": own >= Permission::Read,
    })
}

pub(super) const fn permission(own: Permission) -> &'static str {
    match own {
        Permission::None => "none",
        Permission::Read => "read",
        Permission::Write => "write",
        Permission::Admin => "admin",
    }
}

pub(super) fn label(world: &World, project: &Project, label: &Label) -> Value {
    let url = format!(
        "{}/repos/{}/labels/{}",
        world.api_url(),
        project.path,
        label.name
    );
    json!({
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": url,
        "name": label.name,
        "description": "",
        "color": label.color,
        "default": false,
    })
}

fn labels(world: &World, project: &Project, thread: &Thread) -> Vec<Value> {
    let talk = world.talks.get(&project.id);
    let all = talk.into_iter().flat_map(|talk| &talk.labels);
    all.filter(|one| thread.labels.contains(&one.name))
        .map(|one| label(world, project, one))
        .collect()
}

pub(super) fn association(world: &World, project: &Project, login: &str) -> &'static str {
    match world.permission_of(login, project) {
        Permission::Admin => "OWNER",
        Permission::Write => "COLLABORATOR",
        Permission::Read | Permission::None => "NONE",
    }
}

pub(super) fn people(world: &World, logins: &[String]) -> Vec<Value> {
    logins.iter().map(|login| user(world, login)).collect()
}

/// The addresses of a pull request, and what it has in common with an issue.
fn thread(world: &World, project: &Project, thread: &Thread, page: &str) -> Map<String, Value> {
    let repo = format!("{}/repos/{}", world.api_url(), project.path);
    let issue = format!("{repo}/issues/{}", thread.number);
    let html = format!(
        "{}/{}/{page}/{}",
        world.base_url, project.path, thread.number
    );
    let own = json!({
        "id": thread.id,
        "number": thread.number,
        "title": thread.title,
        "body": if thread.body.is_empty() { Value::Null } else { thread.body.as_str().into() },
        "state": if thread.state == State::Open { "open" } else { "closed" },
        "locked": false,
        "user": user(world, &thread.author),
        "labels": labels(world, project, thread),
        "assignee": thread.assignees.first().map(|login| user(world, login)),
        "assignees": people(world, &thread.assignees),
        "milestone": null,
        "author_association": association(world, project, &thread.author),
        "comments_url": format!("{issue}/comments"),
        "html_url": html,
        "created_at": written(thread.created_at),
        "updated_at": written(thread.updated_at),
        "closed_at": thread.closed_at.map(written),
    });
    match own {
        Value::Object(own) => own,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

pub(super) fn issue(world: &World, project: &Project, subject: Subject) -> Value {
    let Some(talk) = world.talks.get(&project.id) else {
        return Value::Null;
    };
    let Some(found) = talk.thread(subject) else {
        return Value::Null;
    };
    let repo = format!("{}/repos/{}", world.api_url(), project.path);
    let url = format!("{repo}/issues/{}", found.number);
    let page = match subject {
        Subject::Issue(_) => "issues",
        Subject::Pull(_) => "pull",
    };
    let mut own = json!({
        "url": url,
        "node_id": node_id("I", found.id),
        "repository_url": repo,
        "labels_url": format!("{url}/labels{{/name}}"),
        "events_url": format!("{url}/events"),
        "comments": talk.comments_of(subject).len(),
        "state_reason": null,
    });
    if let Subject::Pull(number) = subject {
        own["pull_request"] = json!({
            "url": format!("{repo}/pulls/{number}"),
            "html_url": format!("{}/{}/pull/{number}", world.base_url, project.path),
            "diff_url": format!("{}/{}/pull/{number}.diff", world.base_url, project.path),
            "patch_url": format!("{}/{}/pull/{number}.patch", world.base_url, project.path),
        });
    }
    merged(thread(world, project, found, page), own)
}

fn end(world: &World, id: u64, branch: &str, commit: &str) -> Value {
    let Some(project) = world.projects.get(&id) else {
        return json!({"label": branch, "ref": branch, "sha": commit, "repo": null, "user": null});
    };
    let root = project.path.split('/').next().unwrap_or_default();
    json!({
        "label": format!("{root}:{branch}"),
        "ref": branch,
        "sha": commit,
        "repo": repository(world, project, Permission::Read),
        "user": user(world, root),
    })
}

/// A pull request as lists have it.
pub(super) fn short_pull(world: &World, project: &Project, pull: &Pull) -> Value {
    let number = pull.thread.number;
    let repo = format!("{}/repos/{}", world.api_url(), project.path);
    let url = format!("{repo}/pulls/{number}");
    let html = format!("{}/{}/pull/{number}", world.base_url, project.path);
    let href = |url: String| json!({"href": url});
    let own = json!({
        "url": url,
        "node_id": node_id("PR", pull.thread.id),
        "issue_url": format!("{repo}/issues/{number}"),
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{repo}/pulls/comments{{/number}}"),
        "statuses_url": format!("{repo}/statuses/{}", pull.head_commit),
        "merged_at": (pull.thread.state == State::Merged)
            .then(|| pull.thread.closed_at.map(written)),
        "merge_commit_sha": pull.merge_commit,
        "draft": pull.stage == Stage::Draft,
        "requested_reviewers": people(world, &pull.reviewers),
        "requested_teams": [],
        "head": end(world, pull.head_project, &pull.head, &pull.head_commit),
        "base": end(world, project.id, &pull.base, &pull.base_commit),
        "auto_merge": null,
        "_links": {
            "self": href(url.clone()),
            "html": href(html.clone()),
            "issue": href(format!("{repo}/issues/{number}")),
            "comments": href(format!("{repo}/issues/{number}/comments")),
            "review_comments": href(format!("{url}/comments")),
            "review_comment": href(format!("{repo}/pulls/comments{{/number}}")),
            "commits": href(format!("{url}/commits")),
            "statuses": href(format!("{repo}/statuses/{}", pull.head_commit)),
        },
    });
    merged(thread(world, project, &pull.thread, "pull"), own)
}

/// A pull request by itself.
pub(super) fn pull(world: &World, project: &Project, pull: &Pull) -> io::Result<Value> {
    let mut form = short_pull(world, project, pull);
    let bare = world.bare(project.id)?;
    let is_merged = pull.thread.state == State::Merged;
    let mergeable = if pull.thread.state == State::Open && bare.tip(&pull.base)?.is_some() {
        Some(world.merges(project.id, pull)? == Merges::Cleanly)
    } else {
        None
    };
    let talk = world.talks.get(&project.id);
    let comments = talk.map_or_else(Vec::new, |talk| {
        talk.comments_of(Subject::Pull(pull.thread.number))
    });
    let on_lines = comments.iter().filter(|one| one.place.is_some()).count();
    form["merged"] = is_merged.into();
    form["mergeable"] = mergeable.into();
    form["mergeable_state"] = match mergeable {
        Some(true) if pull.stage == Stage::Draft => "draft",
        Some(true) => "clean",
        Some(false) => "dirty",
        None => "unknown",
    }
    .into();
    form["merged_by"] = pull
        .merged_by
        .as_ref()
        .map(|login| user(world, login))
        .into();
    form["maintainer_can_modify"] = (pull.edits == Edits::Allowed).into();
    form["comments"] = (comments.len() - on_lines).into();
    form["review_comments"] = on_lines.into();
    form["commits"] = bare
        .count_between(&pull.base_commit, &pull.head_commit)?
        .into();
    let files = bare.changed_files(&pull.base_commit, &pull.head_commit)?;
    form["changed_files"] = files.len().into();
    form["additions"] = 0.into();
    form["deletions"] = 0.into();
    Ok(form)
}

pub(super) fn comment(world: &World, project: &Project, comment: &Comment) -> Value {
    let repo = format!("{}/repos/{}", world.api_url(), project.path);
    let number = comment.subject.number();
    let page = match comment.subject {
        Subject::Issue(_) => "issues",
        Subject::Pull(_) => "pull",
    };
    let html = format!("{}/{}/{page}/{number}", world.base_url, project.path);
    json!({
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": format!("{repo}/issues/comments/{}", comment.id),
        "html_url": format!("{html}#issuecomment-{}", comment.id),
        "issue_url": format!("{repo}/issues/{number}"),
        "body": comment.body,
        "user": user(world, &comment.author),
        "author_association": association(world, project, &comment.author),
        "created_at": written(comment.created_at),
        "updated_at": written(comment.updated_at),
    })
}

pub(super) fn review_comment(
    world: &World,
    project: &Project,
    comment: &Comment,
    place: &Place,
) -> Value {
    let repo = format!("{}/repos/{}", world.api_url(), project.path);
    let url = format!("{repo}/pulls/comments/{}", comment.id);
    let pull = format!("{repo}/pulls/{}", comment.subject.number());
    let html = format!(
        "{}/{}/pull/{}",
        world.base_url,
        project.path,
        comment.subject.number()
    );
    let html = format!("{html}#discussion_r{}", comment.id);
    let mut form = json!({
        "id": comment.id,
        "node_id": node_id("PRRC", comment.id),
        "url": url,
        "pull_request_review_id": comment.review,
        "diff_hunk": format!("@@ -1,1 +1,1 @@ {}", place.path),
        "path": place.path,
        "commit_id": place.commit,
        "original_commit_id": place.commit,
        "line": place.line,
        "original_line": place.line,
        "start_line": null,
        "original_start_line": null,
        "start_side": null,
        "side": if place.side == Side::Old { "LEFT" } else { "RIGHT" },
        "subject_type": if place.line.is_some() { "line" } else { "file" },
        "body": comment.body,
        "user": user(world, &comment.author),
        "author_association": association(world, project, &comment.author),
        "created_at": written(comment.created_at),
        "updated_at": written(comment.updated_at),
        "html_url": html,
        "pull_request_url": pull,
        "_links": {
            "self": {"href": url},
            "html": {"href": html},
            "pull_request": {"href": pull},
        },
    });
    if comment.reply_to.is_some() {
        // A reply names the first of its conversation, whichever it answers.
        form["in_reply_to_id"] = comment.discussion.into();
    }
    form
}

pub(super) fn review(world: &World, project: &Project, review: &Review) -> Value {
    let pull = format!(
        "{}/repos/{}/pulls/{}",
        world.api_url(),
        project.path,
        review.pull
    );
    let html = format!("{}/{}/pull/{}", world.base_url, project.path, review.pull);
    let html = format!("{html}#pullrequestreview-{}", review.id);
    json!({
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user(world, &review.author),
        "body": review.body,
        "state": match review.opinion {
            Opinion::Approved => "APPROVED",
            Opinion::ChangesRequested => "CHANGES_REQUESTED",
            Opinion::Commented => "COMMENTED",
        },
        "commit_id": review.commit,
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(world, project, &review.author),
        "submitted_at": written(review.at),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
    })
}

pub(super) fn reaction(world: &World, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": user(world, &reaction.who),
        "content": reaction.content,
        "created_at": written(reaction.at),
    })
}

pub(super) fn check_run(world: &World, project: &Project, check: &Check) -> Value {
    let is_over = check.result != "pending";
    let url = format!(
        "{}/repos/{}/check-runs/{}",
        world.api_url(),
        project.path,
        check.id
    );
    let html = format!("{}/{}/runs/{}", world.base_url, project.path, check.id);
    json!({
        "id": check.id,
        "node_id": node_id("CR", check.id),
        "head_sha": check.commit,
        "external_id": "",
        "name": check.name,
        "url": url,
        "html_url": html,
        "details_url": check.url.clone().unwrap_or(html),
        "status": if is_over { "completed" } else { "in_progress" },
        "conclusion": is_over.then_some(check.result.as_str()),
        "started_at": written(check.at),
        "completed_at": is_over.then(|| written(check.at)),
        "check_suite": {"id": check.id},
        "app": null,
        "pull_requests": [],
        "output": {
            "title": check.name,
            "summary": check.description,
            "text": null,
            "annotations_count": 0,
            "annotations_url": format!("{url}/annotations"),
        },
    })
}

pub(super) fn status(world: &World, project: &Project, check: &Check) -> Value {
    json!({
        "id": check.id,
        "node_id": node_id("SC", check.id),
        "url": format!("{}/repos/{}/statuses/{}", world.api_url(), project.path, check.commit),
        "avatar_url": null,
        "state": check.result,
        "description": check.description,
        "target_url": check.url,
        "context": check.name,
        "creator": user(world, "ci"),
        "created_at": written(check.at),
        "updated_at": written(check.at),
    })
}
