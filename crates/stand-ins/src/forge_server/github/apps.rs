//! The App, its installations and their tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::forms::{node_id, repository, user};
use crate::forge_server::access::{Caller, Owner, Permission, Token};
use crate::forge_server::app::{App, Installation};
use crate::forge_server::clock::written;
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Refused, Route, route};
use crate::forge_server::world::World;

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/app", Operation::GetApp, app),
    route(
        "GET",
        "/app/installations",
        Operation::ListInstallations,
        list,
    ),
    route(
        "GET",
        "/app/installations/{}",
        Operation::FindInstallation,
        get,
    ),
    route(
        "POST",
        "/app/installations/{}/access_tokens",
        Operation::MintToken,
        mint,
    ),
    route(
        "GET",
        "/repos/{}/{}/installation",
        Operation::FindInstallation,
        of_repository,
    ),
    route(
        "GET",
        "/orgs/{}/installation",
        Operation::FindInstallation,
        of_account,
    ),
    route(
        "GET",
        "/users/{}/installation",
        Operation::FindInstallation,
        of_account,
    ),
    route(
        "GET",
        "/installation/repositories",
        Operation::ListRepositories,
        repositories,
    ),
];

/// Installation tokens live for an hour.
const TOKEN_SECS: i64 = 3600;

fn own_app(ask: &Ask<'_>) -> Result<App, Refused> {
    match (ask.caller, &ask.world.app) {
        (Caller::App, Some(app)) => Ok(app.clone()),
        (Caller::App, None)
        | (
            Caller::Anonymous | Caller::User { .. } | Caller::Installation { .. } | Caller::Refused,
            _,
        ) => Err(ask
            .world
            .error(401, "A JSON web token could not be decoded")
            .into()),
    }
}

fn app(ask: &mut Ask<'_>) -> Outcome {
    let app = own_app(ask)?;
    let body = json!({
        "id": app.id,
        "slug": app.slug,
        "node_id": node_id("A", app.id),
        "owner": user(ask.world, "acme"),
        "name": app.slug,
        "description": null,
        "external_url": format!("{}/apps/{}", ask.world.base_url, app.slug),
        "html_url": format!("{}/apps/{}", ask.world.base_url, app.slug),
        "created_at": written(0),
        "updated_at": written(0),
        "permissions": app.permissions,
        "events": ["issue_comment", "pull_request", "push"],
        "installations_count": app.installations.len(),
    });
    Ok(Answer::json(200, &body))
}

fn list(ask: &mut Ask<'_>) -> Outcome {
    let app = own_app(ask)?;
    let world = &*ask.world;
    Ok(ask.page(&app.installations, |one| form(world, &app, one)))
}

fn get(ask: &mut Ask<'_>) -> Outcome {
    let (app, id) = (own_app(ask)?, ask.number(0)?);
    let found = app.installations.iter().find(|one| one.id == id);
    found.map_or_else(
        || Err(ask.world.not_found().into()),
        |found| Ok(Answer::json(200, &form(ask.world, &app, found))),
    )
}

fn of_repository(ask: &mut Ask<'_>) -> Outcome {
    let app = own_app(ask)?;
    let path = format!("{}/{}", ask.params[0], ask.params[1]);
    let id = ask.world.find_path(&path);
    let mut all = app.installations.iter();
    let found = all.find(|one| id.is_some_and(|id| one.repositories.contains(&id)));
    found.map_or_else(
        || Err(ask.world.not_found().into()),
        |found| Ok(Answer::json(200, &form(ask.world, &app, found))),
    )
}

fn of_account(ask: &mut Ask<'_>) -> Outcome {
    let app = own_app(ask)?;
    let mut all = app.installations.iter();
    let found = all.find(|one| one.account == ask.params[0]);
    found.map_or_else(
        || Err(ask.world.not_found().into()),
        |found| Ok(Answer::json(200, &form(ask.world, &app, found))),
    )
}

