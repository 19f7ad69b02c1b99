//! Jules's sessions, v1alpha: an agent as a session, its history as activities, a repository as a source.
//!
//! The wire forms follow the API's public reference and what its SDK reads. Nothing is decided here that
//! the engine does not decide for every dialect.

mod activity;
mod body;
mod change_set;
mod create_session;
mod delete_session;
mod filter;
mod get_session;
mod get_source;
mod list_sessions;
mod list_sources;
mod methods;
mod moment;
mod outputs;
mod paging;
mod path;
mod session;
mod source;
mod state;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// All routes of v1alpha.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(list_sources::list_sources))
        .routes(routes!(get_source::get_source))
        .routes(routes!(
            list_sessions::list_sessions,
            create_session::create_session
        ))
        .routes(routes!(
            get_session::get_session,
            methods::call_session,
            delete_session::delete_session
        ))
        .routes(routes!(activity::list::list_activities))
        .routes(routes!(activity::get::get_activity))
}
