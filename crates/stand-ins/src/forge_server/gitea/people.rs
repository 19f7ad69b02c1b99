//! Who is who, and which version this is.

use serde_json::json;

use super::forms::user;
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/version", Operation::GetVersion, version),
    route("GET", "/settings/api", Operation::GetVersion, settings),
    route("GET", "/user", Operation::GetUser, me),
    route("GET", "/users/{}", Operation::FindUser, find),
];

fn version(_ask: &mut Ask<'_>) -> Outcome {
    Ok(Answer::json(200, &json!({"version": "1.24.3"})))
}

fn settings(_ask: &mut Ask<'_>) -> Outcome {
    let body = json!({
        "max_response_items": 50,
        "default_paging_num": 30,
        "default_git_trees_per_page": 1000,
        "default_max_blob_size": 10_485_760,
    });
    Ok(Answer::json(200, &body))
}

fn me(ask: &mut Ask<'_>) -> Outcome {
    let login = ask.login()?;
    // Gitea's tokens have a scope of their own for this.
    let secret = ask.caller.token().unwrap_or_default();
    let token = ask.world.tokens.get(secret);
    let scopes = token.and_then(|token| token.scopes.clone());
    let is_user = |scope: &String| scope.ends_with(":user") || scope == "all";
    if scopes.is_some_and(|scopes| !scopes.iter().any(is_user)) {
        return Ok(ask.world.unscoped_call(ask.caller, "read:user"));
    }
    Ok(Answer::json(200, &user(ask.world, &login)))
}

fn find(ask: &mut Ask<'_>) -> Outcome {
    if !ask.world.users.contains_key(&ask.params[0]) {
        return Ok(ask.world.not_found());
    }
    Ok(Answer::json(200, &user(ask.world, &ask.params[0])))
}
