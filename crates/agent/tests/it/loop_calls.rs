//! M6, M8, M15: calls that cannot be carried out as they are.

use outwork_agent::{Answer, ModelError};
use outwork_domain::{StopReason, ToolResult, ToolStatus};
use serde_json::{Value, json};

use crate::support::{Kept, Memory, Scripted, calls, failure, finished, play, says, shell};

type Steps = Vec<Result<Answer, ModelError>>;

fn errors(sink: &Kept) -> Vec<String> {
    let results = sink.results().into_iter();
    let errors = results.filter(|(_, result)| result.status == ToolStatus::Error);
    errors.map(|(_, result)| result.text).collect()
}

/// Each kind of malformed call; `n` keeps ids apart.
fn malformed(n: usize) -> Vec<Answer> {
    let id = format!("bad{n}");
    let one = |name: &str, arguments: Value| calls(&[(id.as_str(), name, arguments)]);
    vec![
        one("shell", json!("{\"command\": \"ls")),
        one("sheel", json!({"command": "ls"})),
        one("shell", json!({})),
        one("shell", json!({"command": "ls", "sudo": true})),
        one("shell", json!({"command": 7})),
        // The id of a call that every history here begins with.
        calls(&[("first", "shell", json!({"command": "ls"}))]),
    ]
}

/// A good call, then that many malformed ones of a kind.
fn bad(kind: usize, count: usize) -> Steps {
    let mut steps: Steps = vec![Ok(shell("first", "pwd"))];
    steps.extend((0..count).map(|n| Ok(malformed(n).remove(kind))));
    steps
}

#[tokio::test(start_paused = true)]
async fn m8_each_kind_twice_then_a_good_one_is_forgiven() {
    for kind in 0..malformed(0).len() {
        let mut environment = Memory::ok();
        let mut steps = bad(kind, 2);
        steps.push(Ok(shell("good", "make")));
        steps.push(Ok(malformed(7).remove(kind)));
        steps.push(Ok(says("done")));
        let model = Scripted::new(steps);
        let (outcome, sink) = play(&model, &mut environment).await;
        assert_eq!(outcome, finished("done"), "kind {kind}");
        assert_eq!(environment.called(), ["first", "good"], "kind {kind}");
        assert_eq!(errors(&sink).len(), 3, "kind {kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn m8_each_kind_thrice_ends_the_run() {
    for kind in 0..malformed(0).len() {
        let model = Scripted::new(bad(kind, 3));
        let (outcome, sink) = play(&model, &mut Memory::ok()).await;
        assert_eq!(failure(&outcome).0, "model_protocol", "kind {kind}");
        assert_eq!(errors(&sink).len(), 3, "kind {kind}");
        assert_eq!(sink.limits(), ["3 malformed answers in a row"]);
    }
}

#[tokio::test(start_paused = true)]
async fn m8_a_good_call_beside_a_bad_one_is_progress() {
    let both = |n: usize| {
        let (good, bad) = (format!("good{n}"), format!("bad{n}"));
        calls(&[
            (bad.as_str(), "nothing", json!({})),
            (good.as_str(), "shell", json!({"command": "ls"})),
        ])
    };
    let steps = (0..5).map(|n| Ok(both(n))).chain([Ok(says("done"))]);
    let (outcome, _) = play(&Scripted::new(steps), &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
}

#[tokio::test(start_paused = true)]
async fn m6_a_call_that_was_cut_off_is_not_carried_out() {
    let mut cut = calls(&[
        ("whole", "shell", json!({"command": "ls"})),
        ("cut", "shell", json!("{\"command\": \"rm -rf bui")),
    ]);
    cut.stop = StopReason::Length;
    let mut environment = Memory::ok();
    let model = Scripted::new([Ok(cut), Ok(says("done"))]);
    let (outcome, sink) = play(&model, &mut environment).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!(environment.called(), ["whole"]);
    assert_eq!(
        errors(&sink),
        [
            "the answer was cut off by its length limit in the middle of this call, so \
          it was not carried out; make smaller calls"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn m6_a_cut_off_text_is_asked_to_go_on_three_times() {
    let cut = |text: &str| Answer {
        stop: StopReason::Length,
        ..says(text)
    };
    let steps = [Ok(cut("a ")), Ok(cut("b ")), Ok(cut("c ")), Ok(says("d"))];
    let (outcome, sink) = play(&Scripted::new(steps), &mut Memory::ok()).await;
    assert_eq!(outcome, finished("a b c d"));
    assert_eq!(sink.nudges(), 3);

    let steps = [Ok(cut("a")), Ok(cut("b")), Ok(cut("c")), Ok(cut("d"))];
    let (outcome, sink) = play(&Scripted::new(steps), &mut Memory::ok()).await;
    assert_eq!(failure(&outcome).0, "model_protocol");
    assert_eq!(sink.limits(), ["3 continuations of one answer"]);
}

#[tokio::test(start_paused = true)]
async fn m15_of_two_hundred_calls_thirty_two_are_carried_out() {
    let ids: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
    let all: Vec<(&str, &str, Value)> = ids
        .iter()
        .map(|id| {
            (
                id.as_str(),
                "shell",
                json!({"command": format!("echo {id}")}),
            )
        })
        .collect();
    let mut environment = Memory::ok();
    let model = Scripted::new([Ok(calls(&all)), Ok(says("done"))]);
    let (outcome, sink) = play(&model, &mut environment).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!(environment.called(), ids[..32]);
    assert_eq!(sink.results().len(), 200);
    assert_eq!(errors(&sink).len(), 168);
    assert_eq!(sink.limits(), ["32 tool calls in one answer"]);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_fails_is_the_models_matter() {
    let mut environment = Memory::new(|call| {
        let text = call.arguments["command"].as_str().unwrap();
        Ok(ToolResult::error(format!("{text}: no")))
    });
    let steps = ["a", "b", "c", "d", "e"].map(|id| Ok(shell(id, id)));
    let model = Scripted::new(steps.into_iter().chain([Ok(says("gave up"))]));
    let (outcome, _) = play(&model, &mut environment).await;
    assert_eq!(outcome, finished("gave up"));
}
