//! GitHub's REST interface, as its published OpenAPI document describes it.

mod apps;
mod checks;
mod forms;
mod hooks;
mod people;
mod pulls;
mod repositories;
mod talk;

pub(super) use hooks::tell;

use super::rest::Route;

pub(super) const ROUTES: &[&[Route]] = &[
    people::ROUTES,
    apps::ROUTES,
    repositories::ROUTES,
    pulls::ROUTES,
    talk::ROUTES,
    checks::ROUTES,
];
