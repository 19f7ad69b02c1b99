//! GitLab's REST interface, version 4.

mod awards;
mod checks;
mod forms;
mod hooks;
mod merge_requests;
mod people;
mod projects;
mod talk;

pub(super) use hooks::tell;

use super::rest::Route;

pub(super) const ROUTES: &[&[Route]] = &[
    people::ROUTES,
    projects::ROUTES,
    merge_requests::ROUTES,
    talk::ROUTES,
    awards::ROUTES,
    checks::ROUTES,
];
