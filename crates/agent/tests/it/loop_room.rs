//! M10, M11: a conversation that outgrows the model.

use outwork_agent::{Answer, Message, ModelError, Request};
use outwork_domain::ToolResult;
use serde_json::json;

use crate::support::{
    Memory, Scripted, busy, calls, failure, finished, play, says, shell, too_long,
};

/// An answer without counts, so that the weight of the text decides.
fn uncounted(answer: Answer) -> Answer {
    Answer {
        usage: None,
        ..answer
    }
}

fn is_summary_request(request: &Request<'_>) -> bool {
    request.tools.is_empty()
}

fn weight(messages: &[Message]) -> usize {
    format!("{messages:?}").len()
}

/// Reads 6 kB a turn, six turns long, with a window of 8k tokens.
fn reader(summary: impl Fn() -> Result<Answer, ModelError> + Send + Clone + 'static) -> Scripted {
    let mut model = Scripted::new([]);
    model.window = 8_000;
    for _ in 0..40 {
        let summary = summary.clone();
        model.then(move |request| {
            if is_summary_request(request) {
                return summary().map(uncounted);
            }
            let said = format!("{:?}", request.messages);
            let last = (0..7).rev().find(|n| said.contains(&format!("step {n}")));
            let next = last.map_or(0, |n| n + 1);
            if next == 7 {
                return Ok(uncounted(says("done")));
            }
            let path = format!("file{next}");
            let id = format!("c{next}");
            let mut answer = calls(&[(
                id.as_str(),
                "write",
                json!({"path": path, "content": format!("step {next}")}),
            )]);
            answer.text = format!("step {next}");
            Ok(uncounted(answer))
        });
    }
    model
}

fn six_kilobytes() -> Memory {
    let mut count = 0;
    Memory::new(move |_| {
        count += 1;
        Ok(ToolResult::ok(format!("{count} {}", "x".repeat(6_000))))
    })
}

#[tokio::test(start_paused = true)]
async fn m10_the_older_part_becomes_a_summary() {
    let model = reader(|| Ok(says("read some files, step 5 is next after step 4")));
    let (outcome, sink) = play(&model, &mut six_kilobytes()).await;
    assert_eq!(outcome, finished("done"));
    assert!(
        sink.limits()
            .contains(&"80 % of the model's context".to_owned())
    );
    let asked = model.asked.lock().unwrap().clone();
    let at = asked.iter().position(|one| {
        let mut messages = one.iter();
        messages.any(|message| matches!(message, Message::Summary(_)))
    });
    let compacted = &asked[at.unwrap()];
    assert!(matches!(&compacted[0], Message::Prompt { text, .. } if text == "do it"));
    let Message::Summary(summary) = &compacted[1] else {
        panic!("{compacted:?}");
    };
    assert!(summary.starts_with("read some files"));
    assert!(summary.contains("Files changed so far: file0"), "{summary}");
    let before = &asked[at.unwrap() - 2];
    assert!(weight(compacted) < weight(before));
}

#[tokio::test(start_paused = true)]
async fn m10_a_summary_that_comes_out_longer_is_not_taken() {
    let model = reader(|| Ok(says(&"blah ".repeat(20_000))));
    let (outcome, sink) = play(&model, &mut six_kilobytes()).await;
    assert_eq!(outcome, finished("done"));
    assert!(
        sink.limits()
            .contains(&"80 % of the model's context".to_owned())
    );
    let asked = model.asked_last();
    assert!(
        !asked
            .iter()
            .any(|message| matches!(message, Message::Summary(_)))
    );
    assert!(format!("{asked:?}").contains("dropped to save room"));
}

#[tokio::test(start_paused = true)]
async fn m11_without_a_summary_outputs_are_dropped() {
    let model = reader(|| {
        Err(ModelError::Rejected {
            reason: "HTTP 400".to_owned(),
        })
    });
    let (outcome, _) = play(&model, &mut six_kilobytes()).await;
    assert_eq!(outcome, finished("done"));
    assert!(format!("{:?}", model.asked_last()).contains("dropped to save room"));
}

#[tokio::test(start_paused = true)]
async fn m11_a_busy_model_is_waited_for_and_then_done_without() {
    let mut model = Scripted::new([Ok(uncounted(shell("a", "ls")))]);
    model.window = 8_000;
    for _ in 0..100 {
        model.then(|request| {
            if is_summary_request(request) {
                return Err(busy("HTTP 500"));
            }
            Ok(says("done"))
        });
    }
    let mut environment = Memory::new(|_| Ok(ToolResult::ok("x".repeat(60_000))));
    let (outcome, _) = play(&model, &mut environment).await;
    assert_eq!(outcome, finished("done"));
    assert!(model.asked_count() > 30);
}

#[tokio::test(start_paused = true)]
async fn m10_a_length_error_compacts_and_asks_again_once() {
    let mut model = Scripted::new([Ok(shell("a", "ls")), Err(too_long())]);
    model.window = 1_000_000;
    model.then(|request| {
        assert!(is_summary_request(request));
        Ok(says("it was all about ls"))
    });
    model.then(|_| Ok(says("done")));
    let mut environment = Memory::new(|_| Ok(ToolResult::ok("y".repeat(2_000_000))));
    let (outcome, sink) = play(&model, &mut environment).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!(sink.limits(), ["the model's context: too long"]);
}

#[tokio::test(start_paused = true)]
async fn m10_length_errors_at_each_turn_end_the_run() {
    let model = Scripted::new([Ok(shell("a", "ls"))]);
    for _ in 0..100 {
        model.then(|request| {
            if is_summary_request(request) {
                return Ok(says("short"));
            }
            Err(too_long())
        });
    }
    let mut environment = Memory::new(|_| Ok(ToolResult::ok("y".repeat(50_000))));
    let (outcome, _) = play(&model, &mut environment).await;
    assert_eq!(failure(&outcome).0, "context_exhausted");
    assert!(model.asked_count() < 10);
}

#[tokio::test(start_paused = true)]
async fn m10_three_compactions_without_a_changed_file_end_the_run() {
    let mut model = Scripted::new([]);
    model.window = 8_000;
    for n in 0..100 {
        model.then(move |request| {
            if is_summary_request(request) {
                return Ok(uncounted(says("nothing new")));
            }
            let id = format!("c{n}");
            Ok(uncounted(calls(&[(
                id.as_str(),
                "read",
                json!({"path": id}),
            )])))
        });
    }
    let mut count = 0;
    let mut environment = Memory::new(move |_| {
        count += 1;
        Ok(ToolResult::ok(format!("{count} {}", "x".repeat(20_000))))
    });
    let (outcome, sink) = play(&model, &mut environment).await;
    assert_eq!(failure(&outcome).0, "context_exhausted");
    let last = sink.limits().pop().unwrap();
    assert_eq!(last, "3 compactions without a changed file");
}
