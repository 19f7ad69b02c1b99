//! Tunnels carry TLS to the host that they were opened for, and nothing else.

use outwork_domain::NetworkVerdict;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::egress::tests::{Setting, Way, answer, hello, rest};

async fn way() -> Way {
    Way::of(Setting {
        allow: vec!["open.example"],
        reply: "SERVER",
        ..Setting::default()
    })
    .await
}

#[tokio::test]
async fn a_handshake_with_the_right_name_is_carried_byte_by_byte_and_counted() {
    let way = way().await;
    let hello = hello(Some("open.example"));
    let mut stream = way.tunnel("OPEN.example.:443").await;
    stream.write_all(&hello).await.unwrap();
    let mut reply = [0; 6];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"SERVER");
    assert_eq!(way.heard(), std::slice::from_ref(&hello));
    drop(stream);
    let told = way.close().await;
    let sent = hello.len() as u64;
    let expected = (
        "open.example".to_owned(),
        NetworkVerdict::Allowed,
        1,
        sent,
        6,
    );
    assert_eq!(told, [expected]);
}

#[tokio::test]
async fn a_handshake_in_pieces_is_put_together() {
    let way = way().await;
    let hello = hello(Some("open.example"));
    let mut stream = way.tunnel("open.example:443").await;
    for byte in &hello {
        stream.write_all(&[*byte]).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut reply = [0; 6];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!(way.heard(), [hello]);
}

#[tokio::test]
async fn a_handshake_in_several_records_is_put_together() {
    let way = way().await;
    let whole = hello(Some("open.example"));
    // One record of the handshake becomes one of every 40 bytes.
    let mut records = Vec::new();
    for part in whole[5..].chunks(40) {
        records.extend_from_slice(&whole[..3]);
        records.extend_from_slice(&u16::try_from(part.len()).unwrap().to_be_bytes());
        records.extend_from_slice(part);
    }
    let mut stream = way.tunnel("open.example:443").await;
    stream.write_all(&records).await.unwrap();
    let mut reply = [0; 6];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!(way.heard(), [records]);
}

#[tokio::test]
async fn another_name_no_name_and_no_tls_reach_nobody() {
    let mut cut = hello(Some("open.example"));
    cut.truncate(40);
    let mut bent = hello(Some("open.example"));
    // No longer the kind of message that it was.
    bent[5] ^= 0xff;
    let endless = [&[22, 3, 1, 0x40, 0][..], &[1; 0x4000]].concat();
    for (bytes, why) in [
        (
            hello(Some("evil.example")),
            "names another host, evil.example",
        ),
        (
            hello(Some("open.example.evil.example")),
            "names another host",
        ),
        (hello(Some("www.open.example")), "names another host"),
        (hello(None), "names no host"),
        (b"SSH-2.0-OpenSSH\r\n".to_vec(), "neither TLS nor HTTP"),
        (b"GET".to_vec(), "neither TLS nor HTTP"),
        (b"\x16\x03\x01".to_vec(), "neither TLS nor HTTP"),
        (b"\x80\x2e\x01\x03\x01".to_vec(), "neither TLS nor HTTP"),
        (b"\0\0\0\0".to_vec(), "neither TLS nor HTTP"),
        (cut, "neither TLS nor HTTP"),
        (bent, ""),
        (endless, "neither TLS nor HTTP"),
    ] {
        let way = way().await;
        let mut stream = way.tunnel("open.example:443").await;
        // The proxy may have closed it before everything was written.
        drop(stream.write_all(&bytes).await);
        drop(stream.shutdown().await);
        let answer = rest(&mut stream).await;
        assert!(!answer.starts_with(b"SERVER"), "{bytes:?}");
        let heard = way.heard();
        assert!(heard.iter().all(Vec::is_empty), "{bytes:?}: {heard:?}");
        let told = way.close().await;
        let refused = |found: &NetworkVerdict| match found {
            NetworkVerdict::Refused(text) => text.contains(why),
            NetworkVerdict::Allowed | NetworkVerdict::Failed(_) => false,
        };
        let is_told = told.iter().any(|(_, verdict, ..)| refused(verdict));
        assert!(is_told || why.is_empty(), "{why}: {told:?}");
        // Nobody was sent a byte, so nobody was reached.
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn plain_http_in_a_tunnel_is_judged_request_by_request() {
    let way = Way::of(Setting {
        allow: vec!["open.example"],
        reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        ..Setting::default()
    })
    .await;
    let mut stream = way.tunnel("open.example:80").await;
    let request = |host: &str| format!("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream
        .write_all(request("open.example").as_bytes())
        .await
        .unwrap();
    let reply = answer(&mut stream).await;
    assert!(
        reply.starts_with("HTTP/1.1 200 OK") && reply.ends_with("hi"),
        "{reply}"
    );
    stream
        .write_all(request("evil.example").as_bytes())
        .await
        .unwrap();
    let reply = answer(&mut stream).await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
    let heard = way.heard_text();
    assert!(
        heard
            .iter()
            .any(|text| text.starts_with("GET /x HTTP/1.1\r\n")),
        "{heard:?}"
    );
    assert!(!heard.concat().contains("evil"), "{heard:?}");
    drop(stream);
    // One request that was carried and one that was not, each told once.
    let told = way.close().await;
    let told: Vec<(bool, u64)> = told
        .iter()
        .map(|(_, verdict, count, ..)| (*verdict == NetworkVerdict::Allowed, *count))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.contains(&(true, 1)) && told.contains(&(false, 1)),
        "{told:?}"
    );
}
