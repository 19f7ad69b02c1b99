//! What each tool does with good and with bad arguments.

use outwork_domain::{ToolFacts, ToolStatus};
use serde_json::json;

use crate::support::Run;

#[tokio::test]
async fn a_session_of_all_tools() {
    let mut run = Run::start().await;
    let made = run
        .call(
            "write",
            json!({"path": "src/a.txt", "content": "one\ntwo\n"}),
        )
        .await;
    assert_eq!(
        (made.status, made.text.as_str()),
        (ToolStatus::Ok, "made src/a.txt: 8 bytes")
    );
    let edited = run
        .call(
            "edit",
            json!({"path": "/repo/src/a.txt", "old_string": "two", "new_string": "2"}),
        )
        .await;
    assert_eq!(edited.status, ToolStatus::Ok, "{}", edited.text);
    let read = run.call("read", json!({"path": "src/a.txt"})).await;
    assert_eq!(read.text, "     1\tone\n     2\t2\n");
    assert_eq!(
        run.call("glob", json!({"pattern": "*.txt"})).await.text,
        "src/a.txt\n"
    );
    assert_eq!(
        run.call("grep", json!({"pattern": "^2$"})).await.text,
        "src/a.txt:2:2\n"
    );
    assert_eq!(run.done("pwd; cat src/a.txt").await, "/repo\none\n2\n");
    run.end().await;
}

#[tokio::test]
async fn a_command_tells_its_status() {
    let mut run = Run::start().await;
    let good = run.shell("true").await;
    assert_eq!(
        (good.status, good.exit_status, good.text.as_str()),
        (ToolStatus::Ok, Some(0), "")
    );
    let bad = run.shell("echo out; echo err >&2; exit 3").await;
    assert_eq!(bad.status, ToolStatus::Error);
    assert_eq!(bad.exit_status, Some(3));
    assert_eq!(bad.text, "out\nerr\n[exit status 3]");
    let killed = run.shell("kill -KILL $$").await;
    assert_eq!(killed.exit_status, Some(137));
    assert_eq!(
        killed.facts,
        Some(ToolFacts::Command { signal: Some(9) }),
        "told from a command that says 137 itself"
    );
    assert_eq!(killed.text, "[killed by signal 9, status 137]");
    let elsewhere = json!({"command": "pwd", "working_folder": "sub"});
    run.done("mkdir sub").await;
    assert_eq!(run.call("shell", elsewhere).await.text, "/repo/sub\n");
    run.end().await;
}

#[tokio::test]
async fn calls_that_make_no_sense_are_results() {
    let mut run = Run::start().await;
    let cases = [
        (
            "nonsense",
            json!({}),
            "there is no tool \"nonsense\"; there are shell, read,",
        ),
        ("shell", json!({}), "missing field `command`"),
        (
            "shell",
            json!({"command": "true", "more": 1}),
            "unknown field `more`",
        ),
        ("shell", json!({"command": 7}), "invalid type"),
        ("shell", json!("true"), "must be a JSON object"),
        (
            "shell",
            json!({"command": "true", "timeout_seconds": 0}),
            "from 1 to 600",
        ),
        (
            "shell",
            json!({"command": "true", "timeout_seconds": 601}),
            "from 1 to 600",
        ),
        (
            "shell",
            json!({"command": "true", "working_folder": "none"}),
            "no such folder",
        ),
        ("shell", json!({"command": "tr\0ue"}), "NUL"),
        ("read", json!({"path": "a", "offset": -1}), "invalid value"),
        ("read", json!({"path": "none"}), "No such file"),
        ("read", json!({"path": "a\0b"}), "NUL byte"),
        ("write", json!({"path": "a"}), "missing field `content`"),
        (
            "edit",
            json!({"path": "a", "old_string": "", "new_string": ""}),
            "use write",
        ),
    ];
    for (name, arguments, expected) in cases {
        let result = run.call(name, arguments).await;
        assert_eq!(result.status, ToolStatus::Error, "{name}: {}", result.text);
        assert!(result.text.contains(expected), "{name}: {}", result.text);
    }
    let large = json!({"path": "a", "content": "x".repeat(5 << 20)});
    let result = run.call("write", large).await;
    assert!(result.text.contains("longer than"), "{}", result.text);
    assert_eq!(run.done("echo still here").await, "still here\n");
    run.end().await;
}

#[tokio::test]
async fn nothing_waits_for_a_terminal_an_editor_or_a_password() {
    let mut run = Run::start().await;
    let script = "git init -q . && echo a > a && git add a && git commit -m first -q
        echo b >> a && git commit -a; git rebase -i --root; git log | cat | head -1
        sudo -n true; sudo true; su -c true; ssh host true; ssh-keygen -y -f /nonexistent
        git fetch https://nowhere.invalid/x; git clone ssh://nowhere.invalid/x
        man bash | head -1; less a; more a; passwd; read line; python3 -c 'input()'; cat; tty; vi -c q </dev/tty
        echo through";
    let result = run
        .call("shell", json!({"command": script, "timeout_seconds": 60}))
        .await;
    assert!(
        result.text.trim_end().ends_with("through"),
        "{}",
        result.text
    );
    run.end().await;
}

#[tokio::test]
async fn files_move_and_are_linked_between_folders() {
    let mut run = Run::start().await;
    let text = run
        .done(
            "mkdir a b /tmp/a /tmp/b; echo text > a/file; echo text > /tmp/a/file
             python3 -c 'import os
for root in (\"/repo\", \"/tmp\"):
  os.link(root + \"/a/file\", root + \"/b/linked\")
  os.rename(root + \"/a/file\", root + \"/b/moved\")'
             ls b /tmp/b | sort | uniq -c",
        )
        .await;
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains("2 linked 2 moved"), "{text}");
    run.end().await;
}

#[tokio::test]
async fn commands_cannot_look_into_the_tool_host() {
    let mut run = Run::start().await;
    let attempts = "for f in environ mem maps fd/0 fd/1; do
            { head -c 1 /proc/$1/$f >/dev/null; } 2>/dev/null && echo $1 $f; done; true";
    let own = run.done(&format!("set -- self; {attempts}")).await;
    assert!(
        own.contains("self environ") && own.contains("self maps"),
        "the control: {own}"
    );
    assert_eq!(run.done(&format!("set -- $PPID; {attempts}")).await, "");
    assert_eq!(run.done("cat /proc/$PPID/comm").await.trim(), "outwork");
    // It cannot be killed or stopped from within, and nobody else is there to hold the same pipes.
    let attempt = "echo $PPID; kill -KILL $PPID; kill -STOP 1; echo alive";
    // An older Landlock lets signals pass, to a process that takes none from within.
    let refused = "/bin/bash: line 1: kill: (1) - Operation not permitted\n";
    let said = run.done(attempt).await;
    assert_eq!(said.replace(refused, ""), "1\nalive\n");
    assert_eq!(run.process_count().await, 0);
    run.end().await;
}
