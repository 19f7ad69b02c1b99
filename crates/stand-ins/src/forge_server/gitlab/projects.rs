//! Projects, their branches, members, labels and webhooks.

use serde_json::{Value, json};

use super::forms::{access_level, label, project, user};
use crate::forge_server::access::{Need, Permission};
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};
use crate::forge_server::says::News;
use crate::forge_server::threads::Webhook;
use crate::forge_server::world::{Standing, World};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/projects", Operation::ListRepositories, list),
    route("GET", "/projects/{}", Operation::GetRepository, get),
    route(
        "GET",
        "/projects/{}/repository/branches",
        Operation::ListBranches,
        branches,
    ),
    route(
        "GET",
        "/projects/{}/repository/branches/{..}",
        Operation::GetBranch,
        branch,
    ),
    route(
        "GET",
        "/projects/{}/members/all",
        Operation::ListCollaborators,
        members,
    ),
    route(
        "GET",
        "/projects/{}/members/all/{}",
        Operation::GetPermission,
        member,
    ),
    route("GET", "/projects/{}/labels", Operation::ListLabels, labels),
    route(
        "POST",
        "/projects/{}/labels",
        Operation::CreateLabel,
        new_label,
    ),
    route("GET", "/projects/{}/hooks", Operation::ListWebhooks, hooks),
    route(
        "POST",
        "/projects/{}/hooks",
        Operation::CreateWebhook,
        new_hook,
    ),
];

/// Beyond so many GitLab no longer counts.
const COUNTED_MAX: usize = 10_000;

fn list(ask: &mut Ask<'_>) -> Outcome {
    ask.login()?;
    let world = &*ask.world;
    let figure = |name: &str| ask.request.parameter(name)?.parse::<u64>().ok();
    let level = figure("min_access_level").unwrap_or(0);
    let archived = ask.request.parameter("archived");
    let mut ids = world.reached(ask.caller).to_vec();
    ids.retain(|id| {
        world.projects.get(id).is_some_and(|one| {
            let own = access_level(world.permission(ask.caller, one));
            let is_archived = one.standing == Standing::Archived;
            u64::from(own) >= level
                && archived
                    .as_ref()
                    .is_none_or(|wanted| (wanted == "true") == is_archived)
        })
    });
    if ask.request.parameter("sort").as_deref() != Some("asc") {
        ids.reverse();
    }
    let form = |id: &u64| {
        let found = world.projects.get(id);
        found.map_or(Value::Null, |found| {
            project(world, found, world.permission(ask.caller, found))
        })
    };
    if ask.request.parameter("pagination").as_deref() == Some("keyset") {
        return Ok(by_key(ask, &ids, form));
    }
    let mut answer = ask.page(&ids, form);
    if ids.len() > COUNTED_MAX {
        answer
            .headers
            .retain(|(name, _)| !matches!(name.as_str(), "x-total" | "x-total-pages"));
    }
    Ok(answer)
}

/// Pages that begin behind an id, which do not get slower.
fn by_key(ask: &Ask<'_>, ids: &[u64], form: impl Fn(&u64) -> Value) -> Answer {
    let figure = |name: &str| ask.request.parameter(name)?.parse::<u64>().ok();
    let size = figure("per_page").unwrap_or(20).clamp(1, 100);
    let (after, before) = (figure("id_after"), figure("id_before"));
    let left: Vec<&u64> = ids
        .iter()
        .filter(|id| after.is_none_or(|after| **id > after))
        .filter(|id| before.is_none_or(|before| **id < before))
        .collect();
    let shown: Vec<&u64> = left
        .iter()
        .take(usize::try_from(size).unwrap_or(20))
        .copied()
        .collect();
    let forms: Vec<Value> = shown.iter().map(|id| form(id)).collect();
    let answer = Answer::json(200, &forms.into());
    let last = shown.last().filter(|_| shown.len() < left.len());
    let Some(last) = last else {
        return answer;
    };
    let is_rising = ask.request.parameter("sort").as_deref() == Some("asc");
    let key = if is_rising { "id_after" } else { "id_before" };
    let pairs = url::form_urlencoded::parse(ask.request.query.as_bytes());
    let kept = pairs.filter(|(name, _)| name != "id_after" && name != "id_before");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair(key, &last.to_string())
        .finish();
    let url = format!("{}/projects?{query}", ask.world.api_url());
    answer.with("link", format!("<{url}>; rel=\"next\""))
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Metadata, Permission::Read)?;
    let own = ask.world.permission(ask.caller, &found);
    let mut form = project(ask.world, &found, own);
    let is_empty = ask.world.bare(found.id)?.branches()?.is_empty();
    form["empty_repo"] = is_empty.into();
    if is_empty {
        form["default_branch"] = Value::Null;
    }
    Ok(Answer::json(200, &form))
}

