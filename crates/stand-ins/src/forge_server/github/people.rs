//! Who is who.

use serde_json::{Value, json};

use super::forms::user;
use crate::forge_server::clock::written;
use crate::forge_server::fault::Operation;
use crate::forge_server::http::Answer;
use crate::forge_server::log::CredentialKind;
use crate::forge_server::rest::{Ask, Outcome, Route, route};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/user", Operation::GetUser, me),
    route("GET", "/users/{}", Operation::FindUser, find),
    route("GET", "/rate_limit", Operation::GetRateLimit, rate_limit),
    route("GET", "/meta", Operation::GetVersion, meta),
];

fn me(ask: &mut Ask<'_>) -> Outcome {
    if ask.caller.kind() == CredentialKind::Installation {
        let words = "Resource not accessible by integration";
        return Ok(ask.world.error(403, words));
    }
    let login = ask.login()?;
    let mut form = whole(ask, &login);
    for name in [
        "collaborators",
        "disk_usage",
        "owned_private_repos",
        "private_gists",
        "total_private_repos",
    ] {
        form[name] = 0.into();
    }
    form["two_factor_authentication"] = true.into();
    Ok(Answer::json(200, &form))
}

/// A person by himself, with what everybody may see.
fn whole(ask: &Ask<'_>, login: &str) -> Value {
    let mut form = user(ask.world, login);
    for name in ["followers", "following", "public_gists", "public_repos"] {
        form[name] = 0.into();
    }
    for name in ["bio", "blog", "company", "hireable", "location"] {
        form[name] = Value::Null;
    }
    form["name"] = login.into();
    form["email"] = format!("{login}@people.test").into();
    form["created_at"] = written(0).into();
    form["updated_at"] = written(0).into();
    form
}

fn find(ask: &mut Ask<'_>) -> Outcome {
    if !ask.world.users.contains_key(&ask.params[0]) {
        return Ok(ask.world.not_found());
    }
    let mut form = whole(ask, &ask.params[0]);
    form["user_view_type"] = "public".into();
    Ok(Answer::json(200, &form))
}

fn rate_limit(ask: &mut Ask<'_>) -> Outcome {
    // Asking for it is free.
    ask.world.refund_call(ask.caller);
    let (quota, limit) = (ask.world.quota(ask.caller), ask.world.calls_an_hour);
    let core = json!({
        "limit": limit,
        "used": quota.used,
        "remaining": limit.saturating_sub(quota.used),
        "reset": quota.ends_at,
    });
    let search = json!({"limit": 30, "used": 0, "remaining": 30, "reset": quota.ends_at});
    let body = json!({"resources": {"core": core, "search": search}, "rate": core});
    Ok(Answer::json(200, &body))
}

fn meta(_ask: &mut Ask<'_>) -> Outcome {
    let body = json!({
        "verifiable_password_authentication": false,
        "installed_version": "3.19.0",
    });
    Ok(Answer::json(200, &body))
}
