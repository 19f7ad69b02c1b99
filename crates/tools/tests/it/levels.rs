//! The tool host at the levels below full isolation: the same tools, and nobody left behind.

use std::time::Instant;

use outwork_domain::{ArtifactPath, IsolationLevel, ToolStatus};
use serde_json::json;

use crate::support::{Run, call, within};

const LEVELS: [IsolationLevel; 3] = [
    IsolationLevel::FullNoproc,
    IsolationLevel::Weak,
    IsolationLevel::None,
];

/// Seconds that nobody else sleeps, found again in the host's list of processes.
fn marker(number: usize) -> String {
    format!("{}.88{number}", 6_000_000 + std::process::id())
}

/// How many processes of the host sleep so long.
fn count_with(marker: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines =
        entries.map(|entry| std::fs::read(entry.path().join("cmdline")).unwrap_or_default());
    let is_ours = |line: &Vec<u8>| {
        let mut words = line.split(|byte| *byte == 0);
        words.any(|word| word == marker.as_bytes())
    };
    lines.filter(is_ours).count()
}

#[tokio::test]
async fn a_session_of_all_tools() {
    for level in LEVELS {
        let mut run = Run::start_at(level).await;
        let made = json!({"path": "/repo/src/a.txt", "content": "one\ntwo\n"});
        let made = run.call("write", made).await;
        assert_eq!(made.text, "made src/a.txt: 8 bytes", "{level}");
        let edit = json!({"path": "src/a.txt", "old_string": "two", "new_string": "2"});
        let edited = run.call("edit", edit).await;
        assert_eq!(edited.status, ToolStatus::Ok, "{level}: {}", edited.text);
        let read = run.call("read", json!({"path": "/repo/src/a.txt"})).await;
        assert_eq!(read.text, "     1\tone\n     2\t2\n", "{level}");
        let found = run.call("grep", json!({"pattern": "^2$"})).await;
        assert_eq!(found.text, "src/a.txt:2:2\n", "{level}");
        let text = run
            .done("cat src/a.txt; f=$(mktemp); echo x > $f; test -w $HOME; env | grep -c CONFINED; true")
            .await;
        assert_eq!(text, "one\n2\n0\n", "{level}");
        // Too long for a model: the whole of it is in a file of the scratch folder.
        let long = run.done("seq 1 100000").await;
        assert!(long.contains("bytes left out"), "{level}: {}", long.len());
        run.done("echo report > $OUTWORK_ARTIFACTS/r.txt").await;
        let list = within("the list", run.host.list_artifacts()).await.unwrap();
        let path: ArtifactPath = "r.txt".parse().unwrap();
        assert_eq!(list, [(path, 7)], "{level}");
        run.end().await;
    }
}

#[tokio::test]
async fn what_commands_leave_behind_is_gone_with_them() {
    for level in LEVELS {
        let mut run = Run::start_at(level).await;
        let left_behind = [
            "sleep M & echo done",
            "setsid sleep M & echo done",
            "(setsid sh -c 'sleep M & sleep M &' &) ; echo done",
            "nohup sleep M 2>/dev/null & echo done",
            "(trap '' TERM HUP INT; setsid sleep M & setsid sleep M &) & sleep 0.05; echo done",
            "python3 -c 'import os\nfor n in range(3):\n  if os.fork(): os._exit(0)\n  os.setsid()\nos.execlp(\"sleep\", \"sleep\", \"M\")'; echo done",
            "setsid sh -c 'kill -STOP $$; sleep M' & sleep 0.05; echo done",
        ];
        for (number, command) in left_behind.into_iter().enumerate() {
            let marker = marker(number);
            let begun = Instant::now();
            let command = command.replace("sleep M", &format!("sleep {marker}"));
            let command = command.replace("\"M\"", &format!("\"{marker}\""));
            let text = run.done(&command).await;
            assert_eq!(text, "done\n", "{level}: {command}");
            assert!(begun.elapsed().as_secs() < 20, "{level}: {command}");
            assert_eq!(count_with(&marker), 0, "{level}: {command}");
        }
        run.end().await;
    }
}

