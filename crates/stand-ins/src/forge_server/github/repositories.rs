//! Repositories, their branches, people, labels and webhooks.

use serde_json::{Value, json};

use super::forms::{association, label, permission, repository, user};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};
use crate::forge_server::says::News;
use crate::forge_server::threads::Webhook;
use crate::forge_server::world::{Project, World};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/user/repos", Operation::ListRepositories, list),
    route("GET", "/repos/{}/{}", Operation::GetRepository, get),
    route(
        "GET",
        "/repos/{}/{}/branches",
        Operation::ListBranches,
        branches,
    ),
    route(
        "GET",
        "/repos/{}/{}/branches/{..}",
        Operation::GetBranch,
        branch,
    ),
    route(
        "GET",
        "/repos/{}/{}/git/ref/heads/{..}",
        Operation::GetBranch,
        reference,
    ),
    route(
        "GET",
        "/repos/{}/{}/collaborators",
        Operation::ListCollaborators,
        collaborators,
    ),
    route(
        "GET",
        "/repos/{}/{}/collaborators/{}/permission",
        Operation::GetPermission,
        rights,
    ),
    route(
        "GET",
        "/repos/{}/{}/assignees/{}",
        Operation::FindUser,
        assignee,
    ),
    route("GET", "/repos/{}/{}/labels", Operation::ListLabels, labels),
    route(
        "POST",
        "/repos/{}/{}/labels",
        Operation::CreateLabel,
        new_label,
    ),
    route("GET", "/repos/{}/{}/hooks", Operation::ListWebhooks, hooks),
    route(
        "POST",
        "/repos/{}/{}/hooks",
        Operation::CreateWebhook,
        new_hook,
    ),
];

fn list(ask: &mut Ask<'_>) -> Outcome {
    ask.login()?;
    let world = &*ask.world;
    let ids = world.reached(ask.caller);
    Ok(ask.page(&ids, |id| {
        let project = world.projects.get(id);
        project.map_or(Value::Null, |project| {
            repository(world, project, world.permission(ask.caller, project))
        })
    }))
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Read)?;
    let own = ask.world.permission(ask.caller, &project);
    let mut form = repository(ask.world, &project, own);
    for kind in ["merge_commit", "squash_merge", "rebase_merge"] {
        form[format!("allow_{kind}")] = true.into();
    }
    if let Some(parent) = project.fork_of.and_then(|id| ask.world.projects.get(&id)) {
        let parent = repository(ask.world, parent, Permission::Read);
        form["source"] = parent.clone();
        form["parent"] = parent;
    }
    Ok(Answer::json(200, &form))
}

fn branches(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadCode, Permission::Read)?;
    let all = ask.world.bare(project.id)?.branches()?;
    let api = ask.world.api_url();
    Ok(ask.page(&all, |(name, commit)| {
        json!({
            "name": name,
            "commit": {
                "sha": commit,
                "url": format!("{api}/repos/{}/commits/{commit}", project.path),
            },
            "protected": project.protected.contains(name),
        })
    }))
}

fn branch(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadCode, Permission::Read)?;
    let name = ask.params[2].clone();
    let Some(commit) = ask.world.bare(project.id)?.tip(&name)? else {
        return Ok(ask.world.error(404, "Branch not found"));
    };
    let url = format!(
        "{}/repos/{}/branches/{name}",
        ask.world.api_url(),
        project.path
    );
    let is_protected = project.protected.contains(&name);
    let body = json!({
        "name": name,
        "commit": commit_form(ask.world, &project, &commit),
        "_links": {
            "self": url,
            "html": format!("{}/{}/tree/{name}", ask.world.base_url, project.path),
        },
        "protected": is_protected,
        "protection": {
            "enabled": is_protected,
            "required_status_checks": {
                "enforcement_level": "off",
                "contexts": [],
                "checks": [],
            },
        },
        "protection_url": format!("{url}/protection"),
    });
    Ok(Answer::json(200, &body))
}

