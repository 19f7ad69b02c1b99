//! M12, M13, M14: a model that goes round in circles, falls silent, or declines.

use outwork_agent::{Answer, ModelError, Outcome};
use outwork_domain::{StopReason, ToolResult};

use crate::support::{Kept, Memory, Scripted, failure, finished, play, says, shell};

/// Plays commands; each result is what `result` makes of command and number.
async fn run(
    commands: &[&str],
    result: impl Fn(&str, usize) -> String + Send + 'static,
) -> (Outcome, Kept) {
    let mut count = 0;
    let mut environment = Memory::new(move |call| {
        count += 1;
        let command = call.arguments["command"].as_str().unwrap();
        Ok(ToolResult::ok(result(command, count)))
    });
    let steps = commands
        .iter()
        .enumerate()
        .map(|(n, command)| Ok(shell(&format!("c{n}"), command)));
    let steps: Vec<Result<Answer, ModelError>> = steps.chain([Ok(says("done"))]).collect();
    play(&Scripted::new(steps), &mut environment).await
}

#[tokio::test(start_paused = true)]
async fn m12_loops_are_told_once_and_then_ended() {
    let loops: [&[&str]; 6] = [
        &["a"; 8],
        &["a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b"],
        &["x", "a", "a", "a", "a", "y", "a", "a", "a", "a"],
        &["a", "a", "a", "a", "b", "c", "b", "c", "b", "c"],
        &["a", "b", "a", "b", "a", "b", "c", "c", "c", "c"],
        &["a", "b", "c", "c", "c", "c", "d", "d", "d", "d"],
    ];
    for commands in loops {
        let (outcome, sink) = run(commands, |command, _| format!("{command} failed")).await;
        assert_eq!(failure(&outcome).0, "loop_detected", "{commands:?}");
        assert_eq!(sink.nudges(), 1, "{commands:?}");
        assert_eq!(
            sink.limits(),
            ["repeated calls", "repeated calls, after being told"]
        );
        assert_eq!(sink.results().len(), commands.len(), "the work is kept");
    }
}

#[tokio::test(start_paused = true)]
async fn m12_what_only_looks_like_a_loop_goes_on() {
    let polling = run(&["make status"; 12], |_, n| format!("{n} %")).await;
    let edits = [
        "make", "edit 1", "make", "edit 2", "make", "edit 3", "make", "edit 4", "make",
    ];
    let edits = run(&edits, |command, _| format!("{command}: ok")).await;
    let paging = ["sed 1p", "sed 2p", "sed 3p", "sed 4p", "sed 5p", "sed 6p"];
    let paging = run(&paging, |_, _| "same line".to_owned()).await;
    let backoff = [
        "curl x", "sleep 1", "curl x", "sleep 2", "curl x", "sleep 4", "curl x", "sleep 8",
    ];
    let backoff = run(&backoff, |_, _| "refused".to_owned()).await;
    for (outcome, sink) in [polling, edits, paging, backoff] {
        assert_eq!(outcome, finished("done"));
        assert_eq!(sink.nudges(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn m12_a_model_that_heeds_the_nudge_finishes() {
    let (outcome, sink) = run(&["a", "a", "a", "a"], |_, _| "no".to_owned()).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!(sink.nudges(), 1);
}

#[tokio::test(start_paused = true)]
async fn m13_two_empty_answers_are_nudged_the_third_ends_the_run() {
    let thinking = Answer {
        thinking: vec![outwork_agent::Thought {
            text: "hm".to_owned(),
            signature: None,
        }],
        ..says("")
    };
    for empty in [says(""), says(" \n\t"), thinking] {
        let steps = [Ok(empty.clone()), Ok(empty.clone()), Ok(says("done"))];
        let (outcome, sink) = play(&Scripted::new(steps), &mut Memory::ok()).await;
        assert_eq!(outcome, finished("done"));
        assert_eq!(sink.nudges(), 2);

        let steps = [Ok(empty.clone()), Ok(empty.clone()), Ok(empty)];
        let (outcome, sink) = play(&Scripted::new(steps), &mut Memory::ok()).await;
        assert_eq!(failure(&outcome).0, "model_protocol");
        assert_eq!(sink.limits(), ["2 empty answers in a row"]);
    }
}

#[tokio::test(start_paused = true)]
async fn m14_a_refusal_ends_the_run_with_its_words() {
    let refusal = |text: &str| Answer {
        stop: StopReason::Refusal,
        ..says(text)
    };
    let model = Scripted::new([Ok(refusal("I will not."))]);
    let (outcome, _) = play(&model, &mut Memory::ok()).await;
    assert_eq!(
        failure(&outcome),
        ("model_refused", "the model declined: I will not.")
    );
    let model = Scripted::new([Ok(shell("a", "edit")), Ok(refusal(""))]);
    let mut environment = Memory::ok();
    let (outcome, sink) = play(&model, &mut environment).await;
    assert_eq!(failure(&outcome).0, "model_refused");
    assert_eq!(sink.results().len(), 1);
}
