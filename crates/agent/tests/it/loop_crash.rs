//! M9: an attempt that ends anywhere, and the next one that goes on from the events.

use outwork_agent::{Answer, EnvironmentLost, Interrupted, Message, SinkClosed};
use outwork_domain::{EventBody, StopReason, ToolResult, ToolStatus};
use serde_json::json;

use crate::support::{History, Kept, Memory, Scripted, calls, finished, says, shell};

/// Two turns with calls, one of them with two, and an end; answers follow from the conversation.
fn model() -> Scripted {
    let model = Scripted::new([]);
    for _ in 0..20 {
        model.then(|request| {
            let answers = request.messages.iter();
            let answers = answers
                .filter(|one| matches!(one, Message::Answer { .. }))
                .count();
            Ok(match answers {
                0 => shell("a", "one"),
                1 => calls(&[
                    ("b", "shell", json!({"command": "two"})),
                    ("c", "shell", json!({"command": "three"})),
                ]),
                _ => says("done"),
            })
        });
    }
    model
}

#[tokio::test(start_paused = true)]
async fn m9_any_append_may_be_the_last_of_an_attempt() {
    for closes_after in 0..6 {
        let mut history = History::new("do it");
        let mut sink = Kept {
            closes_after: Some(closes_after),
            ..Kept::default()
        };
        let mut environment = Memory::ok();
        let ended = history.attempt(&model(), &mut environment, &mut sink).await;
        assert_eq!(ended, Err(Interrupted::Sink(SinkClosed)), "{closes_after}");

        let mut sink = Kept::default();
        let mut again = Memory::ok();
        let ended = history.attempt(&model(), &mut again, &mut sink).await;
        assert_eq!(ended, Ok(finished("done")), "{closes_after}");

        let twice: Vec<String> = again
            .called()
            .into_iter()
            .filter(|id| environment.called().contains(id))
            .collect();
        assert_eq!(
            twice,
            Vec::<String>::new(),
            "no call runs twice: {closes_after}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn m9_a_call_that_was_under_way_is_interrupted_not_repeated() {
    let mut history = History::new("do it");
    let mut sink = Kept {
        closes_after: Some(4),
        ..Kept::default()
    };
    let ended = history
        .attempt(&model(), &mut Memory::ok(), &mut sink)
        .await;
    assert!(ended.is_err());
    let mut sink = Kept::default();
    let mut environment = Memory::ok();
    history
        .attempt(&model(), &mut environment, &mut sink)
        .await
        .unwrap();
    assert_eq!(environment.called(), Vec::<String>::new());
    let interrupted = |id: &str| (id.to_owned(), ToolResult::interrupted());
    assert_eq!(sink.results(), [interrupted("b"), interrupted("c")]);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_answer_is_made_again_under_the_same_turn() {
    let mut history = History::new("do it");
    let mut sink = Kept {
        closes_after: Some(1),
        ..Kept::default()
    };
    let _ = history
        .attempt(&model(), &mut Memory::ok(), &mut sink)
        .await;
    let mut sink = Kept::default();
    history
        .attempt(&model(), &mut Memory::ok(), &mut sink)
        .await
        .unwrap();
    let first = &sink.appends[0];
    assert!(
        matches!(first[0], EventBody::TurnRestarted { turn: 1, .. }),
        "{first:?}"
    );
    assert!(
        matches!(first[1], EventBody::ModelRequested { turn: 1, .. }),
        "{first:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stored_last_answer_is_the_outcome_without_another_request() {
    let mut history = History::new("do it");
    let mut sink = Kept::default();
    history
        .attempt(&model(), &mut Memory::ok(), &mut sink)
        .await
        .unwrap();
    let (silent, mut sink) = (Scripted::new([]), Kept::default());
    let ended = history.attempt(&silent, &mut Memory::ok(), &mut sink).await;
    assert_eq!(ended, Ok(finished("done")));
    assert_eq!((silent.asked_count(), sink.appends.len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lost_environment_ends_the_attempt_and_keeps_what_was_done() {
    let mut history = History::new("do it");
    let mut environment = Memory::new(|call| match call.id.as_str() {
        "c" => Err(EnvironmentLost {
            message: "gone".to_owned(),
        }),
        _ => Ok(ToolResult::ok("fine")),
    });
    let mut sink = Kept::default();
    let ended = history.attempt(&model(), &mut environment, &mut sink).await;
    let message = "gone".to_owned();
    assert_eq!(
        ended,
        Err(Interrupted::Environment(EnvironmentLost { message }))
    );
    assert_eq!(sink.results().len(), 2, "a and b");

    let mut sink = Kept::default();
    let ended = history
        .attempt(&model(), &mut Memory::ok(), &mut sink)
        .await;
    assert_eq!(ended, Ok(finished("done")));
    let results = sink.results();
    assert_eq!(results.len(), 1);
    assert_eq!(
        (results[0].0.as_str(), results[0].1.status),
        ("c", ToolStatus::Interrupted)
    );
}

#[tokio::test(start_paused = true)]
async fn a_text_that_was_asked_to_go_on_is_whole_after_a_crash() {
    let cut = |text: &str| Answer {
        stop: StopReason::Length,
        ..says(text)
    };
    let script = || Scripted::new([Ok(cut("a ")), Ok(cut("b ")), Ok(says("c"))]);
    for closes_after in [3, 4] {
        let mut history = History::new("do it");
        let mut sink = Kept {
            closes_after: Some(closes_after),
            ..Kept::default()
        };
        let ended = history
            .attempt(&script(), &mut Memory::ok(), &mut sink)
            .await;
        assert!(ended.is_err());
        let rest = script();
        for _ in 0..history.start().spending.turns {
            rest.skip();
        }
        let mut sink = Kept::default();
        let ended = history.attempt(&rest, &mut Memory::ok(), &mut sink).await;
        assert_eq!(ended, Ok(finished("a b c")), "{closes_after}");
    }
}

#[tokio::test(start_paused = true)]
async fn spending_goes_on_where_it_was() {
    let mut history = History::new("do it");
    history.budget.turns = 2;
    let mut sink = Kept {
        closes_after: Some(4),
        ..Kept::default()
    };
    let _ = history
        .attempt(&model(), &mut Memory::ok(), &mut sink)
        .await;
    let spent = history.start().spending;
    assert_eq!(
        (spent.turns, spent.tool_calls, spent.tokens.total()),
        (2, 3, 30)
    );
    let (model, mut sink) = (model(), Kept::default());
    let outcome = history
        .attempt(&model, &mut Memory::ok(), &mut sink)
        .await
        .unwrap();
    assert_eq!(crate::support::failure(&outcome).0, "budget_exceeded");
    assert_eq!(model.asked_count(), 0);
}
