//! Who is who, and which version this is.

use serde_json::{Value, json};

use super::forms::user;
use crate::forge_server::clock::written;
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::rest::{Ask, Outcome, Route, route};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/version", Operation::GetVersion, version),
    route("GET", "/metadata", Operation::GetVersion, version),
    route("GET", "/user", Operation::GetUser, me),
    route("GET", "/users", Operation::FindUser, find),
    route(
        "GET",
        "/personal_access_tokens/self",
        Operation::GetUser,
        token,
    ),
];

fn version(ask: &mut Ask<'_>) -> Outcome {
    ask.login()?;
    let body = json!({"version": "18.2.0", "revision": "f00dfeed", "enterprise": false});
    Ok(Answer::json(200, &body))
}

fn me(ask: &mut Ask<'_>) -> Outcome {
    let login = ask.login()?;
    let mut form = user(ask.world, &login);
    form["email"] = format!("{login}@people.test").into();
    form["created_at"] = written(0).into();
    Ok(Answer::json(200, &form))
}

fn find(ask: &mut Ask<'_>) -> Outcome {
    let wanted = ask.request.parameter("username");
    let world = &*ask.world;
    let found: Vec<&String> = world
        .users
        .keys()
        .filter(|login| {
            wanted
                .as_ref()
                .is_none_or(|it| it.eq_ignore_ascii_case(login))
        })
        .collect();
    Ok(ask.page(&found, |login| user(world, login)))
}

fn token(ask: &mut Ask<'_>) -> Outcome {
    let login = ask.login()?;
    let secret = ask.caller.token().unwrap_or_default();
    let Some(token) = ask.world.tokens.get(secret) else {
        return Ok(ask.world.login_required());
    };
    let scopes = token
        .scopes
        .clone()
        .unwrap_or_else(|| vec!["api".to_owned()]);
    // Only the day is kept, and the token ends with its beginning.
    let day = |at: i64| written(at).split('T').next().map(str::to_owned);
    let body = json!({
        "id": 1,
        "name": "outwork",
        "revoked": false,
        "active": true,
        "created_at": written(0),
        "scopes": scopes,
        "user_id": ask.world.users.get(&login).map_or(0, |user| user.id),
        "expires_at": token.ends_at.and_then(day).map_or(Value::Null, Value::from),
    });
    Ok(Answer::json(200, &body))
}
