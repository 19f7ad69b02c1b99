//! Commands that hang, and commands that leave processes behind.

use std::time::Instant;

use outwork_domain::ToolStatus;
use serde_json::json;

use crate::support::{Run, within};

#[tokio::test]
async fn a_command_that_hangs_is_stopped_at_its_limit() {
    let mut run = Run::start().await;
    let hangs = [
        ("it sleeps", "echo before; sleep 1000"),
        (
            "it ignores TERM",
            "trap '' TERM; echo before; while :; do sleep 1000; done",
        ),
        ("it is stopped", "echo before; kill -STOP $$"),
        (
            "its children ignore TERM",
            "echo before; (trap '' TERM HUP; setsid sleep 1000 & sleep 1000)",
        ),
        ("it runs in circles", "echo before; while :; do :; done"),
    ];
    for (what, command) in hangs {
        let begun = Instant::now();
        let result = run
            .call("shell", json!({"command": command, "timeout_seconds": 1}))
            .await;
        assert_eq!(result.status, ToolStatus::Error, "{what}");
        assert_eq!(
            result.text, "before\n[stopped at its time limit of 1 s]",
            "{what}"
        );
        assert_eq!(result.exit_status, None, "{what}");
        // The kernel's clock is the subject: limit and 2 s, and room for a loaded machine.
        let took = begun.elapsed();
        assert!(took.as_secs() < 12, "{what}: {took:?}");
        assert_eq!(run.process_count().await, 0, "{what}");
    }
    run.end().await;
}

#[tokio::test]
async fn a_command_that_ends_at_term_may_clean_up() {
    let mut run = Run::start().await;
    let command = "trap 'echo cleaned; exit 0' TERM; echo before; sleep 1000 & wait";
    let result = run
        .call("shell", json!({"command": command, "timeout_seconds": 1}))
        .await;
    assert_eq!(
        result.text,
        "before\ncleaned\n[stopped at its time limit of 1 s]"
    );
    run.end().await;
}

#[tokio::test]
async fn standard_input_is_empty() {
    let mut run = Run::start().await;
    assert_eq!(run.done("cat; read line || echo none").await, "none\n");
    run.end().await;
}

#[tokio::test]
async fn background_children_hold_nothing_up_and_do_not_survive() {
    let mut run = Run::start().await;
    let left_behind = [
        "sleep 1000 & echo done",
        "setsid sleep 1000 & echo done",
        "(setsid sh -c 'sleep 1000 & sleep 1000 &' &) ; echo done",
        "nohup sleep 1000 2>/dev/null & echo done",
        "(trap '' TERM HUP INT; setsid sleep 1000 & setsid sleep 1000 &) & sleep 0.05; echo done",
        "python3 -c 'import os\nfor n in range(3):\n  if os.fork(): os._exit(0)\n  os.setsid()\nimport time; time.sleep(1000)'; echo done",
        "setsid sh -c 'kill -STOP $$' & sleep 0.05; echo done",
    ];
    for command in left_behind {
        let begun = Instant::now();
        assert_eq!(run.done(command).await, "done\n", "{command}");
        assert!(begun.elapsed().as_secs() < 20, "{command}");
        assert_eq!(run.process_count().await, 0, "{command}");
    }
    run.end().await;
}

