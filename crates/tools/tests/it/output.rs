//! Output without end, without newlines, and without meaning.

use outwork_domain::ToolStatus;
use outwork_domain::limits::OUTPUT_TO_MODEL_BYTES_MAX;
use serde_json::json;

use crate::support::{Run, call, within};

/// Memory of the tool host that no other process shares, in KiB.
fn private_kib(run: &Run) -> u64 {
    let outer = run.confined.pid();
    let host = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| {
            let parent = |pid: u32| -> Option<u32> {
                let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
                let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
                line.trim().parse().ok()
            };
            parent(*pid) == Some(outer)
        })
        .unwrap();
    let status = std::fs::read_to_string(format!("/proc/{host}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn endless_output_is_cut_and_the_command_still_ends_at_its_limit() {
    let mut run = Run::start().await;
    let before = private_kib(&run);
    let call = call("shell", json!({"command": "yes", "timeout_seconds": 2}));
    let (mut count, mut total) = (0, 0);
    let mut output = |text: &str| {
        count += 1;
        total += text.len();
    };
    let result = within("yes", run.host.call(&call, &mut output))
        .await
        .unwrap();
    assert!(result.text.len() <= OUTPUT_TO_MODEL_BYTES_MAX);
    assert!(result.text.starts_with("y\ny\n"));
    assert!(
        result
            .text
            .contains(" bytes left out; the first 10485760 bytes are in /tmp/output-")
    );
    assert!(result.text.ends_with("[stopped at its time limit of 2 s]"));
    // Twenty a second, for two seconds and the half until KILL.
    assert!((5..=60).contains(&count), "{count} pieces");
    assert!(total <= 60 * 8 * 1024, "{total} bytes");
    let grown = private_kib(&run).saturating_sub(before);
    assert!(grown < 4 * 1024, "{grown} KiB");
    run.end().await;
}

#[tokio::test]
async fn a_gigabyte_without_a_newline_is_counted() {
    let mut run = Run::start().await;
    let text = run.done("head -c 1G /dev/zero | tr '\\0' x").await;
    assert!(
        text.contains(&format!("{} bytes left out", (1_u64 << 30) - 2 * 32_256)),
        "{}",
        &text[text.len() / 2..][..200]
    );
    run.end().await;
}

#[tokio::test]
async fn the_file_of_a_long_output_can_be_searched() {
    let mut run = Run::start().await;
    let text = run.done("seq 100000").await;
    let path = text
        .split(" bytes are in ")
        .nth(1)
        .unwrap()
        .split(" …]")
        .next()
        .unwrap();
    let found = run
        .call("grep", json!({"pattern": "^50000$", "path": path}))
        .await;
    assert_eq!(found.text, format!("{path}:50000:50000\n"));
    run.end().await;
}

#[tokio::test]
async fn odd_bytes_are_shown_harmlessly() {
    let mut run = Run::start().await;
    let text = run
        .done("printf 'a\\0b\\033[31mred\\033[0m \\377 \\303\\244\\r\\n'")
        .await;
    assert_eq!(text, "a\\x00b\x1b[31mred\x1b[0m \u{fffd} ä\n");
    let binary = run.done("cat /bin/ls").await;
    let size = run.done("stat -L -c %s /bin/ls").await;
    let sum = run.done("sha256sum < /bin/ls | cut -d' ' -f1").await;
    assert_eq!(
        binary,
        format!(
            "[binary output: {} bytes, sha256 {}]",
            size.trim(),
            sum.trim()
        )
    );
    let file = run.call("read", json!({"path": "/bin/ls"})).await;
    assert_eq!(
        file.text,
        format!(
            "[binary file: {} bytes, sha256 {}]",
            size.trim(),
            sum.trim()
        )
    );
    run.end().await;
}

#[tokio::test]
async fn output_streams_while_the_command_runs() {
    let mut run = Run::start().await;
    // The command waits for a file that only appears once its output was heard.
    let command =
        json!({"command": "echo first; while ! test -e go; do sleep 0.01; done; echo last"});
    let repo = run.folders.repo.clone();
    let mut heard = String::new();
    let mut output = |text: &str| {
        heard.push_str(text);
        std::fs::write(repo.join("go"), "").unwrap();
    };
    let call = call("shell", command);
    let result = within("it", run.host.call(&call, &mut output))
        .await
        .unwrap();
    assert_eq!(
        (result.status, result.text.as_str()),
        (ToolStatus::Ok, "first\nlast\n")
    );
    assert!(heard.starts_with("first\n"), "{heard}");
    run.end().await;
}
