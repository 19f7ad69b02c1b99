//! The first word of a connection: which host TLS names.

use outwork_domain::limits::{EGRESS_HEAD_WAIT, EGRESS_HELLO_BYTES_MAX};
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::refusal::Refusal;

/// What TLS records of a handshake begin with (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
const PIECE_BYTES: usize = 4 * 1024;

/// What a connection began with.
pub(super) enum Hello {
    /// A handshake with the right host.
    Named,
    /// Something that may be HTTP.
    Plain,
    /// A handshake that leads elsewhere, or none.
    Refused(Refusal),
    /// Nothing.
    Gone,
}

/// Reads until it is clear what a connection is; `begun` gets everything that was read.
pub(super) async fn read_hello(
    stream: &mut (impl AsyncRead + Unpin),
    begun: &mut Vec<u8>,
    host: &str,
) -> Hello {
    let reading = tokio::time::timeout(EGRESS_HEAD_WAIT, look(stream, begun, host));
    reading.await.unwrap_or(Hello::Refused(Refusal::NoTls))
}

async fn look(stream: &mut (impl AsyncRead + Unpin), begun: &mut Vec<u8>, host: &str) -> Hello {
    let mut acceptor = Acceptor::default();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = match stream.read(&mut piece).await {
            Ok(0) | Err(_) if begun.is_empty() => return Hello::Gone,
            Ok(0) | Err(_) => return Hello::Refused(Refusal::NoTls),
            Ok(count) => count,
        };
        begun.extend_from_slice(&piece[..count]);
        match begun.first() {
            Some(&HANDSHAKE) => {}
            Some(first) if first.is_ascii_uppercase() => return Hello::Plain,
            Some(_) | None => return Hello::Refused(Refusal::NoTls),
        }
        if begun.len() > EGRESS_HELLO_BYTES_MAX {
            return Hello::Refused(Refusal::NoTls);
        }
        let mut rest = &piece[..count];
        while !rest.is_empty() {
            if acceptor.read_tls(&mut rest).is_err() {
                return Hello::Refused(Refusal::NoTls);
            }
            match acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => return judge(accepted.client_hello().server_name(), host),
                Err(_) => return Hello::Refused(Refusal::NoTls),
            }
        }
    }
}

fn judge(named: Option<&str>, host: &str) -> Hello {
    match named {
        None => Hello::Refused(Refusal::NoName),
        Some(name)
            if name
                .strip_suffix('.')
                .unwrap_or(name)
                .eq_ignore_ascii_case(host) =>
        {
            Hello::Named
        }
        Some(name) => Hello::Refused(Refusal::OtherName(name.to_owned())),
    }
}
