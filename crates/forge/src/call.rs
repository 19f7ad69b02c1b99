//! One request to a forge's API, before anything carries it.

use http::header::{ACCEPT, HeaderMap, HeaderValue, IF_NONE_MATCH};
use http::{Method, Request};
use serde_json::Value;

use crate::error::Error;

/// What outgoing requests call themselves; GitHub refuses those that do not.
pub(crate) const USER_AGENT: &str = concat!("outwork/", env!("CARGO_PKG_VERSION"));

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query below the API's address, beginning with a slash; every part is escaped.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) etag: Option<String>,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self {
            method,
            path: path.into(),
            body,
            etag: None,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    pub(crate) fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PUT, path, Some(body))
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body))
    }

    /// The request, which bears no credential yet.
    pub(crate) fn headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            http::header::USER_AGENT,
            HeaderValue::from_static(USER_AGENT),
        );
        if let Some(etag) = &self.etag {
            let etag = HeaderValue::from_str(etag);
            let etag = etag.map_err(|_| Error::Unintelligible("a mark with odd bytes".into()))?;
            headers.insert(IF_NONE_MATCH, etag);
        }
        Ok(headers)
    }
}

/// A request as a library wants it that adds address and credential by itself.
pub(crate) fn request_of<B>(call: &Call, body: B) -> Result<Request<B>, Error> {
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .body(body)
        .map_err(|error| Error::Unintelligible(error.to_string()))?;
    request.headers_mut().extend(call.headers()?);
    Ok(request)
}

/// Escapes a part of a path or a value of a query: everything but letters, digits and `-._~`.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&hex::encode_upper([byte]));
        }
    }
    escaped
}

/// A path of parts that are each escaped, with the slashes between them.
pub(crate) fn escaped_path(path: &str) -> String {
    path.split('/').map(escaped).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_part_of_a_path() {
        assert_eq!(escaped("group/sub"), "group%2Fsub");
        assert_eq!(escaped_path("a b/ü?#"), "a%20b/%C3%BC%3F%23");
        assert_eq!(escaped("v1.0-x_~"), "v1.0-x_~");
    }
}