fn branch_form(world: &World, path: &str, name: &str, commit: &str, state: (bool, bool)) -> Value {
    let (is_protected, is_default) = state;
    json!({
        "name": name,
        "merged": false,
        "protected": is_protected,
        "default": is_default,
        "developers_can_push": !is_protected,
        "can_push": !is_protected,
        "web_url": format!("{}/{path}/-/tree/{name}", world.base_url),
        "commit": {"id": commit, "short_id": &commit[..8], "title": "", "parent_ids": []},
    })
}

fn branches(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Metadata, Permission::Read)?;
    let all = ask.world.bare(found.id)?.branches()?;
    let world = &*ask.world;
    Ok(ask.page(&all, |(name, commit)| {
        let state = (
            found.protected.contains(name),
            *name == found.default_branch,
        );
        branch_form(world, &found.path, name, commit, state)
    }))
}

fn branch(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Metadata, Permission::Read)?;
    let name = ask.params[1].clone();
    let Some(commit) = ask.world.bare(found.id)?.tip(&name)? else {
        return Ok(ask.world.error(404, "404 Branch Not Found"));
    };
    let state = (
        found.protected.contains(&name),
        name == found.default_branch,
    );
    let form = branch_form(ask.world, &found.path, &name, &commit, state);
    Ok(Answer::json(200, &form))
}

fn member_form(world: &World, login: &str, own: Permission) -> Value {
    let mut form = user(world, login);
    form["access_level"] = access_level(own).into();
    form["expires_at"] = Value::Null;
    form
}

fn members(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Metadata, Permission::Read)?;
    let people: Vec<_> = found.people.iter().collect();
    let world = &*ask.world;
    Ok(ask.page(&people, |(login, own)| member_form(world, login, **own)))
}

fn member(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Metadata, Permission::Read)?;
    let id = ask.number(1)?;
    let world = &*ask.world;
    let mut people = world.users.values();
    let known = people.find(|user| user.id == id && found.people.contains_key(&user.login));
    let Some(known) = known else {
        return Ok(world.not_found());
    };
    let own = world.permission_of(&known.login, &found);
    Ok(Answer::json(200, &member_form(world, &known.login, own)))
}

fn labels(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Metadata, Permission::Read)?;
    let all = ask.world.talk(found.id).labels.clone();
    Ok(ask.page(&all, label))
}

fn new_label(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::WriteIssues, Permission::Write)?;
    let (name, color) = (ask.wanted_text("name")?, ask.wanted_text("color")?);
    let (made, news) = ask.world.label(found.id, &name, &color);
    if news == News::Known {
        return Ok(ask.world.error(409, "Label already exists"));
    }
    Ok(Answer::json(201, &label(&made)))
}

fn hook_form(hook: &Webhook) -> Value {
    let has = |event: &str| hook.events.iter().any(|own| own == event);
    json!({
        "id": hook.id,
        "url": hook.url,
        "push_events": has("push_events"),
        "note_events": has("note_events"),
        "merge_requests_events": has("merge_requests_events"),
        "pipeline_events": has("pipeline_events"),
        "enable_ssl_verification": true,
    })
}

fn hooks(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Hooks, Permission::Admin)?;
    let all = ask.world.talk(found.id).webhooks.clone();
    Ok(ask.page(&all, hook_form))
}

fn new_hook(ask: &mut Ask<'_>) -> Outcome {
    let found = ask.project(Need::Hooks, Permission::Admin)?;
    let url = ask.wanted_text("url")?;
    let token = ask.text("token").unwrap_or_default();
    let events = ask.body.as_object().into_iter().flatten();
    let events = events.filter(|(name, on)| name.ends_with("_events") && **on == true);
    let events = events.map(|(name, _)| name.clone()).collect();
    let hook = ask.world.add_webhook(found.id, &url, &token, events);
    Ok(Answer::json(201, &hook_form(&hook)))
}
