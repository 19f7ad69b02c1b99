//! The REST interface of Gitea and Forgejo, version 1.

mod checks;
mod forms;
mod hooks;
mod people;
mod pulls;
mod repositories;
mod reviews;
mod talk;

pub(super) use hooks::tell;

use super::rest::Route;

pub(super) const ROUTES: &[&[Route]] = &[
    people::ROUTES,
    repositories::ROUTES,
    pulls::ROUTES,
    reviews::ROUTES,
    talk::ROUTES,
    checks::ROUTES,
    pulls::BY_BRANCHES,
];
