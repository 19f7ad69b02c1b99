//! Serving: each request is logged, meets its fault, is answered, and meets the rest of it.

use std::io;
use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::access::Caller;
use super::bare::Signature;
use super::fault::{Fault, Operation};
use super::git_http;
use super::git_path::GitPath;
use super::http::{Answer, Ending, Outgoing, Request};
use super::log::Call;
use super::rest::{self, Found};
use super::shared::Shared;
use crate::http;

pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    http::accept(listener, |stream| converse(stream, Arc::clone(&shared))).await;
}

/// Serves one connection until either side has enough; how it broke is the client's story.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// What a request turned out to be.
enum Asked {
    Git(GitPath),
    Rest(Found),
    Nothing,
}

impl Asked {
    fn operation(&self) -> Option<Operation> {
        match self {
            Self::Git(path) => Some(path.operation()),
            Self::Rest(found) => Some(found.route.operation),
            Self::Nothing => None,
        }
    }
}

/// An error closes the connection without a word.
async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Outgoing>> {
    let request = Request::read(request).await?;
    let asked = asked(&shared, &request);
    let fault = asked.operation().and_then(|it| shared.strike(it));
    if let Some(fault) = &fault {
        spoil(&shared, &request, &asked, fault)?;
    }
    let caller = shared.world().caller(&request);
    let call = record(&shared, &request, &asked, &caller);
    let answer = match before(&shared, fault.as_ref()).await {
        Some(Before::Instead(answer)) => answer,
        Some(Before::Cut) => {
            shared.log.end(&call, None);
            return Err(io::Error::other("cut, as the fault says"));
        }
        None => perform(&shared, &request, &asked, &caller).await,
    };
    let (answer, ending) = match after(&shared, answer, fault.as_ref()) {
        Some(whole) => whole,
        None => {
            shared.log.end(&call, None);
            return Err(io::Error::other("cut, as the fault says"));
        }
    };
    let kept = match asked {
        Asked::Rest(_) => answer.body.clone(),
        Asked::Git(_) | Asked::Nothing => Bytes::new(),
    };
    shared.log.end(&call, Some((answer.status, kept)));
    answer.into_response(ending)
}

fn asked(shared: &Shared, request: &Request) -> Asked {
    let Some(path) = request.path.strip_prefix(&shared.root) else {
        return Asked::Nothing;
    };
    if let Some(path) = GitPath::of(path, request) {
        return Asked::Git(path);
    }
    let world = shared.world();
    let path = world.by_name(path);
    Found::of(world.kind, &path, request).map_or(Asked::Nothing, Asked::Rest)
}

fn record(shared: &Shared, request: &Request, asked: &Asked, caller: &Caller) -> Arc<Call> {
    let query = if request.query.is_empty() {
        String::new()
    } else {
        format!("?{}", request.query)
    };
    shared.log.add(|number| Call {
        number,
        method: request.method.clone(),
        path: format!("{}{query}", request.path),
        operation: asked.operation(),
        headers: request.headers.clone(),
        body: request.body.to_vec(),
        credential: caller.kind(),
        who: caller.login().map(str::to_owned),
        end: std::sync::OnceLock::new(),
    })
}

/// Changes the world under the caller's feet.
fn spoil(shared: &Shared, request: &Request, asked: &Asked, fault: &Fault) -> io::Result<()> {
    let mut world = shared.world();
    let path = match asked {
        Asked::Git(path) => Some(path.repository.clone()),
        Asked::Rest(found) => found.repository(),
        Asked::Nothing => None,
    };
    let id = path.and_then(|path| Some(world.find_project(&path)?.id));
    match fault {
        Fault::TokenExpires => world.end_token_of(request),
        Fault::RepositoryGone => {
            if let Some(id) = id {
                world.delete(id);
            }
        }
        Fault::BranchMoves(branch) => {
            if let Some(id) = id {
                let by = Signature {
                    name: "somebody",
                    at_secs: world.now_secs,
                };
                let file = format!("moved-{}.txt", shared.number());
                let files = [(file.as_str(), Some("moved\n"))];
                world.bare(id)?.commit(branch, &files, "Move", by)?;
            }
        }
        Fault::Status(_)
        | Fault::StatusAfter(_)
        | Fault::Reply { .. }
        | Fault::Cut
        | Fault::DropReply
        | Fault::CutAfter(_)
        | Fault::StallAfter(_)
        | Fault::Slow(_)
        | Fault::RateLimited(_)
        | Fault::SlowDown(_) => {}
    }
    Ok(())
}

/// What comes instead of the effect.
enum Before {
    Instead(Answer),
    Cut,
}

async fn before(shared: &Shared, fault: Option<&Fault>) -> Option<Before> {
    match fault? {
        Fault::Status(status) => Some(Before::Instead(shared.world().trouble(*status))),
        Fault::Reply {
            status,
            headers,
            body,
        } => {
            let mut answer = Answer::empty(*status);
            answer.headers.clone_from(headers);
            answer.body = body.clone().into_bytes().into();
            Some(Before::Instead(answer))
        }
        Fault::Cut => Some(Before::Cut),
        Fault::Slow(time) => {
            tokio::time::sleep(*time).await;
            None
        }
        Fault::RateLimited(time) => Some(Before::Instead(shared.world().rate_limited(*time))),
        Fault::SlowDown(time) => Some(Before::Instead(shared.world().slow_down(*time))),
        Fault::StatusAfter(_)
        | Fault::DropReply
        | Fault::CutAfter(_)
        | Fault::StallAfter(_)
        | Fault::TokenExpires
        | Fault::BranchMoves(_)
        | Fault::RepositoryGone => None,
    }
}

/// What becomes of an answer on its way; none if it never leaves.
fn after(
    shared: &Shared,
    answer: Answer,
    fault: Option<&Fault>,
) -> Option<(Answer, Option<Ending>)> {
    match fault {
        Some(Fault::StatusAfter(status)) => Some((shared.world().trouble(*status), None)),
        Some(Fault::DropReply) => None,
        Some(Fault::CutAfter(bytes)) => Some((answer, Some(Ending::Cut(*bytes)))),
        Some(Fault::StallAfter(bytes)) => Some((answer, Some(Ending::Silence(*bytes)))),
        Some(
            Fault::Status(_)
            | Fault::Reply { .. }
            | Fault::Cut
            | Fault::Slow(_)
            | Fault::RateLimited(_)
            | Fault::SlowDown(_)
            | Fault::TokenExpires
            | Fault::BranchMoves(_)
            | Fault::RepositoryGone,
        )
        | None => Some((answer, None)),
    }
}

async fn perform(
    shared: &Arc<Shared>,
    request: &Request,
    asked: &Asked,
    caller: &Caller,
) -> Answer {
    let answer = match asked {
        // On a connection that it used before, curl repeats what is cut, and the fault would not be seen.
        Asked::Git(path) => git_http::answer(shared, request, path, caller)
            .await
            .map(|answer| answer.with("connection", "close")),
        Asked::Rest(found) => {
            let (shared, request) = (Arc::clone(shared), request.clone());
            let (caller, found) = (caller.clone(), found.clone());
            let task = tokio::task::spawn_blocking(move || {
                rest::answer(&mut shared.world(), &request, &caller, &found)
            });
            task.await
                .unwrap_or_else(|fault| Err(io::Error::other(fault)))
        }
        Asked::Nothing => Ok(shared.world().not_found()),
    };
    answer.unwrap_or_else(|fault| Answer::text(500, &format!("the stand-in failed: {fault}\n")))
}
