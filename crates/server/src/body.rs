//! Request bodies: read up to a limit, parsed as JSON, faults named by their place.
//!
//! Unknown keys are ignored, `null` is as absent, a `Content-Type` is not asked for.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use outwork_domain::limits::{BODY_BYTES_PER_SEC_MIN, BODY_SILENCE_MAX, BODY_WAIT};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::body_room::{Room, SMALL_BYTES_MAX};
use crate::errors::Failure;

/// What is set aside at most before any of a body has arrived.
const RESERVED_BYTES_MAX: usize = 1024 * 1024;

/// A JSON object of at most `LIMIT` bytes.
pub(crate) struct JsonBody<T, const LIMIT: usize>(pub(crate) T);

impl<T, const LIMIT: usize> FromRequest<App> for JsonBody<T, LIMIT>
where
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let Object(body) = receive(request, app, LIMIT, parse::<Object<T>>).await?;
        Ok(Self(body))
    }
}

/// Receives a body of at most `limit` bytes and parses it, beside the runtime's threads if it is large:
/// images take their time.
///
/// Its room is kept until it is parsed, and longer by whoever put one into the request's extensions.
pub(crate) async fn receive<T: Send + 'static>(
    mut request: Request,
    app: &App,
    limit: usize,
    parse: fn(&[u8]) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let room = request.extensions_mut().remove::<Room>();
    let room = room.unwrap_or_else(|| app.body_room().room(app.engine()));
    let too_large = || Failure::invalid(format!("the request body is larger than {limit} bytes"));
    let hold = |bytes| room.hold(bytes);
    let bytes = read(request, limit, hold, too_large).await?;
    if bytes.len() <= SMALL_BYTES_MAX {
        return parse(&bytes);
    }
    let parsed = tokio::task::spawn_blocking(move || parse(&bytes)).await;
    parsed.map_err(|error| Failure::internal(error.to_string()))?
}

/// Receives a body of at most `limit` bytes, whatever it is.
pub(crate) async fn receive_bytes(
    request: Request,
    app: &App,
    limit: usize,
    too_large: fn() -> Failure,
) -> Result<Bytes, Failure> {
    let room = app.body_room().room(app.engine());
    let hold = |bytes| room.hold(bytes);
    read(request, limit, hold, too_large).await
}

/// A JSON object. Derived structs alone would also take an array of their fields.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Map(PhantomData))
    }
}

/// When a body is given up of which so much has come: after a while, and later the more has come.
fn end_of(begun: Instant, come: usize) -> Instant {
    let earned = come / BODY_BYTES_PER_SEC_MIN;
    begun + BODY_WAIT + Duration::from_secs(earned as u64)
}

/// Nothing comes any more.
fn silent() -> Failure {
    let secs = BODY_SILENCE_MAX.as_secs();
    Failure::request_timeout(format!("nothing of the request body came for {secs} s"))
}

fn too_slow() -> Failure {
    let (secs, kib) = (BODY_WAIT.as_secs(), BODY_BYTES_PER_SEC_MIN / 1024);
    Failure::request_timeout(format!(
        "the request body came too slowly: after {secs} s, {kib} KiB have to come each second on average"
    ))
}

/// Reads a body to its end; `hold` sees to the room for so many bytes.
async fn read(
    request: Request,
    limit: usize,
    hold: impl Fn(usize) -> Result<(), Failure>,
    too_large: impl Fn() -> Failure,
) -> Result<Bytes, Failure> {
    let announced = request.headers().get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut frames = request.into_body().into_data_stream();
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(RESERVED_BYTES_MAX));
    let begun = Instant::now();
    loop {
        let end = end_of(begun, body.len());
        let silence_ends = Instant::now() + BODY_SILENCE_MAX;
        let late = |_| {
            if silence_ends <= end {
                silent()
            } else {
                too_slow()
            }
        };
        let frame = timeout_at(end.min(silence_ends), frames.next()).await;
        let Some(frame) = frame.map_err(late)? else {
            return Ok(body.freeze());
        };
        let frame = frame.map_err(|_| Failure::invalid("the request body broke off"))?;
        if body.len() + frame.len() > limit {
            return Err(too_large());
        }
        hold(body.len() + frame.len())?;
        body.extend_from_slice(&frame);
    }
}

/// Refuses a body that holds nothing.
pub(crate) fn some(bytes: &[u8]) -> Result<(), Failure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::bad_request(
            "missing_body",
            "a request body is required",
        ));
    }
    Ok(())
}

/// Parses a body.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    some(bytes)?;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        complaint(&path, error.inner())
    })?;
    json.end().map_err(|error| complaint("", &error))?;
    Ok(parsed)
}

