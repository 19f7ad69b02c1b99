//! One connection: requests with a length, answers in chunks, kept open until somebody has enough.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::reply::{Ending, Reply};

/// A request as it came.
pub(crate) struct Incoming {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    /// The value of a header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        super::header(&self.headers, name)
    }
}

/// Whether a connection can take another request.
#[derive(PartialEq, Eq)]
pub(crate) enum Kept {
    Open,
    Gone,
}

/// A connection with what was read of it and not used yet.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

const HEAD_BYTES_MAX: usize = 64 * 1024;
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Reads a request; `None` when the client is gone.
    pub(crate) async fn read(&mut self) -> io::Result<Option<Incoming>> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(invalid("the head is too long"));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let path = lines.next().and_then(|line| line.split(' ').nth(1));
        let path = path.ok_or_else(|| invalid("no request line"))?.to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = match length {
            Some((_, value)) => value.parse().map_err(|_| invalid("a bad length"))?,
            None => 0_usize,
        };
        if length > BODY_BYTES_MAX {
            return Err(invalid("the body is too long"));
        }
        self.buffer
            .reserve((end + length).saturating_sub(self.buffer.len()));
        while self.buffer.len() < end + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
        let body = self.buffer[end..end + length].to_vec();
        self.buffer.drain(..end + length);
        Ok(Some(Incoming {
            path,
            headers,
            body,
        }))
    }

    /// Writes a reply, with whatever goes wrong in it.
    pub(crate) async fn write(&mut self, reply: &Reply) -> io::Result<Kept> {
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }
        if reply.status == 0 {
            let ending = reply.cut_after.map_or(Ending::Close, |(_, ending)| ending);
            return self.end(ending).await;
        }
        let cut = reply.cut_after.map_or(reply.body.len(), |(bytes, _)| bytes);
        let body = &reply.body[..cut.min(reply.body.len())];
        let mut out = head_of(reply).into_bytes();
        let pieces = body.chunks(reply.chunk_bytes.unwrap_or(usize::MAX).max(1));
        for piece in pieces {
            out.extend(format!("{:x}\r\n", piece.len()).bytes());
            out.extend(piece);
            out.extend(b"\r\n");
            if reply.chunk_bytes.is_some() {
                self.stream.write_all(&out).await?;
                out.clear();
                if !reply.pause.is_zero() {
                    tokio::time::sleep(reply.pause).await;
                }
            }
        }
        let ending = reply.cut_after.map_or(Ending::Clean, |(_, ending)| ending);
        if ending == Ending::Clean {
            out.extend(b"0\r\n\r\n");
        }
        self.stream.write_all(&out).await?;
        self.end(ending).await
    }

    async fn end(&mut self, ending: Ending) -> io::Result<Kept> {
        match ending {
            Ending::Clean => return Ok(Kept::Open),
            Ending::Close => self.stream.shutdown().await?,
            Ending::Reset => self.stream.set_zero_linger()?,
            Ending::Silence => {
                let mut rest = Vec::new();
                self.stream.read_to_end(&mut rest).await?;
            }
        }
        Ok(Kept::Gone)
    }
}

fn head_of(reply: &Reply) -> String {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason_of(reply.status));
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("transfer-encoding: chunked\r\n\r\n");
    head
}

const fn reason_of(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500.. => "Server Error",
        _ => "Status",
    }
}

fn invalid(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}
