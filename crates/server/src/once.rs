//! POSTs that may be repeated: the `Idempotency-Key` header.
//!
//! The key counts for account, method and path. The body is told apart by its SHA-256, which is taken
//! while whatever reads the body reads it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use outwork_domain::IdempotencyKey;
use outwork_engine::{Begun, CommandError, Once, Receipt};
use outwork_store::{KeyedRequest, Reply};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::auth::Caller;
use crate::body_room::Room;
use crate::errors::Failure;
use crate::reply::{Answer, typed};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A POST whose body is read by `B`, and what tells it from others.
pub(crate) struct Post<B> {
    pub(crate) body: B,
    pub(crate) repeatable: Repeatable,
}

/// What a request may be repeated by, if it came with a key, and the room that its body takes until what it
/// asks for is stored.
pub(crate) struct Repeatable {
    named: Option<Named>,
    room: Room,
}

struct Named {
    key: IdempotencyKey,
    route: String,
    digest: [u8; 32],
}

/// A body that is not read.
pub(crate) struct NoBody;

impl FromRequest<App> for NoBody {
    type Rejection = Failure;

    async fn from_request(_: Request, _: &App) -> Result<Self, Failure> {
        Ok(Self)
    }
}

impl<B> FromRequest<App> for Post<B>
where
    B: FromRequest<App, Rejection = Failure>,
{
    type Rejection = Failure;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, Failure> {
        let room = app.body_room().room(app.engine());
        request.extensions_mut().insert(room.clone());
        let Some(key) = key_of(request.headers())? else {
            let body = B::from_request(request, app).await?;
            let repeatable = Repeatable { named: None, room };
            return Ok(Self { body, repeatable });
        };
        let route = format!("{} {}", request.method(), request.uri().path());
        let hash = Arc::new(Mutex::new(Sha256::new()));
        let hashing = Arc::clone(&hash);
        let request = request.map(|body| {
            Body::new(Hashed {
                body,
                hash: hashing,
            })
        });
        let body = B::from_request(request, app).await?;
        let hash = hash.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = hash.clone().finalize().into();
        let named = Some(Named { key, route, digest });
        let repeatable = Repeatable { named, room };
        Ok(Self { body, repeatable })
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Failure> {
    let mut sent = headers.get_all(KEY).iter();
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    if sent.next().is_some() {
        return Err(Failure::invalid("Idempotency-Key is given more than once"));
    }
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    let wrong = || Failure::invalid("Idempotency-Key must be 1 to 255 printable ASCII characters");
    key.map(Some).ok_or_else(wrong)
}

/// Hashes what passes through.
struct Hashed {
    body: Body,
    hash: Arc<Mutex<Sha256>>,
}

impl HttpBody for Hashed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
            hash.update(bytes);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer with a JSON body, as it is stored.
pub(crate) fn json_reply(status: StatusCode, body: &impl Serialize) -> Result<Reply, Failure> {
    let body = serde_json::to_vec(body)
        .map_err(|error| Failure::internal(format!("a body cannot be written: {error}")))?;
    let status = status.as_u16();
    Ok(Reply { status, body })
}

impl Repeatable {
    /// Carries out a command, or gives the answer that it was given before.
    ///
    /// `render` must depend on nothing but what the command made: it runs in its transaction.
    pub(crate) async fn once<T, R, C, F>(
        self,
        app: &App,
        caller: &Caller,
        render: R,
        command: C,
    ) -> Answer
    where
        R: Fn(&T) -> Result<Reply, Failure> + Send + Sync + 'static,
        C: FnOnce(Option<Receipt<T>>) -> F,
        F: Future<Output = Result<Once<T>, Failure>>,
    {
        self.once_as(app, caller, render, command).await?.answer()
    }

    /// The same, and the answer as it is stored: for those that are more than JSON.
    pub(crate) async fn once_as<T, R, C, F>(
        self,
        app: &App,
        caller: &Caller,
        render: R,
        command: C,
    ) -> Result<Stored, Failure>
    where
        R: Fn(&T) -> Result<Reply, Failure> + Send + Sync + 'static,
        C: FnOnce(Option<Receipt<T>>) -> F,
        F: Future<Output = Result<Once<T>, Failure>>,
    {
        let render = Arc::new(render);
        let Self { named, room } = self;
        let receipt = match named {
            None => None,
            Some(named) => match app.engine().begin(named.of(caller)).await? {
                Begun::Repeated(reply) => return Ok(Stored::Repeated(reply)),
                Begun::First(flight) => {
                    let render = Arc::clone(&render);
                    let written = move |made: &T| render(made).map_err(fault);
                    Some(Receipt::new(flight, Box::new(written)))
                }
            },
        };
        let done = command(receipt).await;
        drop(room);
        match done? {
            Once::Done(made) => Ok(Stored::New(render(&made)?)),
            Once::Repeated(reply) => Ok(Stored::Repeated(reply)),
        }
    }
}

impl Named {
    fn of(self, caller: &Caller) -> KeyedRequest {
        KeyedRequest {
            account_id: caller.account_id(),
            route: self.route,
            key: self.key,
            digest: self.digest,
        }
    }
}

fn fault(failure: Failure) -> CommandError {
    CommandError::Internal(failure.fault.unwrap_or(failure.message))
}

/// An answer as it is stored.
pub(crate) enum Stored {
    /// It was made now.
    New(Reply),
    /// It was given before.
    Repeated(Reply),
}

impl Stored {
    /// What was rendered.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let (Self::New(reply) | Self::Repeated(reply)) = self;
        serde_json::from_slice(&reply.body)
            .map_err(|error| Failure::internal(format!("a stored answer: {error}")))
    }

    /// Says on a response whether it is a repetition.
    pub(crate) fn mark(&self, mut response: Response) -> Response {
        if matches!(self, Self::Repeated(_)) {
            let headers = response.headers_mut();
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }

    fn answer(self) -> Answer {
        match self {
            Self::New(reply) => answer(reply),
            Self::Repeated(reply) => repeated(reply),
        }
    }
}

fn answer(reply: Reply) -> Answer {
    let status = StatusCode::from_u16(reply.status)
        .map_err(|error| Failure::internal(format!("a stored status: {error}")))?;
    Ok(typed(status, "application/json", reply.body))
}

fn repeated(reply: Reply) -> Result<Response, Failure> {
    let mut response = answer(reply)?;
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
