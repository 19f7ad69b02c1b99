//! The server on a real socket.

use std::time::Duration;

use outwork_server::{RateLimitOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::Server;

/// Far beyond what any wait takes; only a hang reaches it.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server that listens.
pub struct Served {
    pub server: Server,
    pub address: std::net::SocketAddr,
    pub task: JoinHandle<std::io::Result<()>>,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(Server::start().await).await
    }

    pub async fn with(server: Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = serve(listener, server.router.clone(), server.shutdown.clone());
        let task = tokio::spawn(served);
        Self {
            server,
            address,
            task,
        }
    }

    pub async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}

pub async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(text) {
            assert_ne!(
                stream.read_buf(&mut read).await.unwrap(),
                0,
                "the connection ended"
            );
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap();
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn answers_one_request_after_the_other() {
    let served = Served::start().await;
    let request = "GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n";
    let mut stream = served.send(request).await;
    for _ in 0..3 {
        let reply = read_until(&mut stream, "ok\n").await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        stream.write_all(request.as_bytes()).await.unwrap();
    }
}

/// Clients of Cursor's API ask services of its vendor first, with a body that may never end.
#[tokio::test]
async fn what_no_route_knows_is_told_before_the_body_has_ended() {
    let served = Served::start().await;
    for path in [
        "/auth/exchange_user_api_key",
        "/aiserver.v1.AnalyticsService/Batch",
        "/v1/nothing",
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"
        );
        let reply = read_until(&mut served.send(&request).await, "There is nothing here").await;
        assert!(reply.starts_with("HTTP/1.1 404 Not Found\r\n"), "{reply}");
    }
}

#[tokio::test]
async fn wrong_keys_are_counted_by_the_address_of_the_connection() {
    let limits = RateLimitOptions {
        wrong_keys: vec!["1/h".parse().unwrap()],
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..RateLimitOptions::unlimited()
    };
    let served = Served::with(Server::start_limited(limits).await).await;
    for (forwarded, status) in [
        ("192.0.2.1", "401"),
        ("192.0.2.1", "429"),
        ("192.0.2.2", "401"),
        ("192.0.2.1, 192.0.2.2", "429"),
    ] {
        let request = format!(
            "GET /v0/me HTTP/1.1\r\nhost: h\r\nauthorization: Bearer key_wrong\r\n\
             x-forwarded-for: {forwarded}\r\n\r\n"
        );
        let reply = read_until(&mut served.send(&request).await, "\r\n\r\n").await;
        assert_eq!(reply.split(' ').nth(1), Some(status), "{forwarded}");
    }
}

#[tokio::test]
async fn an_orderly_stop_ends_streams_and_then_the_server() {
    let served = Served::start().await;
    let key = served.server.key("a@example.com").await;
    let id = served.server.launch(&key, "x").await;
    served.server.work().await;
    let token = &key.token;
    let request = format!(
        "GET /api/v1/agents/{id}/events HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {token}\r\n\
         accept: text/event-stream\r\n\r\n"
    );
    let mut stream = served.send(&request).await;
    read_until(&mut stream, "event: prompt").await;
    served.server.shutdown.cancel();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut rest))
        .await
        .unwrap();
    ended.unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "the stream ended in order");
    tokio::time::timeout(DEADLINE, served.task)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
}
