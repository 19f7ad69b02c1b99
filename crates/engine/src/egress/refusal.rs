//! Why a command does not get where it wants to: the answer that it gets, and what people read.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use outwork_domain::NetworkVerdict;
use outwork_domain::egress::{EgressTarget, InvalidTarget};

use crate::outbound::{Refused, Why};

/// What the proxy answers with: a text of its own, or what another server sends.
pub(super) type Body = Either<Full<Bytes>, Incoming>;

/// Why a connection or a request was not made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// It names no host that could be reached.
    Target(InvalidTarget),
    /// The run's rules keep it closed: what to do so that it is open.
    Closed(String),
    /// Its name leads to an address that is not public: the entry that would open it.
    NotPublic(String),
    /// It is what nothing opens: this server, a cloud's metadata service.
    Never(Why),
    /// Its name leads nowhere.
    NoSuchHost,
    /// Nobody answers there.
    NoConnection,
    /// The other side broke off, or what it sent was no HTTP.
    Broken,
    /// A request over plain HTTP names another host inside.
    OtherHost,
    /// The first word of TLS names another host.
    OtherName(String),
    /// It names none.
    NoName,
    /// Neither TLS nor HTTP came over a connection.
    NoTls,
    /// `https://` without `CONNECT`, or a request that is for no proxy.
    Form,
}

impl Refusal {
    /// Why a place is refused where it leads.
    pub(super) fn of(refused: &Refused, target: &EgressTarget) -> Self {
        match refused.why() {
            why @ (Why::Metadata | Why::Outwork) => Self::Never(why),
            Why::ThisMachine | Why::NotPublic(_) => Self::NotPublic(target.to_string()),
        }
    }

    /// The half of a sentence that follows the host.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Target(why) => why.to_string(),
            Self::Closed(remedy) => format!("it is not open to this run; to open it, {remedy}"),
            Self::NotPublic(entry) => format!(
                "it leads to an address that is not public; to open it, add \"{entry}\" to [egress] private of \
                 the server"
            ),
            Self::Never(why) => format!("{why}, and nothing opens that"),
            Self::NoSuchHost => "its name cannot be resolved".to_owned(),
            Self::NoConnection => "no connection could be made".to_owned(),
            Self::Broken => "the connection broke before the answer began".to_owned(),
            Self::OtherHost => "the Host header of the request names another host".to_owned(),
            Self::OtherName(name) => format!("the TLS handshake names another host, {name}"),
            Self::NoName => "the TLS handshake names no host".to_owned(),
            Self::NoTls => "what came was neither TLS nor HTTP".to_owned(),
            Self::Form => "a proxy takes CONNECT and http:// addresses only".to_owned(),
        }
    }

    /// What the transcript says of it.
    pub(super) fn verdict(&self) -> NetworkVerdict {
        match self {
            Self::NoSuchHost | Self::NoConnection | Self::Broken => {
                NetworkVerdict::Failed(self.why())
            }
            Self::Target(_)
            | Self::Closed(_)
            | Self::NotPublic(_)
            | Self::Never(_)
            | Self::OtherHost
            | Self::OtherName(_)
            | Self::NoName
            | Self::NoTls
            | Self::Form => NetworkVerdict::Refused(self.why()),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Target(InvalidTarget::Malformed) | Self::Form => StatusCode::BAD_REQUEST,
            Self::NoSuchHost | Self::NoConnection | Self::Broken => StatusCode::BAD_GATEWAY,
            Self::Target(InvalidTarget::Address)
            | Self::Closed(_)
            | Self::NotPublic(_)
            | Self::Never(_)
            | Self::OtherHost
            | Self::OtherName(_)
            | Self::NoName
            | Self::NoTls => StatusCode::FORBIDDEN,
        }
    }

    /// The answer inside. Many clients show nothing but the line with the status, so the sentence is there
    /// too.
    pub(super) fn answer(&self, host: &str) -> Result<Response<Body>, Infallible> {
        let text = format!("Outwork: {host}: {}", self.why());
        let reason = ReasonPhrase::try_from(text.clone().into_bytes());
        let mut response = Response::new(Either::Left(Full::from(text + "\n")));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        if let Ok(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        Ok(response)
    }
}