fn commit_form(world: &World, project: &Project, commit: &str) -> Value {
    let url = format!(
        "{}/repos/{}/commits/{commit}",
        world.api_url(),
        project.path
    );
    let person = json!({"name": "somebody", "email": "somebody@people.test"});
    json!({
        "sha": commit,
        "node_id": format!("C_{commit}"),
        "url": url,
        "html_url": format!("{}/{}/commit/{commit}", world.base_url, project.path),
        "comments_url": format!("{url}/comments"),
        "author": null,
        "committer": null,
        "parents": [],
        "commit": {
            "url": url,
            "author": person,
            "committer": person,
            "message": "",
            "comment_count": 0,
            "tree": {"sha": commit, "url": url},
        },
    })
}

fn reference(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadCode, Permission::Read)?;
    let name = ask.params[2].clone();
    let Some(commit) = ask.world.bare(project.id)?.tip(&name)? else {
        return Ok(ask.world.not_found());
    };
    let url = format!("{}/repos/{}/git", ask.world.api_url(), project.path);
    let body = json!({
        "ref": format!("refs/heads/{name}"),
        "node_id": format!("REF_{commit}"),
        "url": format!("{url}/refs/heads/{name}"),
        "object": {"type": "commit", "sha": commit, "url": format!("{url}/commits/{commit}")},
    });
    Ok(Answer::json(200, &body))
}

fn collaborators(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Write)?;
    let people: Vec<_> = project.people.iter().collect();
    let world = &*ask.world;
    Ok(ask.page(&people, |(login, own)| {
        let mut form = user(world, login);
        form["role_name"] = permission(**own).into();
        form
    }))
}

fn rights(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Read)?;
    let login = ask.params[2].clone();
    if !ask.world.users.contains_key(&login) {
        let words = format!("{login} is not a user");
        return Ok(ask.world.error(404, &words));
    }
    let own = permission(ask.world.permission_of(&login, &project));
    let mut form = user(ask.world, &login);
    form["role_name"] = own.into();
    let body = json!({"permission": own, "role_name": own, "user": form});
    Ok(Answer::json(200, &body))
}

fn assignee(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Read)?;
    if association(ask.world, &project, &ask.params[2]) == "NONE" {
        return Ok(ask.world.not_found());
    }
    Ok(Answer::empty(204))
}

fn labels(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let all = ask.world.talk(project.id).labels.clone();
    let world = &*ask.world;
    Ok(ask.page(&all, |one| label(world, &project, one)))
}

fn new_label(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let name = ask.wanted_text("name")?;
    let color = ask.text("color").unwrap_or_else(|| "ededed".to_owned());
    let (made, news) = ask.world.label(project.id, &name, &color);
    if news == News::Known {
        let error = json!([{"resource": "Label", "code": "already_exists", "field": "name"}]);
        return Ok(ask.world.validation_failed(&error));
    }
    Ok(Answer::json(201, &label(ask.world, &project, &made)))
}

fn hook_form(world: &World, project: &Project, hook: &Webhook) -> Value {
    let url = format!(
        "{}/repos/{}/hooks/{}",
        world.api_url(),
        project.path,
        hook.id
    );
    json!({
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": true,
        "events": hook.events,
        "config": {"url": hook.url, "content_type": "json", "insecure_ssl": "0", "secret": "********"},
        "url": url,
        "test_url": format!("{url}/test"),
        "ping_url": format!("{url}/pings"),
        "created_at": super::super::clock::written(project.created_at),
        "updated_at": super::super::clock::written(project.created_at),
        "last_response": {"code": null, "status": "unused", "message": null},
    })
}

fn hooks(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Hooks, Permission::Admin)?;
    let all = ask.world.talk(project.id).webhooks.clone();
    let world = &*ask.world;
    Ok(ask.page(&all, |hook| hook_form(world, &project, hook)))
}

fn new_hook(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Hooks, Permission::Admin)?;
    let config = ask.body["config"].clone();
    let Some(url) = config["url"].as_str() else {
        return Ok(ask.world.missing_field("url"));
    };
    let events = ask
        .texts("events")
        .unwrap_or_else(|| vec!["push".to_owned()]);
    let secret = config["secret"].as_str().unwrap_or_default();
    let hook = ask.world.add_webhook(project.id, url, secret, events);
    Ok(Answer::json(201, &hook_form(ask.world, &project, &hook)))
}
