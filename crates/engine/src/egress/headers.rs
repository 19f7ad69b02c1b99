//! Headers that are between two neighbours and are not handed on (RFC 9110, 7.6.1).

use hyper::HeaderMap;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// How long the body of a request is, as far as whoever sends it cannot know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Nothing, which was said: some servers refuse a POST that does not say so (RFC 9110, 8.6).
    SaidZero,
    /// What the body itself says.
    OfBody,
}

/// Takes them out of a request. How long its body is, is said anew.
pub(super) fn strip_request(headers: &mut HeaderMap, length: Length) {
    strip(headers);
    for name in [CONTENT_LENGTH, EXPECT, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    match length {
        Length::SaidZero => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Length::OfBody => {}
    }
}

/// Takes them out of an answer.
pub(super) fn strip_response(headers: &mut HeaderMap) {
    strip(headers);
    headers.remove(PROXY_AUTHENTICATE);
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let usual = [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    for name in named.into_iter().chain(usual) {
        headers.remove(name);
    }
}
