//! Secrets of a user, of an environment, of the team. Values go in and never come out.

mod body;
mod delete_secret;
mod list_secrets;
mod path;
mod put_secret;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// All routes of secrets.
pub(super) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(list_secrets::list_secrets))
        .routes(routes!(
            put_secret::put_user_secret,
            delete_secret::delete_user_secret
        ))
        .routes(routes!(list_secrets::list_team_secrets))
        .routes(routes!(
            put_secret::put_team_secret,
            delete_secret::delete_team_secret
        ))
        .routes(routes!(list_secrets::list_environment_secrets))
        .routes(routes!(
            put_secret::put_environment_secret,
            delete_secret::delete_environment_secret
        ))
}
