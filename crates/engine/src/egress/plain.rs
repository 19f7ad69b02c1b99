//! Requests over plain HTTP: each is judged by itself and has a connection of its own.
//!
//! A request is read and written anew, so what follows it on the same connection cannot be taken for a part
//! of it by one side and for a request by the other.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Either;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use outwork_domain::egress::EgressTarget;
use tokio::net::TcpStream;

use super::connection::Connection;
use super::headers::{self, Length};
use super::meter::Metered;
use super::refusal::{Body, Refusal};

/// The port of `http://`.
const HTTP_PORT: u16 = 80;

/// Answers a request with a whole address, as proxies get them.
pub(super) async fn answer_proxied(
    connection: &Connection,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let uri = request.uri();
    let asked = uri
        .authority()
        .map_or("", |found| found.as_str())
        .to_owned();
    if uri.scheme_str() != Some("http") {
        return connection.refuse(&asked, &Refusal::Form);
    }
    match EgressTarget::parse(&asked, Some(HTTP_PORT)) {
        Ok(target) => answer(connection, request, &target).await,
        Err(why) => connection.refuse(&asked, &Refusal::Target(why)),
    }
}

/// Answers a request that came over a connection to one host.
pub(super) async fn answer_tunnelled(
    connection: &Connection,
    request: Request<Incoming>,
    target: &EgressTarget,
) -> Result<Response<Body>, Infallible> {
    if request.uri().authority().is_some() {
        return connection.refuse(&target.to_string(), &Refusal::Form);
    }
    answer(connection, request, target).await
}

async fn answer(
    connection: &Connection,
    request: Request<Incoming>,
    target: &EgressTarget,
) -> Result<Response<Body>, Infallible> {
    match forward(connection, request, target).await {
        Ok(response) => Ok(response.map(Either::Right)),
        Err(refusal) => connection.refuse(&target.to_string(), &refusal),
    }
}

async fn forward(
    connection: &Connection,
    mut request: Request<Incoming>,
    target: &EgressTarget,
) -> Result<Response<Incoming>, Refusal> {
    check_host(&request, target)?;
    let far = connection.reach(target).await?;
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    *request.version_mut() = Version::HTTP_11;
    let says_length = request.headers().contains_key(CONTENT_LENGTH);
    let length = match says_length && request.body().is_end_stream() {
        true => Length::SaidZero,
        false => Length::OfBody,
    };
    headers::strip_request(request.headers_mut(), length);
    let host = match target.port() {
        HTTP_PORT => target.host().to_owned(),
        port => format!("{}:{port}", target.host()),
    };
    let host = HeaderValue::try_from(host).map_err(|_| Refusal::OtherHost)?;
    request.headers_mut().insert(HOST, host);
    let mut response = exchange(connection, far, request).await?;
    headers::strip_response(response.headers_mut());
    Ok(response)
}

/// Sends a request over a connection, which ends with the answer.
async fn exchange(
    connection: &Connection,
    far: Metered<TcpStream>,
    request: Request<Incoming>,
) -> Result<Response<Incoming>, Refusal> {
    let meter = Arc::clone(&far.meter);
    let handshake = http1::handshake(TokioIo::new(far)).await;
    let (mut sender, driver) = handshake.map_err(|_| Refusal::Broken)?;
    let driving = async move {
        tokio::select! {
            // Who reads the answer learns how it ended.
            _ = driver => {}
            () = meter.idle() => {}
        }
    };
    let stop = connection.stop.clone();
    connection
        .tasks
        .spawn(stop.run_until_cancelled_owned(driving));
    let response = sender.send_request(request).await;
    let response = response.map_err(|_| Refusal::Broken)?;
    match response.status() {
        // Nothing else than HTTP was asked for.
        StatusCode::SWITCHING_PROTOCOLS => Err(Refusal::Broken),
        _ => Ok(response),
    }
}

/// The host inside a request must be the one that it is sent to: a server with many hosts goes by it.
fn check_host(request: &Request<Incoming>, target: &EgressTarget) -> Result<(), Refusal> {
    let mut named = request.headers().get_all(HOST).iter();
    let is_same = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        let found = EgressTarget::parse(text, Some(target.port()));
        found.is_ok_and(|found| found.host() == target.host() && found.port() == target.port())
    };
    match (named.next(), named.next()) {
        // HTTP/1.0 need not name any.
        (None, None) if request.version() == Version::HTTP_10 => Ok(()),
        (Some(only), None) if is_same(only) => Ok(()),
        (Some(_) | None, _) => Err(Refusal::OtherHost),
    }
}

#[cfg(test)]
mod tests;
