//! Repositories, their branches, people, labels and webhooks.

use serde_json::{Value, json};

use super::forms::{label, permission, repository, user};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};
use crate::forge_server::threads::Webhook;
use crate::forge_server::world::{Project, World};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/user/repos", Operation::ListRepositories, list),
    route("GET", "/repos/search", Operation::ListRepositories, search),
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
        "/repos/{}/{}/collaborators",
        Operation::ListCollaborators,
        collaborators,
    ),
    route(
        "GET",
        "/repos/{}/{}/collaborators/{}",
        Operation::GetPermission,
        is_collaborator,
    ),
    route(
        "GET",
        "/repos/{}/{}/collaborators/{}/permission",
        Operation::GetPermission,
        rights,
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

fn one(ask: &Ask<'_>, id: u64) -> Value {
    let found = ask.world.projects.get(&id);
    found.map_or(Value::Null, |found| {
        repository(ask.world, found, ask.world.permission(ask.caller, found))
    })
}

fn list(ask: &mut Ask<'_>) -> Outcome {
    ask.login()?;
    let ids = ask.world.reached(ask.caller);
    Ok(ask.page(&ids, |id| one(ask, *id)))
}

fn search(ask: &mut Ask<'_>) -> Outcome {
    let ids = ask.world.reached(ask.caller);
    let (shown, page, size) = ask.slice(&ids);
    let shown: Vec<Value> = shown.iter().map(|id| one(ask, *id)).collect();
    let body = json!({"ok": true, "data": shown});
    Ok(ask.with_links(Answer::json(200, &body), ids.len(), page, size))
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Read)?;
    let own = ask.world.permission(ask.caller, &project);
    let mut form = repository(ask.world, &project, own);
    form["empty"] = ask.world.bare(project.id)?.branches()?.is_empty().into();
    Ok(Answer::json(200, &form))
}

fn branch_form(project: &Project, name: &str, commit: &str) -> Value {
    let is_protected = project.protected.contains(name);
    json!({
        "name": name,
        "commit": {"id": commit, "message": ""},
        "protected": is_protected,
        "user_can_push": !is_protected,
        "user_can_merge": true,
    })
}

fn branches(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadCode, Permission::Read)?;
    let all = ask.world.bare(project.id)?.branches()?;
    Ok(ask.page(&all, |(name, commit)| branch_form(&project, name, commit)))
}

fn branch(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadCode, Permission::Read)?;
    let name = ask.params[2].clone();
    let Some(commit) = ask.world.bare(project.id)?.tip(&name)? else {
        return Ok(ask.world.not_found());
    };
    Ok(Answer::json(200, &branch_form(&project, &name, &commit)))
}

fn collaborators(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Write)?;
    let people: Vec<_> = project.people.keys().collect();
    Ok(ask.page(&people, |login| user(ask.world, login)))
}

fn is_collaborator(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Read)?;
    if project.people.contains_key(&ask.params[2]) {
        return Ok(Answer::empty(204));
    }
    Ok(ask.world.not_found())
}

fn rights(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Metadata, Permission::Read)?;
    let login = ask.params[2].clone();
    let own = ask.world.permission(ask.caller, &project);
    if own < Permission::Admin && login != ask.login()? {
        let words = "Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own";
        return Ok(ask.world.error(403, words));
    }
    if !ask.world.users.contains_key(&login) {
        return Ok(ask.world.not_found());
    }
    let theirs = permission(ask.world.permission_of(&login, &project));
    let body = json!({
        "permission": theirs,
        "role_name": theirs,
        "user": user(ask.world, &login),
    });
    Ok(Answer::json(200, &body))
}

fn labels(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::ReadIssues, Permission::Read)?;
    let all = ask.world.talk(project.id).labels.clone();
    let world = &*ask.world;
    Ok(ask.page(&all, |one| label(world, &project, one)))
}

fn new_label(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::WriteIssues, Permission::Write)?;
    let (name, color) = (ask.wanted_text("name")?, ask.wanted_text("color")?);
    // Gitea does not mind two labels of one name; one is enough here.
    let (made, _) = ask.world.label(project.id, &name, &color);
    Ok(Answer::json(201, &label(ask.world, &project, &made)))
}

fn hook_form(world: &World, hook: &Webhook) -> Value {
    json!({
        "id": hook.id,
        "type": "gitea",
        "branch_filter": "*",
        "config": {"url": hook.url, "content_type": "json"},
        "events": hook.events,
        "active": true,
        "created_at": super::super::clock::written(world.now_secs),
        "updated_at": super::super::clock::written(world.now_secs),
    })
}

fn hooks(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Hooks, Permission::Admin)?;
    let all = ask.world.talk(project.id).webhooks.clone();
    Ok(ask.page(&all, |hook| hook_form(ask.world, hook)))
}

fn new_hook(ask: &mut Ask<'_>) -> Outcome {
    let project = ask.project(Need::Hooks, Permission::Admin)?;
    let config = ask.body["config"].clone();
    let Some(url) = config["url"].as_str() else {
        return Ok(ask.world.error(422, "Missing config option: url"));
    };
    let events = ask.texts("events").unwrap_or_default();
    let secret = config["secret"].as_str().unwrap_or_default();
    let hook = ask.world.add_webhook(project.id, url, secret, events);
    Ok(Answer::json(201, &hook_form(ask.world, &hook)))
}