fn form(world: &World, app: &App, one: &Installation) -> Value {
    let url = format!("{}/app/installations/{}", world.api_url(), one.id);
    json!({
        "id": one.id,
        "account": user(world, &one.account),
        "access_tokens_url": format!("{url}/access_tokens"),
        "repositories_url": format!("{}/installation/repositories", world.api_url()),
        "html_url": format!("{}/settings/installations/{}", world.base_url, one.id),
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": world.users.get(&one.account).map_or(0, |user| user.id),
        "target_type": "Organization",
        "permissions": app.permissions,
        "events": ["issue_comment", "pull_request", "push"],
        "created_at": written(0),
        "updated_at": written(0),
        "single_file_name": null,
        "repository_selection": "selected",
        "suspended_by": null,
        "suspended_at": null,
    })
}

fn mint(ask: &mut Ask<'_>) -> Outcome {
    let (app, id) = (own_app(ask)?, ask.number(0)?);
    let Some(found) = app.installations.iter().find(|one| one.id == id) else {
        return Ok(ask.world.not_found());
    };
    let only = wanted_repositories(ask, found)?;
    let permissions = wanted_permissions(ask, &app)?;
    let ends_at = ask.world.now_secs + TOKEN_SECS;
    let token = Token {
        owner: Owner::Installation(id),
        scopes: None,
        permissions: Some(permissions.clone()),
        repositories: only.clone(),
        ends_at: Some(ends_at),
        calls_left: None,
    };
    let secret = ask.world.keep_token("ghs_", token);
    let mut body = json!({
        "token": secret,
        "expires_at": written(ends_at),
        "permissions": permissions,
        "repository_selection": "selected",
    });
    if let Some(only) = only {
        let named = only.iter().filter_map(|id| ask.world.projects.get(id));
        let named = named.map(|project| repository(ask.world, project, Permission::Write));
        body["repositories"] = named.collect();
    }
    Ok(Answer::json(201, &body))
}

/// By name, without the owner, or by number; one that is not installed is refused.
fn wanted_repositories(
    ask: &Ask<'_>,
    installation: &Installation,
) -> Result<Option<BTreeSet<u64>>, Refused> {
    let own = || {
        let ids = installation.repositories.iter();
        ids.filter_map(|id| ask.world.projects.get(id))
    };
    let mut wanted = BTreeSet::new();
    let mut is_whole = true;
    for name in ask.texts("repositories").unwrap_or_default() {
        let found = own().find(|project| project.name() == name);
        is_whole &= found.map(|project| wanted.insert(project.id)).is_some();
    }
    let ids = ask.body["repository_ids"].as_array();
    for id in ids.into_iter().flatten() {
        let found = own().find(|project| Some(project.id) == id.as_u64());
        is_whole &= found.map(|project| wanted.insert(project.id)).is_some();
    }
    if !is_whole {
        let words = "There is at least one repository that does not exist or is not accessible to the parent installation.";
        return Err(ask.world.error(422, words).into());
    }
    Ok((!wanted.is_empty()).then_some(wanted))
}

fn wanted_permissions(ask: &Ask<'_>, app: &App) -> Result<BTreeMap<String, String>, Refused> {
    let Some(wanted) = ask.body["permissions"].as_object() else {
        return Ok(app.permissions.clone());
    };
    let mut permissions = BTreeMap::new();
    for (name, level) in wanted {
        let level = level.as_str().unwrap_or_default();
        let own = app.permissions.get(name).map(String::as_str);
        if own != Some(level) && !(own == Some("write") && level == "read") {
            let words = "The permissions requested are not granted to this installation.";
            return Err(ask.world.error(422, words).into());
        }
        permissions.insert(name.clone(), level.to_owned());
    }
    Ok(permissions)
}

fn repositories(ask: &mut Ask<'_>) -> Outcome {
    if !matches!(ask.caller, Caller::Installation { .. }) {
        let words = "You must authenticate with an installation access token in order to list repositories for an installation.";
        return Ok(ask.world.error(403, words));
    }
    let world = &*ask.world;
    let ids = world.reached(ask.caller);
    let (shown, page, size) = ask.slice(&ids);
    let forms = shown.iter().filter_map(|id| world.projects.get(id));
    let forms: Vec<Value> = forms
        .map(|project| repository(world, project, world.permission(ask.caller, project)))
        .collect();
    let body = json!({
        "total_count": ids.len(),
        "repository_selection": "selected",
        "repositories": forms,
    });
    Ok(ask.with_links(Answer::json(200, &body), ids.len(), page, size))
}
