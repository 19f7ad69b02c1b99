//! Requests and replies.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Key;

/// A request in the making.
pub struct Ask {
    pub method: Method,
    pub path: String,
    headers: HeaderMap,
    body: Body,
}

pub fn get(path: impl Into<String>) -> Ask {
    Ask::new(Method::GET, path)
}

pub fn post(path: impl Into<String>) -> Ask {
    Ask::new(Method::POST, path)
}

pub fn put(path: impl Into<String>) -> Ask {
    Ask::new(Method::PUT, path)
}

pub fn patch(path: impl Into<String>) -> Ask {
    Ask::new(Method::PATCH, path)
}

pub fn delete(path: impl Into<String>) -> Ask {
    Ask::new(Method::DELETE, path)
}

impl Ask {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Body::empty(),
        }
    }

    pub fn by(self, key: &Key) -> Self {
        let token = &key.token;
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn basic(self, user: &str, password: &str) -> Self {
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        self.header(AUTHORIZATION.as_str(), &format!("Basic {encoded}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers
            .insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(value.to_string())
    }

    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub fn request(self) -> Request<Body> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        request
    }
}

/// A whole response.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The body of a success.
    #[track_caller]
    pub fn good(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        self.json()
    }

    /// Status, code and message of a refusal, in whichever shape.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String, String) {
        assert!(!self.status.is_success(), "{} {}", self.status, self.text());
        let body = self.json();
        let (code, message) = match body.get("error") {
            Some(error) => (&error["code"], &error["message"]),
            None => (&body["code"], &body["detail"]),
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (self.status.as_u16(), text(code), text(message))
    }

    /// Status and code of a refusal.
    #[track_caller]
    pub fn refused(&self) -> (u16, String) {
        let (status, code, _) = self.refusal();
        (status, code)
    }
}
