//! `CONNECT`: a connection that carries TLS to the host that was named, or plain HTTP to it.

use std::convert::Infallible;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, upgrade};
use hyper_util::rt::TokioIo;
use outwork_domain::egress::EgressTarget;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::connection::{Connection, Places, http};
use super::hello::{Hello, read_hello};
use super::meter::Metered;
use super::plain;
use super::refusal::{Body, Refusal};

/// Answers `CONNECT`; what follows is carried by a task of its own.
pub(super) async fn answer(
    connection: Connection,
    request: Request<Incoming>,
    places: Places,
) -> Result<Response<Body>, Infallible> {
    let asked = request.uri().authority().map_or("", |found| found.as_str());
    let target = match EgressTarget::parse(asked, None) {
        Ok(target) => target,
        Err(why) => return connection.refuse(asked, &Refusal::Target(why)),
    };
    let far = match connection.reach(&target).await {
        Ok(far) => far,
        Err(refusal) => return connection.refuse(&target.to_string(), &refusal),
    };
    let stop = connection.stop.clone();
    let tasks = connection.tasks.clone();
    let carrying = async move {
        if let Ok(near) = upgrade::on(request).await {
            carry(connection, TokioIo::new(near), far, target).await;
        }
        drop(places);
    };
    tasks.spawn(stop.run_until_cancelled_owned(carrying));
    Ok(Response::new(Either::Left(Full::from(Bytes::new()))))
}

async fn carry(
    connection: Connection,
    mut near: TokioIo<upgrade::Upgraded>,
    mut far: Metered<TcpStream>,
    target: EgressTarget,
) {
    let mut begun = Vec::new();
    match read_hello(&mut near, &mut begun, target.host()).await {
        Hello::Named => {
            let meter = Arc::clone(&far.meter);
            let carrying = async {
                far.write_all(&begun).await?;
                copy_bidirectional(&mut near, &mut far).await
            };
            tokio::select! {
                // How either side ends it is theirs to know.
                _ = carrying => {}
                () = meter.idle() => {}
            }
        }
        Hello::Plain => {
            // Every request needs a connection of its own, judged anew and told by itself.
            far.meter.spare();
            drop(far);
            carry_requests(&connection, (begun, near), &target).await;
        }
        Hello::Refused(refusal) => {
            far.meter.spare();
            connection.note(target.to_string(), &refusal);
        }
        Hello::Gone => far.meter.spare(),
    }
}

/// Answers what may be requests over plain HTTP.
async fn carry_requests(
    connection: &Connection,
    (begun, near): (Vec<u8>, TokioIo<upgrade::Upgraded>),
    target: &EgressTarget,
) {
    let (reader, writer) = tokio::io::split(near);
    let whole = tokio::io::join(Cursor::new(begun).chain(reader), writer);
    let is_http = AtomicBool::new(false);
    let service = service_fn(|request| {
        is_http.store(true, Ordering::Relaxed);
        plain::answer_tunnelled(connection, request, target)
    });
    drop(http().serve_connection(TokioIo::new(whole), service).await);
    // A word in capitals is not all that makes a request.
    if !is_http.load(Ordering::Relaxed) {
        connection.note(target.to_string(), &Refusal::NoTls);
    }
}

#[cfg(test)]
mod tests;
