//! The least of HTTP/1.1 that a measurement needs, so that the client costs next to nothing.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A connection that is used for one request after the other.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a whole request and reads the whole answer, which must say how long it is.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = self.read_head().await?;
        let head = Head::parse(&self.buffer[..head_end])?;
        let length = head
            .length
            .context("the answer does not say how long it is")?;
        while self.buffer.len() < head_end + length {
            self.read_more().await?;
        }
        let body = self.buffer[head_end..head_end + length].to_vec();
        Ok(Answer {
            status: head.status,
            body,
        })
    }

    /// Sends a request that asks for the connection's end, and reads up to it.
    pub async fn drain(mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = self.read_head().await?;
        let head = Head::parse(&self.buffer[..head_end])?;
        self.buffer.clear();
        while self.stream.read_buf(&mut self.buffer).await? > 0 {
            self.buffer.clear();
        }
        Ok(head.status)
    }

    async fn read_head(&mut self) -> Result<usize> {
        loop {
            if let Some(end) = head_end(&self.buffer) {
                return Ok(end);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                bail!("the head of the answer does not end");
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the other end closed the connection");
        }
        Ok(())
    }
}

/// A request with a key and perhaps a JSON body.
pub fn request(method: &str, path: &str, key: &str, body: Option<&str>) -> Vec<u8> {
    let body = body.unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The place behind the empty line that ends a head.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    let found = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(found + 4)
}

/// The length that a head gives for its body.
pub fn content_length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    })
}

struct Head {
    status: u16,
    length: Option<usize>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)?;
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.with_context(|| format!("no HTTP answer: {text:?}"))?;
        Ok(Self {
            status,
            length: content_length(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers two requests with the same bytes, in two pieces.
    async fn server(answer: &'static str, cut: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            for _ in 0..2 {
                assert!(stream.read(&mut asked).await.unwrap() > 0);
                stream.write_all(&answer.as_bytes()[..cut]).await.unwrap();
                tokio::task::yield_now().await;
                stream.write_all(&answer.as_bytes()[cut..]).await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_are_read_whole_wherever_they_are_cut() {
        const ANSWER: &str = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";
        for cut in 0..ANSWER.len() {
            let mut connection = Connection::open(server(ANSWER, cut).await).await.unwrap();
            for _ in 0..2 {
                let answer = connection
                    .exchange(&request("GET", "/", "k", None))
                    .await
                    .unwrap();
                assert_eq!(
                    answer,
                    Answer {
                        status: 201,
                        body: b"hello".to_vec()
                    }
                );
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_http_is_an_error() {
        for answer in ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            let mut connection = Connection::open(server(answer, 1).await).await.unwrap();
            assert!(
                connection
                    .exchange(b"GET / HTTP/1.1\r\n\r\n")
                    .await
                    .is_err()
            );
        }
    }
}
