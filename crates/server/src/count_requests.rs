//! The layer around all routes that need a key: who asks is found once, and counted.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::auth::Caller;
use crate::rate_limit::RouteClass;

/// Counts a request by its key before the route sees it, and tells what is left with the answer.
pub(crate) async fn count_requests(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let class = route.and_then(|route| RouteClass::of(request.method(), route.as_str()));
    let Some(class) = class else {
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
    parts.extensions.insert(caller);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(standing) = standing {
        standing.tell(response.headers_mut(), app.engine().now());
    }
    response
}
