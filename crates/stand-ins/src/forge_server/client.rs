//! Just enough of an HTTP client for a forge's deliveries, and for looking at one from a test.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::http::header;

/// An answer, read in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Calls an `http://` address, blocking, on a connection of its own.
///
/// # Errors
///
/// If the address is none, or the connection breaks before the answer is there in full.
pub fn call(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<Reply> {
    let rest = url.strip_prefix("http://");
    let rest = rest.ok_or_else(|| io::Error::other(format!("{url} is no http:// address")))?;
    let at = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let path = if path.is_empty() { "/" } else { path };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut whole = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = match stream.read(&mut piece) {
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        whole.extend(&piece[..count]);
        let end = if count == 0 {
            Connection::Closed
        } else {
            Connection::Open
        };
        // Not everybody closes the connection when asked to.
        match (parsed(&whole, end), end) {
            (Some(reply), _) => return Ok(reply),
            (None, Connection::Open) => {}
            (None, Connection::Closed) => {
                let words = "the answer is not whole";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, words));
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    Open,
    Closed,
}

/// The answer, if it is there in full.
fn parsed(whole: &[u8], connection: Connection) -> Option<Reply> {
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&whole[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let value = |name: &str| {
        let found = headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    let body = &whole[end + 4..];
    let body = if matches!(status, 204 | 304) {
        Vec::new()
    } else if value("transfer-encoding") == Some("chunked") {
        joined(body)?
    } else if let Some(length) = value("content-length") {
        body.get(..length.parse().ok()?)?.to_vec()
    } else if connection == Connection::Closed {
        body.to_vec()
    } else {
        return None;
    };
    Some(Reply {
        status,
        headers,
        body,
    })
}

/// The pieces of a body without their lengths.
fn joined(mut pieces: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = pieces.windows(2).position(|two| two == b"\r\n")?;
        let length = std::str::from_utf8(&pieces[..end]).ok()?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend(pieces.get(end + 2..end + 2 + length)?);
        pieces = pieces.get(end + 4 + length..)?;
    }
}