#[tokio::test]
async fn a_command_that_hangs_is_stopped_with_all_of_it() {
    for level in LEVELS {
        let mut run = Run::start_at(level).await;
        let marker = marker(20);
        let command =
            format!("echo before; (trap '' TERM HUP; setsid sleep {marker} & sleep {marker})");
        let arguments = json!({"command": command, "timeout_seconds": 1});
        let result = run.call("shell", arguments).await;
        assert_eq!(
            result.text, "before\n[stopped at its time limit of 1 s]",
            "{level}"
        );
        assert_eq!(count_with(&marker), 0, "{level}");
        let gentle = "trap 'echo cleaned; exit 0' TERM; echo before; sleep 1000 & wait";
        let arguments = json!({"command": gentle, "timeout_seconds": 1});
        let result = run.call("shell", arguments).await;
        let expected = "before\ncleaned\n[stopped at its time limit of 1 s]";
        assert_eq!(result.text, expected, "{level}");
        run.end().await;
    }
}

#[tokio::test]
async fn what_a_start_leaves_runs_on_beside_commands_that_leave_nothing() {
    for level in LEVELS {
        let mut run = Run::start_at(level).await;
        let (kept, gone) = (marker(30), marker(31));
        let left = [
            format!("sleep {kept} & echo done"),
            format!("(setsid sh -c 'sleep {kept} & sleep {kept} &' &); echo done"),
        ];
        for command in left {
            let asked = call("shell", json!({ "command": command }));
            let result = within("a start", run.host.start(&asked)).await.unwrap();
            assert_eq!(result.text, "done\n", "{level}");
        }
        let command = format!("setsid sleep {gone} & (sleep {gone} &); echo done");
        assert_eq!(run.done(&command).await, "done\n", "{level}");
        assert_eq!((count_with(&kept), count_with(&gone)), (3, 0), "{level}");
        let hangs =
            json!({"command": format!("sleep {gone} & sleep {gone}"), "timeout_seconds": 1});
        assert_eq!(run.call("shell", hangs).await.status, ToolStatus::Error);
        assert_eq!((count_with(&kept), count_with(&gone)), (3, 0), "{level}");
        run.end().await;
        assert_eq!(count_with(&kept), 0, "{level}");
    }
}

/// Under a user id of its own, as root's sandboxes are: elsewhere the limit counts the tests' own processes too.
#[tokio::test]
async fn a_fork_bomb_is_gone_after_its_call() {
    for level in [IsolationLevel::FullNoproc, IsolationLevel::Weak] {
        let mut run = Run::start_at(level).await;
        let marker = marker(40);
        let bomb = format!(
            "bomb() {{ bomb | bomb & sleep {marker} & }}; bomb 2>/dev/null; sleep {marker}"
        );
        let arguments = json!({"command": bomb, "timeout_seconds": 1});
        let result = run.call("shell", arguments).await;
        assert_eq!(result.status, ToolStatus::Error, "{level}");
        assert_eq!(count_with(&marker), 0, "{level}: {}", result.text);
        assert_eq!(run.done("echo on").await, "on\n", "{level}");
        run.end().await;
        assert_eq!(count_with(&marker), 0, "{level}");
    }
}

#[tokio::test]
async fn closing_the_pipe_in_a_command_ends_everything() {
    for level in LEVELS {
        let run = Run::start_at(level).await;
        let marker = marker(50);
        let command = format!("setsid sleep {marker} & echo started; sleep {marker}");
        let asked = call("shell", json!({ "command": command }));
        let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
        let Run {
            mut confined,
            mut host,
            folders: _folders,
        } = run;
        let mut output = move |text: &str| heard.send(text.to_owned()).unwrap();
        tokio::select! {
            result = host.call(&asked, &mut output) => panic!("ended: {result:?}"),
            text = hears.recv() => assert_eq!(text.as_deref(), Some("started\n")),
        }
        assert_eq!(count_with(&marker), 2, "{level}: the control");
        drop(host);
        within("the end by itself", confined.wait()).await.unwrap();
        assert_eq!(count_with(&marker), 0, "{level}");
    }
}
