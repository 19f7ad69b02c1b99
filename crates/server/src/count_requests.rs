//! The layer around all routes that need a key: who asks is found once, counted, and kept to what the
//! key reaches.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::auth::Caller;
use crate::rate_limit::RouteClass;
use crate::reach;

/// Counts a request by its key before the route sees it, and tells what is left with the answer.
pub(crate) async fn count_requests(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(String::new, |route| route.as_str().to_owned());
    let Some(class) = RouteClass::of(request.method(), &route) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => caller,
        Err(rejected) => return rejected.into_response(),
    };
    let standing = match app.meters().count(class, caller.0.counted_as()) {
        Ok(standing) => standing,
        Err(refused) => return refused.response(app.engine().now()),
    };
    if let Err(failure) = reach::check(&app, &caller, &route, &mut parts).await {
        return failure.into_response();
    }
    parts.extensions.insert(caller);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(standing) = standing {
        standing.tell_unless_told(response.headers_mut(), app.engine().now());
    }
    response
}
