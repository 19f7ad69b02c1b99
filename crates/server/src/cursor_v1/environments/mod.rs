//! `/v1/environments`: named sets of repositories, secrets and set-up commands.

mod body;
mod builds;
mod create_environment;
mod delete_environment;
mod get_environment;
mod list_environments;
mod list_history;
mod path;
mod update_environment;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

pub(super) use path::PathEnvironment;

/// All routes of environments but those of their secrets.
pub(super) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(
            list_environments::list_environments,
            create_environment::create_environment
        ))
        .routes(routes!(
            get_environment::get_environment,
            update_environment::update_environment,
            delete_environment::delete_environment
        ))
        .routes(routes!(list_history::list_history))
        .routes(routes!(builds::list_builds))
        .routes(routes!(builds::get_active_build))
        .routes(routes!(builds::get_build))
}
