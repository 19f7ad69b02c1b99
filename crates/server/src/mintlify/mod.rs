//! Mintlify's agent jobs, v2 and the older v1: views of the same agents, in configured projects.
//!
//! Names, statuses and presence of fields are fixed by the API's public specification; failures are one
//! text. Nothing is decided here that the engine does not decide for every dialect.

mod aliases;
mod create_job;
mod create_session;
mod get_job;
mod get_session;
mod job;
mod launch;
mod list_sessions;
mod messages;
mod path;
mod send_message;
mod session;
mod status;
mod stream;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// All routes of v2 and v1, and the older paths of v1.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(create_job::create_job))
        .routes(routes!(get_job::get_job))
        .routes(routes!(send_message::send_message))
        .routes(routes!(create_session::create_session))
        .routes(routes!(get_session::get_session))
        .routes(routes!(list_sessions::list_sessions))
        .routes(routes!(aliases::create_session_by_older_path))
        .routes(routes!(aliases::get_session_by_older_path))
        .routes(routes!(aliases::list_sessions_by_older_path))
}