/// Says where the fault is and what belongs there, but not what stood there: it may be a secret.
pub(crate) fn complaint(path: &str, error: &serde_json::Error) -> Failure {
    let place = format!("line {} column {}", error.line(), error.column());
    if !error.is_data() {
        return Failure::invalid(format!("the request body is not valid JSON at {place}"));
    }
    let subject = if path.is_empty() || path == "." {
        "the request body"
    } else {
        path
    };
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let message = match text.rsplit_once(", expected ") {
        Some((_, "a sequence")) => format!("{subject} must be an array"),
        Some((_, expected)) => format!("{subject} must be {expected}"),
        None if text.starts_with("duplicate") => format!("{subject} has a {text}"),
        None => format!("{subject} {text}"),
    };
    Failure::invalid(message)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use axum::http::StatusCode;
    use futures::stream;
    use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;

    use super::*;

    /// Reads a body of up to `limit` bytes that comes in so many pieces of so many bytes, so long after each other,
    /// and then no more.
    async fn read_slowly(
        limit: usize,
        pause: Duration,
        (count, bytes): (usize, usize),
    ) -> (Failure, Duration) {
        let piece = Bytes::from(vec![b'x'; bytes]);
        let pieces = stream::unfold(0, move |sent| {
            let piece = piece.clone();
            async move {
                if sent == count {
                    return std::future::pending().await;
                }
                tokio::time::sleep(pause).await;
                Some((Ok::<_, Infallible>(piece), sent + 1))
            }
        });
        let request = Request::new(Body::from_stream(pieces));
        let begun = Instant::now();
        let too_large = || Failure::invalid("too large");
        let read = read(request, limit, |_| Ok(()), too_large).await;
        (read.unwrap_err(), begun.elapsed())
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        for (pieces, begun) in [((0, 1), 0), ((3, 1), 3)] {
            let (failure, after) = read_slowly(100, SECOND, pieces).await;
            assert_eq!(failure.status, StatusCode::REQUEST_TIMEOUT);
            let words = "nothing of the request body came for 30 s";
            assert_eq!(failure.message, words);
            assert_eq!(after, Duration::from_secs(begun) + BODY_SILENCE_MAX);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_given_up() {
        for pause in [SECOND, Duration::from_secs(25)] {
            let (failure, after) = read_slowly(100_000, pause, (100_000, 1)).await;
            assert_eq!(failure.status, StatusCode::REQUEST_TIMEOUT);
            let words = "the request body came too slowly: after 60 s, 32 KiB have to come each second on average";
            assert_eq!(failure.message, words);
            assert_eq!(after, BODY_WAIT);
        }
        // What came earns time, and no more than that.
        let (failure, after) = read_slowly(usize::MAX, SECOND, (10, BODY_BYTES_PER_SEC_MIN)).await;
        assert_eq!(failure.message, "nothing of the request body came for 30 s");
        assert_eq!(after, Duration::from_secs(40));
        let half = (usize::MAX, BODY_BYTES_PER_SEC_MIN / 2);
        let (failure, after) = read_slowly(usize::MAX, SECOND, half).await;
        assert_eq!(failure.code, "request_timeout");
        let all = 2 * BODY_WAIT;
        assert!(after >= all - SECOND && after <= all + SECOND, "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_largest_body_may_come_over_a_slow_line() {
        let pieces = (usize::MAX, BODY_BYTES_PER_SEC_MIN);
        let (failure, after) = read_slowly(BODY_WITH_IMAGES_BYTES_MAX, SECOND, pieces).await;
        assert_eq!(failure.message, "too large");
        assert!(after > Duration::from_secs(50 * 60), "{after:?}");
    }

    #[derive(Debug, Deserialize)]
    struct Outer {
        list: Option<Vec<Object<Inner>>>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "text")]
        _text: Option<String>,
    }

    fn message(text: &str) -> (&'static str, String) {
        let failure = parse::<Object<Outer>>(text.as_bytes()).unwrap_err();
        (failure.code, failure.message)
    }

    #[test]
    fn names_the_place() {
        for (text, expected) in [
            ("[[]]", "the request body must be an object"),
            ("null", "the request body must be an object"),
            (r#"{"list":{}}"#, "list must be an array"),
            (r#"{"list":[null]}"#, "list[0] must be an object"),
            (r#"{"list":[["a"]]}"#, "list[0] must be an object"),
            (
                r#"{"list":[{},{"text":5}]}"#,
                "list[1].text must be a string",
            ),
            (
                r#"{"list":null,"list":[]}"#,
                "the request body has a duplicate field `list`",
            ),
            ("{", "the request body is not valid JSON at line 1 column 1"),
            (
                "{} x",
                "the request body is not valid JSON at line 1 column 4",
            ),
        ] {
            assert_eq!(
                message(text),
                ("validation_error", expected.to_owned()),
                "{text}"
            );
        }
        assert_eq!(message(" \n").0, "missing_body");
    }

    #[test]
    fn null_and_unknown_keys_are_as_absent() {
        for text in ["{}", r#"{"list":null}"#, r#"{"other":{"list":5}}"#] {
            assert!(
                parse::<Object<Outer>>(text.as_bytes())
                    .unwrap()
                    .0
                    .list
                    .is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn does_not_repeat_what_stood_there() {
        let (_, message) = message(r#"{"list":"a secret, expected"}"#);
        assert_eq!(message, "list must be an array");
    }
}
