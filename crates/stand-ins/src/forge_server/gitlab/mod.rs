//! GitLab's REST interface, version 4.

mod awards;
mod checks;
mod forms;
mod merge_requests;
mod people;
mod projects;
mod talk;

use super::rest::Route;

pub(super) const ROUTES: &[&[Route]] = &[
    people::ROUTES,
    projects::ROUTES,
    merge_requests::ROUTES,
    talk::ROUTES,
    awards::ROUTES,
    checks::ROUTES,
];
