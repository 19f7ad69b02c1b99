//! The server's end against a tool host that says what it likes.

use std::time::Duration;

use outwork_domain::ToolResult;
use outwork_tools::{Error, ToolHost};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};

use crate::support::{call, is_lost};

type Fake = ToolHost<ReadHalf<DuplexStream>, WriteHalf<DuplexStream>>;

fn message(value: &Value) -> Vec<u8> {
    frame(1, &serde_json::to_vec(value).unwrap())
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 1).unwrap().to_be_bytes();
    [&length, &[kind][..], payload].concat()
}

fn ready() -> Vec<u8> {
    message(&json!({"reply": "ready", "version": 3}))
}

/// A host that says these bytes at once and then closes, or stays silent.
async fn saying(bytes: Vec<u8>, then: Then) -> (Result<Fake, Error>, tokio::task::JoinHandle<()>) {
    let (ours, theirs) = duplex(64 * 1024);
    let (from, to) = split(ours);
    let speaker = tokio::spawn(async move {
        let (mut reads, mut says) = split(theirs);
        // A full pipe or a closed one is the other end's decision.
        let _ = says.write_all(&bytes).await;
        match then {
            Then::Close => {}
            Then::Silence => {
                let _ = reads.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    (ToolHost::connect(from, to).await, speaker)
}

#[derive(Clone, Copy)]
enum Then {
    Close,
    Silence,
}

async fn call_of(bytes: Vec<u8>, then: Then) -> Result<ToolResult, Error> {
    let (host, _speaker) = saying([ready(), bytes].concat(), then).await;
    let mut host = host.unwrap();
    let first = host
        .call(&call("shell", json!({"command": "true"})), &mut |_| {})
        .await;
    if first.is_err() {
        // Once at fault, it is not asked again.
        let again = host.list_artifacts().await.unwrap_err();
        assert!(is_lost(&again), "{again}");
    }
    first
}

#[tokio::test]
async fn what_is_no_greeting_is_refused() {
    let cases = [
        message(&json!({"reply": "ready", "version": 4})),
        message(&json!({"reply": "unchanged"})),
        message(&json!({"reply": "ready", "version": 3, "more": 1})),
        message(&json!("ready")),
        frame(2, b"bytes"),
        frame(7, b"{}"),
        b"\xff\xff\xff\xff\x01".to_vec(),
        b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
    ];
    for bytes in cases {
        let (host, _speaker) = saying(bytes.clone(), Then::Silence).await;
        assert!(
            matches!(host.err().unwrap(), Error::Protocol(_)),
            "{bytes:?}"
        );
    }
    for bytes in [vec![], b"\0\0".to_vec(), frame(1, b"{}")[..6].to_vec()] {
        let (host, _speaker) = saying(bytes.clone(), Then::Close).await;
        assert!(is_lost(&host.err().unwrap()), "{bytes:?}");
    }
}

#[tokio::test]
async fn nonsense_in_a_call_is_a_broken_protocol() {
    let result =
        |text: &str| json!({"reply": "called", "status": "ok", "text": text, "exit_status": null});
    let with_facts = |facts: &Value| {
        let mut reply = result("fine");
        reply["facts"] = facts.clone();
        reply
    };
    let cases = [
        message(&json!({"reply": "unchanged"})),
        message(&json!({"reply": "ready", "version": 3})),
        message(&json!({"reply": "called", "status": "fine", "text": "", "exit_status": null})),
        message(&json!({"reply": "called", "status": "ok"})),
        message(&result(&"x".repeat(65 * 1024))),
        message(&with_facts(&json!({"of": "guesses"}))),
        message(&with_facts(
            &json!({"of": "found", "files": vec!["a"; 1_001], "extent": "whole"}),
        )),
        message(&json!({"reply": "output", "text": "x".repeat(70_000)})),
        message(&json!({"reply": "output", "text": 7})),
        frame(1, b"{\"reply\": \"called\""),
        frame(1, &[b'['; 100_000]),
        frame(1, b""),
        frame(2, b"stray"),
        frame(0, b"x"),
        b"\x00\x40\x00\x01\x01".to_vec(),
        (0..500)
            .flat_map(|_| message(&json!({"reply": "output", "text": "flood"})))
            .collect(),
    ];
    for bytes in cases {
        let error = call_of(bytes.clone(), Then::Silence).await.unwrap_err();
        let shown = &bytes[..bytes.len().min(60)];
        assert!(
            matches!(error, Error::Protocol(_)),
            "{error}: {}",
            String::from_utf8_lossy(shown)
        );
    }
    let good = call_of(message(&result("fine")), Then::Silence)
        .await
        .unwrap();
    assert_eq!(good.text, "fine", "the control");
}

#[tokio::test]
async fn torn_answers_are_a_loss() {
    let whole =
        message(&json!({"reply": "called", "status": "ok", "text": "fine", "exit_status": 0}));
    for cut in 0..whole.len() {
        let error = call_of(whole[..cut].to_vec(), Then::Close)
            .await
            .unwrap_err();
        assert!(is_lost(&error), "cut at {cut}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_a_deadline_of_its_own_for_each_request() {
    let (host, _speaker) = saying(vec![], Then::Silence).await;
    assert!(matches!(host.err().unwrap(), Error::Deadline { .. }));
    let begun = tokio::time::Instant::now();
    let error = call_of(vec![], Then::Silence).await.unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");
    // A command without a limit of its own may take two minutes.
    let waited = begun.elapsed();
    assert!(
        (Duration::from_secs(120)..Duration::from_secs(180)).contains(&waited),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_trickle_of_output_does_not_move_the_deadline() {
    let (ours, theirs) = duplex(64 * 1024);
    let (from, to) = split(ours);
    let trickle = tokio::spawn(async move {
        let (_reads, mut says) = split(theirs);
        says.write_all(&ready()).await.unwrap();
        let piece = message(&json!({"reply": "output", "text": "."}));
        while says.write_all(&piece).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut host = ToolHost::connect(from, to).await.unwrap();
    let mut heard = 0;
    let command = json!({"command": "true", "timeout_seconds": 5});
    let error = host
        .call(&call("shell", command), &mut |_| heard += 1)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");
    assert!((5..60).contains(&heard), "{heard}");
    drop(host);
    trickle.await.unwrap();
}

#[tokio::test]
async fn more_bytes_than_asked_for_and_wrong_counts_are_refused() {
    let sent = |count: u64| message(&json!({"reply": "sent", "byte_count": count}));
    let cases = [
        (
            [frame(2, &[7; 60]), frame(2, &[7; 60]), sent(120)].concat(),
            "larger than 100 bytes",
        ),
        ([frame(2, &[7; 60]), sent(61)].concat(), "unexpected"),
        (message(&json!({"reply": "unchanged"})), "unexpected"),
    ];
    for (bytes, expected) in cases {
        let (host, _speaker) = saying([ready(), bytes].concat(), Then::Silence).await;
        let mut taken = Vec::new();
        let path = "a".parse().unwrap();
        let error = host
            .unwrap()
            .read_artifact(&path, &mut taken, 100)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(taken.len() <= 100);
    }
}

#[tokio::test]
async fn ids_and_paths_are_parsed() {
    let files = json!({"reply": "artifacts", "files": [["../../etc/passwd", 3]]});
    let (host, _speaker) = saying([ready(), message(&files)].concat(), Then::Silence).await;
    let error = host.unwrap().list_artifacts().await.unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error}");
}

#[tokio::test]
async fn a_request_that_was_dropped_half_way_gives_the_host_up() {
    let (host, _speaker) = saying(ready(), Then::Silence).await;
    let mut host = host.unwrap();
    {
        let shell = call("shell", json!({"command": "true"}));
        let mut ignored = |_: &str| {};
        let asked = host.call(&shell, &mut ignored);
        tokio::pin!(asked);
        assert!(futures_now(asked.as_mut()).await);
    }
    let error = host.list_artifacts().await.unwrap_err();
    assert!(is_lost(&error), "{error}");
}

/// Polls a future a few times; true if it is still waiting.
async fn futures_now<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
    for _ in 0..10 {
        tokio::task::yield_now().await;
        let waiting = std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_pending())
        });
        if !waiting.await {
            return false;
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_never_panic_and_never_count_as_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..4_u8) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let framed = if kind == 0 { bytes } else { frame(kind, &bytes) };
        let result = runtime.block_on(call_of(framed, Then::Close));
        prop_assert!(result.is_err());
    }
}
