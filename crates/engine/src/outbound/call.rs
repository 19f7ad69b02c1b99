//! The calls themselves: one request, one answer, both limited.

use std::error::Error as _;
use std::net::SocketAddr;
use std::time::Duration;

use outwork_domain::address::{OutboundUrl, refusal};
use outwork_domain::limits::{
    IMAGE_FETCH_MAX, WEBHOOK_ANSWER_BYTES_MAX, WEBHOOK_ANSWER_WAIT, WEBHOOK_WAIT_MAX,
};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};

use super::Outbound;
use super::policy::Refused;
use super::resolver::NoAddress;

/// What an address is called for; decides how long that may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The end of a run is announced.
    Webhook,
    /// A prompt's image is fetched.
    Image,
}

impl Kind {
    const fn wait_max(self) -> Duration {
        match self {
            Self::Webhook => WEBHOOK_WAIT_MAX,
            Self::Image => IMAGE_FETCH_MAX,
        }
    }
}

/// What was fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// The HTTP status; redirects included, since they are not followed.
    pub status: u16,
    /// What the other side says that the bytes are.
    pub content_type: Option<String>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// What a receiver answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The HTTP status; redirects included, since they are not followed.
    pub status: u16,
    /// The text of `Retry-After`.
    pub retry_after: Option<String>,
    /// The first bytes of its body; none of an address that is not public, which only an exception opened:
    /// what is said inside the operator's network is not for everybody who may name an address.
    pub excerpt: Vec<u8>,
}

/// A call without an answer. The texts hold nothing that the other side sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Its name leads nowhere.
    #[error("the host's name cannot be resolved")]
    NoSuchHost,
    /// Nobody accepts a connection there, or none that can be trusted.
    #[error("no connection could be made")]
    NoConnection,
    /// It took too long.
    #[error("there was no answer in time")]
    TimedOut,
    /// The connection broke, or what came was no HTTP.
    #[error("the connection broke before the answer was complete")]
    Broken,
    /// The answer has more bytes than the caller takes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The request could not be built.
    #[error("the request could not be made")]
    Unsendable,
}

impl CallError {
    /// What became of a call, without the texts of lower layers, which name hosts and ports.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut source = error.source();
        while let Some(cause) = source {
            match cause.downcast_ref::<NoAddress>() {
                Some(NoAddress::Refused(refused)) => return Self::Refused(refused.clone()),
                Some(NoAddress::Unknown(_)) => return Self::NoSuchHost,
                None => source = cause.source(),
            }
        }
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::NoConnection
        } else if error.is_builder() {
            Self::Unsendable
        } else {
            Self::Broken
        }
    }
}

impl Outbound {
    /// Fetches what is at an address, up to `bytes_max`.
    ///
    /// # Errors
    ///
    /// [`CallError`] if there is no answer or too much of it; any status is an answer.
    pub async fn get(
        &self,
        url: &OutboundUrl,
        bytes_max: usize,
        kind: Kind,
    ) -> Result<Fetched, CallError> {
        let request = self.client(url)?.get(url.as_url().clone());
        let fetching = async {
            let mut response = send(request).await?;
            let content_type = text(response.headers(), CONTENT_TYPE);
            let announced = response.content_length().unwrap_or(0);
            if usize::try_from(announced).map_or(true, |announced| announced > bytes_max) {
                return Err(CallError::TooLarge(bytes_max));
            }
            let mut body = Vec::new();
            while let Some(piece) = piece(&mut response).await? {
                if body.len() + piece.len() > bytes_max {
                    return Err(CallError::TooLarge(bytes_max));
                }
                body.extend_from_slice(&piece);
            }
            Ok(Fetched {
                status: response.status().as_u16(),
                content_type,
                body,
            })
        };
        in_time(kind, fetching).await
    }

    /// Posts bytes to an address; of the answer's body only the beginning is kept.
    ///
    /// # Errors
    ///
    /// [`CallError`] if there is no answer; any status is one.
    pub async fn post(
        &self,
        url: &OutboundUrl,
        headers: HeaderMap,
        body: Vec<u8>,
        kind: Kind,
    ) -> Result<Answer, CallError> {
        let request = self.client(url)?.post(url.as_url().clone());
        let posting = async {
            let mut response = send(request.headers(headers).body(body)).await?;
            // The status has decided; whether the body comes to its end does not matter any more.
            let reading = excerpt(&mut response, WEBHOOK_ANSWER_BYTES_MAX);
            let excerpt = tokio::time::timeout(WEBHOOK_ANSWER_WAIT, reading).await;
            let excerpt = excerpt.ok().filter(|_| is_public(response.remote_addr()));
            Ok(Answer {
                status: response.status().as_u16(),
                retry_after: text(response.headers(), RETRY_AFTER),
                excerpt: excerpt.unwrap_or_default(),
            })
        };
        in_time(kind, posting).await
    }
}

async fn in_time<T>(
    kind: Kind,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    tokio::time::timeout(kind.wait_max(), call)
        .await
        .unwrap_or(Err(CallError::TimedOut))
}

async fn send(request: RequestBuilder) -> Result<Response, CallError> {
    request.send().await.map_err(|error| CallError::of(&error))
}

async fn piece(response: &mut Response) -> Result<Option<Vec<u8>>, CallError> {
    let piece = response.chunk().await;
    piece
        .map(|piece| piece.map(|piece| piece.to_vec()))
        .map_err(|error| CallError::of(&error))
}

/// Whether an answer came from where everybody could have asked.
fn is_public(from: Option<SocketAddr>) -> bool {
    from.is_some_and(|from| refusal(from.ip()).is_none())
}

/// The first bytes of a body. A short body is read to its end, so that its connection can be used again.
pub(super) async fn excerpt(response: &mut Response, bytes_max: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    while let Ok(Some(piece)) = piece(response).await {
        let room = bytes_max - kept.len();
        kept.extend(piece.into_iter().take(room));
        if kept.len() == bytes_max {
            break;
        }
    }
    kept
}

fn text(headers: &HeaderMap, name: reqwest::header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn what_only_an_exception_opens_is_not_public() {
        for (from, public) in [
            ("93.184.215.14:443", true),
            ("[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443", true),
            ("10.1.2.3:443", false),
            ("127.0.0.1:80", false),
            ("[fd00::1]:443", false),
            ("[::ffff:192.168.0.1]:443", false),
        ] {
            assert_eq!(is_public(Some(from.parse().unwrap())), public, "{from}");
        }
        assert!(!is_public(None));
    }
}
