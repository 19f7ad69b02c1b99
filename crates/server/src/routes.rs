//! All routes on one screen, and what answers where there is none.

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use outwork_engine::Engine;

use crate::app::App;
use crate::count_requests::count_requests;
use crate::dialects::{Dialects, Switch};
use crate::errors::Failure;
use crate::observe::observe;
use crate::openapi::{
    ARTIFACTS, CURSOR_V0, CURSOR_V1, Description, FORGES, Group, JULES, MINTLIFY, NATIVE,
    PRIVATE_WORKERS, Routes, SERVER, SIGN_IN,
};
use crate::options::ServerOptions;
use crate::{
    artifact_files, cursor_v0, cursor_v1, forge_hooks, health, jules, mintlify, native, pages,
    reference,
};

/// Builds the routes of all dialects, of our own API and of the pages.
///
/// Body limits, panics, request ids and the shapes of failures are taken care of inside; the caller
/// only serves it.
pub fn router(engine: Engine, options: ServerOptions) -> Router {
    let mut description = Description::default();
    let described = described(options.dialects, &mut description);
    let app = App::new(engine, options, description);
    described
        .merge(pages::routes())
        .route_layer(from_fn_with_state(app.clone(), count_requests))
        .fallback(pages::built_file)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(observe))
        .with_state(app)
}

/// A dialect's routes, and the group that describes them.
type Part = (Switch, &'static Group, fn() -> Routes<App>);

/// The one list of the dialects.
fn of_dialects(dialects: Dialects) -> [Part; 5] {
    let Dialects {
        cursor_v0: v0,
        cursor_v1: v1,
        mintlify: jobs,
        jules: sessions,
    } = dialects;
    [
        (v0, &CURSOR_V0, cursor_v0::routes),
        (v1, &CURSOR_V1, cursor_v1::routes),
        (v1, &PRIVATE_WORKERS, cursor_v1::private_worker_routes),
        (jobs, &MINTLIFY, mintlify::routes),
        (sessions, &JULES, jules::routes),
    ]
}

fn described(dialects: Dialects, description: &mut Description) -> Router<App> {
    let served = of_dialects(dialects).into_iter();
    let served = served.filter(|(switch, ..)| *switch == Switch::On);
    served
        .fold(Router::new(), |router, (_, group, routes)| {
            router.merge(description.add(group, routes()))
        })
        .merge(description.add(&NATIVE, native::routes()))
        .merge(description.add(&SIGN_IN, native::sign_in_routes()))
        .merge(description.add(&ARTIFACTS, artifact_files::routes()))
        .merge(description.add(&FORGES, forge_hooks::routes()))
        .merge(description.add(&SERVER, health::routes().merge(reference::routes())))
}

/// The OpenAPI document of all routes, as a server that serves all dialects gives it at `/openapi.json`.
///
/// # Errors
///
/// Which descriptions contradict each other.
pub fn openapi() -> Result<String, String> {
    let mut description = Description::default();
    drop(described(Dialects::default(), &mut description));
    String::from_utf8(description.text()?.into()).map_err(|error| error.to_string())
}

/// A wrong method on a right path; v1 and v1alpha have no word for it but that of an unknown path.
async fn method_not_allowed(uri: Uri) -> Failure {
    let path = uri.path();
    if path.starts_with("/v1/") || path.starts_with("/v1alpha/") {
        return Failure::not_found("not_found", "There is nothing here");
    }
    let message = "This route does not know that method";
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}
