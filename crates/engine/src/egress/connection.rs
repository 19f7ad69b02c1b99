//! One connection of a command to its proxy.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use outwork_domain::egress::EgressTarget;
use outwork_domain::limits::{EGRESS_HEAD_BYTES_MAX, EGRESS_HEAD_WAIT, EGRESS_IDLE_MAX};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::journal::Journal;
use super::meter::{Meter, Metered};
use super::refusal::{Body, Refusal};
use super::{EgressRun, Shared, plain, tunnel};

/// The places that a connection takes up, given back by whoever holds them last.
pub(super) type Places = Arc<[OwnedSemaphorePermit; 2]>;

/// What every connection of an attempt is served with.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) run: EgressRun,
    pub(super) shared: Arc<Shared>,
    pub(super) journal: Arc<Journal>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// The options of the HTTP that commands speak.
pub(super) fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(EGRESS_HEAD_WAIT)
        .max_buf_size(EGRESS_HEAD_BYTES_MAX)
        .auto_date_header(false);
    http
}

impl Connection {
    /// Serves a connection to its end.
    pub(super) async fn serve<S>(self, stream: S, places: Places)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| self.clone().answer(request, Arc::clone(&places)));
        // Whoever takes nothing of an answer would else hold its places as long as the sandbox lasts.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(EGRESS_IDLE_MAX));
        let serving = http().serve_connection(TokioIo::new(Box::pin(stream)), service);
        // How a command ends its connection is its own business.
        drop(serving.with_upgrades().await);
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        places: Places,
    ) -> Result<Response<Body>, Infallible> {
        if request.method() == Method::CONNECT {
            tunnel::answer(self, request, places).await
        } else {
            plain::answer_proxied(&self, request).await
        }
    }

    /// A connection to a place, if it is open, counted from its first byte.
    pub(super) async fn reach(&self, target: &EgressTarget) -> Result<Metered<TcpStream>, Refusal> {
        // Before the rules: nobody is told to open what nothing opens.
        if let Err(refused) = self.shared.guard.judge(target.url())
            && let never @ Refusal::Never(_) = Refusal::of(&refused, target)
        {
            return Err(never);
        }
        if let Some(place) = self.run.rules.closed_by(target) {
            return Err(Refusal::Closed(place.remedy(target)));
        }
        let stream = self.shared.connect(target, self.run.account_id).await?;
        let meter = Meter::new(target.to_string(), Arc::clone(&self.journal));
        let meter = Arc::new(meter);
        Ok(Metered { stream, meter })
    }

    /// Notes a refusal and makes the answer of it.
    pub(super) fn refuse(
        &self,
        host: &str,
        refusal: &Refusal,
    ) -> Result<Response<Body>, Infallible> {
        let host = printable(host);
        let answer = refusal.answer(&host);
        self.note(host, refusal);
        answer
    }

    /// Notes a refusal that nobody can be told any more.
    pub(super) fn note(&self, host: String, refusal: &Refusal) {
        self.journal.note(host, refusal.verdict(), (0, 0));
    }
}

/// What a command wrote where a host belongs, as it can be shown.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    text.chars().take(260).map(shown).collect()
}
