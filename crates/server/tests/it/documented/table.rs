//! What the documents list, and what of it cannot happen here.

use crate::support::{Oracle, fits, oracle, oracle_v1};

/// Method, path with its parameters, status.
pub type Pair = (String, String, u16);

/// What newer pages have and the documents lack, with the statuses that they name.
const NEWER: &[(&str, &str, &[u16])] = &[
    ("POST", "/v1/environments", &[201, 400, 401, 409, 429]),
    ("GET", "/v1/environments", &[200, 401, 429]),
    ("GET", "/v1/environments/{id}", &[200, 401, 404, 429]),
    (
        "PATCH",
        "/v1/environments/{id}",
        &[204, 400, 401, 404, 409, 429],
    ),
    ("DELETE", "/v1/environments/{id}", &[200, 401, 404, 429]),
    (
        "GET",
        "/v1/environments/{id}/history",
        &[200, 401, 404, 429],
    ),
    ("GET", "/v1/environments/{id}/builds", &[200, 401, 404, 429]),
    (
        "GET",
        "/v1/environments/{id}/builds/{buildId}",
        &[200, 401, 404, 429],
    ),
    (
        "GET",
        "/v1/environments/{id}/builds/active",
        &[200, 401, 404, 429],
    ),
    ("GET", "/v1/secrets", &[200, 401, 403, 429]),
    (
        "GET",
        "/v1/environments/{id}/secrets",
        &[200, 401, 404, 429],
    ),
    ("GET", "/v1/team/secrets", &[200, 401, 403, 429]),
    (
        "PUT",
        "/v1/secrets/{name}",
        &[200, 201, 400, 401, 403, 404, 409, 429],
    ),
    (
        "PUT",
        "/v1/team/secrets/{name}",
        &[200, 201, 400, 401, 403, 404, 409, 429],
    ),
    (
        "PUT",
        "/v1/environments/{id}/secrets/{name}",
        &[200, 201, 400, 401, 403, 404, 409, 429],
    ),
    (
        "DELETE",
        "/v1/secrets/{name}",
        &[200, 401, 403, 404, 409, 429],
    ),
    (
        "DELETE",
        "/v1/team/secrets/{name}",
        &[200, 401, 403, 404, 409, 429],
    ),
    (
        "DELETE",
        "/v1/environments/{id}/secrets/{name}",
        &[200, 401, 403, 404, 409, 429],
    ),
];

/// What cannot happen, and why; a star stands for every operation of the method.
const IMPOSSIBLE: &[(&str, &str, u16, &str)] = &[
    (
        "*",
        "*",
        500,
        "only a fault of ours that nobody knows of; what can be foreseen is a 503",
    ),
    (
        "GET",
        "*",
        403,
        "every key may read all that is its account's",
    ),
    (
        "GET",
        "/v0/me",
        404,
        "an unknown key is a 401, as everywhere",
    ),
    (
        "DELETE",
        "/v0/agents/{id}",
        409,
        "an archived agent can be deleted",
    ),
    (
        "GET",
        "/v0/agents/{id}/conversation",
        409,
        "an archived agent can be read",
    ),
    (
        "GET",
        "/v1/environments/{id}/builds/{buildId}",
        200,
        "nothing is built here",
    ),
    (
        "DELETE",
        "*/secrets/{name}",
        409,
        "no request makes a second version of a name; the tests of secrets insert one",
    ),
];

/// What can happen although a line above says otherwise of its whole method.
const POSSIBLE: &[(&str, &str, u16)] = &[("GET", "/v1/secrets", 403)];

/// All that is documented.
pub fn documented() -> Vec<Pair> {
    let newer = NEWER.iter().flat_map(|(method, path, statuses)| {
        let statuses = statuses.iter();
        statuses.map(|status| ((*method).to_owned(), (*path).to_owned(), *status))
    });
    let documents = [oracle(), oracle_v1()];
    let listed = documents.into_iter().flat_map(Oracle::listed);
    listed.chain(newer).collect()
}

/// The documented operations: method and path.
pub fn operations() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = documented()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The path with parameters that a path belongs to.
pub fn template_of(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap();
    operations()
        .into_iter()
        .filter(|(verb, template)| verb == method && fits(template, path))
        .min_by_key(|(_, template)| template.matches('{').count())
        .unwrap_or_else(|| panic!("{method} {path} is not documented"))
        .1
}

/// Why a pair cannot happen, if it cannot.
pub fn impossible((method, path, status): &Pair) -> Option<&'static str> {
    if POSSIBLE.contains(&(method, path, *status)) {
        return None;
    }
    let is_meant = |pattern: &str| match pattern.strip_prefix('*') {
        Some(end) => path.ends_with(end),
        None => path == pattern,
    };
    IMPOSSIBLE
        .iter()
        .find(|(verb, pattern, code, _)| {
            (*verb == "*" || verb == method) && code == status && is_meant(pattern)
        })
        .map(|(_, _, _, why)| *why)
}
