//! `CONNECT`: a connection that carries TLS to the host that was named, or plain HTTP to it.

use std::convert::Infallible;
use std::io::Cursor;
use std::sync::Arc;

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
            if far.write_all(&begun).await.is_ok() {
                let meter = Arc::clone(&far.meter);
                let copied = copy_bidirectional(&mut near, &mut far);
                tokio::select! {
                    // How either side ends it is theirs to know.
                    _ = copied => {}
                    () = meter.idle() => {}
                }
            }
        }
        Hello::Plain => {
            // Every request needs a connection of its own, judged anew; this one was never used.
            drop(far);
            let (reader, writer) = tokio::io::split(near);
            let whole = tokio::io::join(Cursor::new(begun).chain(reader), writer);
            let service =
                service_fn(|request| plain::answer_tunnelled(&connection, request, &target));
            drop(http().serve_connection(TokioIo::new(whole), service).await);
        }
        Hello::Refused(refusal) => connection.note(target.to_string(), &refusal),
        Hello::Gone => {}
    }
}

#[cfg(test)]
mod tests;