#[tokio::test]
async fn what_a_start_leaves_runs_on_beside_commands_that_leave_nothing() {
    let mut run = Run::start().await;
    let left = [
        "sleep 1001 & echo done",
        "(setsid sh -c 'sleep 1002 & sleep 1002 &' &); echo done",
        // Its own offspring come later, and lose their parents.
        "(sleep 0.3; for n in 1 2 3; do setsid sh -c 'sleep 1003 &'; done) & echo done",
        // Nobody reads what it prints, and it goes on.
        "(while :; do echo x; echo x >> printed; sleep 0.01; done) >&2 & echo done",
        "echo done; exit 3",
    ];
    for command in left {
        let begun = Instant::now();
        let call = crate::support::call("shell", json!({ "command": command }));
        let result = within(command, run.host.start(&call)).await.unwrap();
        assert!(result.text.contains("done\n"), "{result:?}");
        let failed = command.ends_with("exit 3");
        assert_eq!(result.status == ToolStatus::Error, failed, "{result:?}");
        assert!(begun.elapsed().as_secs() < 20, "{command}");
    }
    let wait =
        "until test \"$(pgrep -fc '^sleep 100[0-9]')\" = 6; do sleep 0.02; done; wc -l < printed";
    let before: u64 = run.done(wait).await.trim().parse().unwrap();
    run.done("sleep 1004 & setsid sleep 1005 & echo done").await;
    let bomb = json!({"command": "sleep 1006 & sleep 1000", "timeout_seconds": 1});
    assert_eq!(run.call("shell", bomb).await.status, ToolStatus::Error);
    let printed = format!(
        "until test $(wc -l < printed) -gt {before}; do sleep 0.02; done; pgrep -fc '^sleep 100[0-9]'"
    );
    assert_eq!(run.done(&printed).await, "6\n");
    run.end().await;
}

#[tokio::test]
async fn a_start_that_reaches_its_limit_leaves_nothing() {
    let mut run = Run::start().await;
    let arguments =
        json!({"command": "setsid sleep 1000 & echo on; sleep 1000", "timeout_seconds": 1});
    let call = crate::support::call("shell", arguments);
    let result = within("the limit", run.host.start(&call)).await.unwrap();
    assert_eq!(result.text, "on\n[stopped at its time limit of 1 s]");
    assert_eq!(run.process_count().await, 0);
    run.end().await;
}

#[tokio::test]
async fn output_of_background_children_is_heard_for_a_moment() {
    let mut run = Run::start().await;
    let text = run.done("(sleep 0.05; echo late) & echo early").await;
    assert_eq!(text, "early\nlate\n");
    run.end().await;
}

#[tokio::test]
async fn a_fork_bomb_is_gone_after_its_call() {
    let mut run = Run::start().await;
    let bomb = "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1000";
    let result = run
        .call("shell", json!({"command": bomb, "timeout_seconds": 1}))
        .await;
    assert_eq!(result.status, ToolStatus::Error);
    assert_eq!(run.process_count().await, 0);
    run.end().await;
}

#[tokio::test]
async fn killing_the_sandbox_in_a_command_leaves_nothing() {
    let mut run = Run::start().await;
    let marker = format!("{}.771", 5_000_000 + std::process::id());
    let command = format!("setsid sleep {marker} & echo started; sleep {marker}");
    let call = crate::support::call("shell", json!({"command": command}));
    let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let Run { confined, host, .. } = &mut run;
    {
        let mut output = move |text: &str| heard.send(text.to_owned()).unwrap();
        let called = host.call(&call, &mut output);
        tokio::pin!(called);
        // Its output tells that it runs.
        tokio::select! {
            result = &mut called => panic!("ended: {result:?}"),
            text = hears.recv() => assert_eq!(text.as_deref(), Some("started\n")),
        }
        assert_eq!(count_with(&marker), 2);
        within("the kill", confined.kill()).await.unwrap();
        let error = within("the loss", called).await.unwrap_err();
        assert!(crate::support::is_lost(&error), "{error}");
    }
    assert_eq!(count_with(&marker), 0);
}

#[tokio::test]
async fn closing_the_pipe_in_a_command_ends_everything() {
    let mut run = Run::start().await;
    let command = json!({"command": "setsid sleep 1000 & echo started; sleep 1000"});
    let call = crate::support::call("shell", command);
    let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let Run {
        mut confined,
        mut host,
        folders: _folders,
    } = run;
    let mut output = move |text: &str| heard.send(text.to_owned()).unwrap();
    tokio::select! {
        result = host.call(&call, &mut output) => panic!("ended: {result:?}"),
        text = hears.recv() => assert_eq!(text.as_deref(), Some("started\n")),
    }
    drop(host);
    within("the end by itself", confined.wait()).await.unwrap();
    run = Run::start().await;
    run.end().await;
}

fn count_with(marker: &str) -> usize {
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| {
            line.split(|byte| *byte == 0)
                .any(|word| word == marker.as_bytes())
        })
        .count()
}
