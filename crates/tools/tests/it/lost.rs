//! The real tool host against a server that says what it likes.

use outwork_sandbox::Launched;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Folders, launch, within};

/// Says bytes to a tool host and nothing more; returns its answer and status.
async fn said_to(bytes: &[u8]) -> (Vec<u8>, bool) {
    let folders = Folders::new();
    let Launched {
        mut confined,
        mut stdin,
        mut stdout,
    } = launch(folders.spec(&[])).await;
    // It may close its end before it has read all.
    let _ = stdin.write_all(bytes).await;
    drop(stdin);
    let mut answer = Vec::new();
    within("its answer", stdout.read_to_end(&mut answer))
        .await
        .unwrap();
    let status = within("its end", confined.wait()).await.unwrap();
    (answer, status.success())
}

#[tokio::test]
async fn it_greets_and_ends_with_its_input() {
    let (answer, is_success) = said_to(b"").await;
    assert!(is_success);
    assert_eq!(&answer[5..], br#"{"reply":"ready","version":3}"#);
}

#[tokio::test]
async fn nonsense_ends_it_with_an_error() {
    for bytes in [
        &b"nonsense nonsense"[..],
        b"\0\0\0\x03\x01{}",
        b"\0\0\0\x02\x02x",
        b"\0\0",
    ] {
        let (answer, is_success) = said_to(bytes).await;
        assert!(answer.starts_with(b"\0\0\0"), "it was ready: {bytes:?}");
        assert!(!is_success, "{bytes:?}");
    }
}

#[test]
fn outside_of_a_sandbox_it_is_never_ready() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_outwork-tool-host"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"");
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("the inner walls"), "{words}");
}
