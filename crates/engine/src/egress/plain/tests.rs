//! Requests over plain HTTP.

use outwork_domain::NetworkVerdict;
use tokio::io::AsyncWriteExt;

use crate::egress::tests::{Setting, Way, answer, rest};

const OK: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive, x-own\r\nX-Own: 1\r\n\r\nhi";

async fn way(reply: &'static str) -> Way {
    Way::of(Setting {
        allow: vec!["open.example", "other.example"],
        reply,
        ..Setting::default()
    })
    .await
}

#[tokio::test]
async fn a_request_is_handed_on_without_what_is_between_neighbours() {
    let way = way(OK).await;
    let request = "POST http://Open.Example/a?b=c HTTP/1.1\r\nHost: open.example:80\r\n\
                   Proxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\n\
                   Connection: close, X-Hop\r\nX-Hop: 1\r\nUpgrade: websocket\r\nX-End: 2\r\n\
                   Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody";
    let mut stream = way.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = String::from_utf8(rest(&mut stream).await).unwrap();
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let answer = answer.strip_prefix(interim).unwrap_or(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nhi"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("x-own"), "{answer}");
    let heard = way.heard_text().concat();
    let lower = heard.to_ascii_lowercase();
    assert!(heard.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{heard}");
    assert!(lower.contains("\r\nhost: open.example\r\n"), "{heard}");
    assert!(
        lower.contains("\r\nx-end: 2\r\n") && heard.ends_with("\r\n\r\nbody"),
        "{heard}"
    );
    for gone in ["proxy-", "x-hop", "upgrade", "expect"] {
        assert!(!lower.contains(gone), "{gone}: {heard}");
    }
    assert_eq!(way.dialled(), ["203.0.112.1:80"]);
    let told = way.close().await;
    let (host, verdict, count, sent, received) = &told[0];
    assert_eq!(
        (host.as_str(), verdict, *count),
        ("open.example", &NetworkVerdict::Allowed, 1)
    );
    assert_eq!((*sent, *received), (heard.len() as u64, OK.len() as u64));
}

#[tokio::test]
async fn a_body_that_is_said_to_be_empty_is_said_to_be_empty() {
    let way = way(OK).await;
    for (number, (method, length, expected)) in [
        ("POST", "Content-Length: 0\r\n", 1),
        ("PUT", "Content-Length: 0\r\n", 1),
        ("POST", "", 0),
        ("GET", "", 0),
        ("POST", "Transfer-Encoding: chunked\r\n", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let end = match length.starts_with('T') {
            true => "0\r\n\r\n",
            false => "",
        };
        let request = format!(
            "{method} http://open.example/ HTTP/1.1\r\nHost: open.example\r\n{length}\r\n{end}"
        );
        let answer = way.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{request}: {answer}");
        let heard = way.heard_text()[number].to_ascii_lowercase();
        let said = heard.matches("\r\ncontent-length: 0\r\n").count();
        assert_eq!(said, expected, "{request}: {heard}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let way =
        way("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
            .await;
    let answer = way
        .ask("GET http://open.example/ HTTP/1.1\r\nHost: open.example\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 302 Found"), "{answer}");
    assert_eq!(way.dialled().len(), 1);
}

#[tokio::test]
async fn another_host_inside_a_request_is_refused() {
    let way = way(OK).await;
    for headers in [
        "Host: evil.example",
        "Host: open.example.evil.example",
        "Host: open.example\r\nHost: evil.example",
        "Host: evil.example\r\nHost: open.example",
        "Host: open.example:81",
        "Host: user@open.example",
        "Host: open.example/x",
        "Host: ",
        "X-Host: open.example",
    ] {
        let request = format!("GET http://open.example/ HTTP/1.1\r\n{headers}\r\n\r\n");
        let answer = way.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{headers}: {answer}");
    }
    assert!(way.dialled().is_empty());
}

#[tokio::test]
async fn each_request_of_a_connection_is_judged_anew() {
    let way = way(OK).await;
    let mut stream = way.connect().await;
    let request = |host: &str| format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
    // All at once, as pipelining clients do.
    let all = ["open.example", "evil.example", "other.example"]
        .map(request)
        .concat();
    stream.write_all(all.as_bytes()).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = answer(&mut stream).await;
        statuses.push(answer.split(' ').nth(1).unwrap_or_default().to_owned());
    }
    assert_eq!(statuses, ["200", "403", "200"]);
    assert_eq!(way.asked(), ["open.example", "other.example"]);
    assert!(!way.heard_text().concat().contains("evil"));
}

#[tokio::test]
async fn what_is_hidden_behind_a_request_is_no_part_of_it() {
    let hidden = "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    let length = hidden.len();
    for head in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n"),
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned(),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n"),
        "Content-Length: +0\r\n\r\n".to_owned(),
        "Content-Length: 0\r\n\r\n".to_owned(),
    ] {
        let way = way(OK).await;
        let mut stream = way.connect().await;
        let request =
            format!("POST http://open.example/ HTTP/1.1\r\nHost: open.example\r\n{head}{hidden}");
        stream.write_all(request.as_bytes()).await.unwrap();
        drop(stream.shutdown().await);
        drop(rest(&mut stream).await);
        // Whether it is refused as a whole or read as two requests: nobody hears the second as such.
        let heard = way.heard_text();
        assert!(!heard.concat().contains("GET http"), "{head:?}: {heard:?}");
        assert!(!heard.concat().contains("evil"), "{head:?}: {heard:?}");
        assert!(
            !way.asked().contains(&"evil.example".to_owned()),
            "{head:?}"
        );
    }
}

#[tokio::test]
async fn a_head_beyond_its_limit_reaches_nobody() {
    let way = way(OK).await;
    let long = "x".repeat(64 * 1024);
    for request in [
        format!("GET http://open.example/ HTTP/1.1\r\nHost: open.example\r\nX: {long}\r\n\r\n"),
        format!("GET http://open.example/{long} HTTP/1.1\r\nHost: open.example\r\n\r\n"),
        format!("CONNECT {long}:443 HTTP/1.1\r\n\r\n"),
    ] {
        let mut stream = way.connect().await;
        // It may be refused before all of it was written.
        drop(stream.write_all(request.as_bytes()).await);
        let answer = answer(&mut stream).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    assert!(way.dialled().is_empty());
}

/// The clock stands until nobody has anything else to do.
#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_given_up() {
    let way = way(OK).await;
    let mut stream = way.connect().await;
    stream
        .write_all(b"GET http://open.example/ HTTP/1.1\r\nHost:")
        .await
        .unwrap();
    drop(rest(&mut stream).await);
    assert!(way.dialled().is_empty());
    let mut stream = way.tunnel("open.example:443").await;
    stream.write_all(b"\x16\x03").await.unwrap();
    assert!(rest(&mut stream).await.is_empty());
    assert!(way.heard().iter().all(Vec::is_empty));
}
