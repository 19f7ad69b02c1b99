//! The real tool host against a server that says what it likes.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Says bytes to a tool host outside a sandbox, without any command; returns its answer and status.
fn said_to(bytes: &[u8]) -> (Vec<u8>, bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Command::new(env!("CARGO_BIN_EXE_outwork-tool-host"))
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may close its end before it has read all.
    let _ = host.stdin.take().unwrap().write_all(bytes);
    let mut answer = Vec::new();
    host.stdout
        .take()
        .unwrap()
        .read_to_end(&mut answer)
        .unwrap();
    (answer, host.wait().unwrap().success())
}

#[test]
fn it_greets_and_ends_with_its_input() {
    let (answer, is_success) = said_to(b"");
    assert!(is_success);
    assert_eq!(&answer[5..], br#"{"reply":"ready","version":3}"#);
}

#[test]
fn nonsense_ends_it_with_an_error() {
    for bytes in [
        &b"nonsense nonsense"[..],
        b"\0\0\0\x03\x01{}",
        b"\0\0\0\x02\x02x",
        b"\0\0",
    ] {
        let (_, is_success) = said_to(bytes);
        assert!(!is_success, "{bytes:?}");
    }
}
