//! Connections of which one end is gone without a word: after a while nobody holds them any more.
//!
//! The clock stands until nobody has anything else to do, so that minutes pass in a moment.

use std::io;

use outwork_domain::limits::{EGRESS_HEAD_WAIT, EGRESS_IDLE_MAX};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Duration, Instant, timeout};

use super::tests::{Farewell, Setting, Way, hello};

/// Nothing is looked at more seldom than once in the longest silence.
const LONG: Duration = EGRESS_IDLE_MAX.saturating_mul(3);

async fn way(reply: &'static str, farewell: Farewell) -> Way {
    Way::of(Setting {
        allow: vec!["open.example"],
        reply,
        farewell,
        ..Setting::default()
    })
    .await
}

/// What comes until the proxy ends a connection, and when it does.
async fn ended(stream: &mut UnixStream) -> (String, Duration) {
    let begun = Instant::now();
    let mut bytes = Vec::new();
    let reading = timeout(LONG, stream.read_to_end(&mut bytes)).await;
    // A connection that is broken off is over as well.
    drop(reading.expect("it is still held"));
    (
        String::from_utf8_lossy(&bytes).into_owned(),
        begun.elapsed(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_command_that_says_nothing_is_let_go() {
    let way = way("", Farewell::Returned).await;
    let (_, after) = ended(&mut way.connect().await).await;
    assert_eq!(after, EGRESS_HEAD_WAIT);
    let (_, after) = ended(&mut way.tunnel("open.example:443").await).await;
    assert_eq!(after, EGRESS_HEAD_WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_never_ends_its_body_is_let_go() {
    let way = way("", Farewell::Returned).await;
    let mut stream = way.connect().await;
    let request = "POST http://open.example/ HTTP/1.1\r\nHost: open.example\r\n\
                   Content-Length: 100\r\n\r\nsome";
    stream.write_all(request.as_bytes()).await.unwrap();
    let (answer, after) = ended(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(after >= EGRESS_IDLE_MAX, "{after:?}");
    assert!(way.heard_text().concat().ends_with("some"));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_takes_nothing_of_an_answer_is_let_go() {
    let body = "x".repeat(16 << 20);
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let way = way(reply.leak(), Farewell::Returned).await;
    let mut stream = way.connect().await;
    let request = "GET http://open.example/ HTTP/1.1\r\nHost: open.example\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    tokio::time::sleep(LONG).await;
    // Asked without reading: who reads is one who takes something.
    stream.writable().await.unwrap();
    let error = stream.try_write(b"x").expect_err("it is still held");
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let way = way("", Farewell::Ignored).await;
    let mut stream = way.connect().await;
    let request = "GET http://open.example/ HTTP/1.1\r\nHost: open.example\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let (answer, after) = ended(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(after >= EGRESS_IDLE_MAX, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_of_which_one_half_is_closed_is_given_up() {
    let way = way("SERVER", Farewell::Ignored).await;
    let mut stream = way.tunnel("open.example:443").await;
    stream
        .write_all(&hello(Some("open.example")))
        .await
        .unwrap();
    let mut reply = [0; 6];
    stream.read_exact(&mut reply).await.unwrap();
    stream.shutdown().await.unwrap();
    let (rest, after) = ended(&mut stream).await;
    assert_eq!(rest, "");
    assert!(after >= EGRESS_IDLE_MAX, "{after:?}");
    // What was carried is told, as of any connection.
    let told = timeout(LONG, way.close()).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
}
