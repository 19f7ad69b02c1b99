//! `/v0/private-workers…`: what a service may ask about workers of its own.
//!
//! The specification's worker program speaks a protocol of its own, which this server does not: no such
//! worker can be connected. Lists are therefore empty, which is the truth, and what would need one is
//! refused. Failures are `{"error":"text"}` here.

mod list_pools;
mod list_workers;
mod refused;

use utoipa_axum::routes;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::openapi::Routes;
use crate::query::Pairs;

/// All routes about private workers.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(list_workers::list_workers))
        .routes(routes!(list_workers::get_summary))
        .routes(routes!(list_workers::get_worker))
        .routes(routes!(
            list_pools::list_pools,
            refused::create_pool,
            refused::delete_pool
        ))
        .routes(routes!(refused::list_pending_requests))
        .routes(routes!(refused::follow_pending_requests))
        .routes(routes!(refused::claim))
        .routes(routes!(refused::create_token))
        .routes(routes!(refused::release_claim))
        .routes(routes!(refused::fail_claim))
}

/// Only services have workers.
fn require_service(caller: &Caller) -> Result<(), Failure> {
    if caller.0.is_of_user() {
        return Err(Failure::service_account_required());
    }
    Ok(())
}

/// Checks a key whose value must be one of these words.
fn check_word(pairs: &Pairs, name: &str, words: &[&str]) -> Result<(), Failure> {
    match pairs.text(name)? {
        Some(text) if !words.contains(&text) => {
            let words = words.join(", ");
            Err(Failure::invalid(format!("{name} must be one of {words}")))
        }
        Some(_) | None => Ok(()),
    }
}
