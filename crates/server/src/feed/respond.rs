//! The response that carries a stream of server-sent events.

use std::convert::Infallible;
use std::future::Future;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;

use crate::reply::typed;

/// A response whose body is what `next` gives, piece by piece, until it gives none.
///
/// The next piece is asked for once the one before it is on its way: whoever reads slowly is waited for.
pub(crate) fn respond<S, F>(state: S, next: impl Fn(S) -> F + Send + 'static) -> Response
where
    S: Send + 'static,
    F: Future<Output = Option<(Bytes, S)>> + Send + 'static,
{
    let next = move |state| {
        let next = next(state);
        async move {
            next.await
                .map(|(bytes, state)| (Ok::<_, Infallible>(bytes), state))
        }
    };
    let body = Body::from_stream(stream::unfold(state, next));
    let mut response = typed(StatusCode::OK, "text/event-stream", body);
    // Tells proxies not to hold back what is small.
    let buffering = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(buffering, HeaderValue::from_static("no"));
    response
}
