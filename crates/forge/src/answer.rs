//! One answer of a forge's API, read whole within limits.

use http::header::{ETAG, HeaderMap, LINK};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use outwork_domain::limits::FORGE_ANSWER_BYTES_MAX;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// An answer, whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end, up to [`FORGE_ANSWER_BYTES_MAX`].
    pub(crate) async fn read<B>(response: Response<B>) -> Result<Self, Error>
    where
        B: BodyExt,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, FORGE_ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| Error::Unavailable(root_of(error.as_ref())))?;
        Ok(Self {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What marks the answer as it is.
    pub(crate) fn etag(&self) -> Option<String> {
        Some(self.headers.get(ETAG)?.to_str().ok()?.to_owned())
    }

    /// Whether the forge names a page behind this one.
    pub(crate) fn has_next_page(&self) -> bool {
        self.headers
            .get_all(LINK)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|link| link.contains("rel=\"next\"") || link.contains("rel=next"))
    }

    /// The body, as the call needs it.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Unintelligible(error.to_string()))
    }
}

/// The deepest cause of an error: the others name addresses and layers.
pub(crate) fn root_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderName, HeaderValue};

    use super::*;

    fn answer(headers: &[(&'static str, &'static str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        Answer {
            status: StatusCode::OK,
            headers: headers.collect(),
            body: Vec::new(),
        }
    }

    #[test]
    fn pages_are_named_by_links() {
        let link = "<https://h/x?page=2>; rel=\"next\", <https://h/x?page=9>; rel=\"last\"";
        assert!(answer(&[("link", link)]).has_next_page());
        let last = "<https://h/x?page=1>; rel=\"prev\", <https://h/x?page=1>; rel=\"first\"";
        assert!(!answer(&[("link", last)]).has_next_page());
        assert!(!answer(&[]).has_next_page());
    }
}
