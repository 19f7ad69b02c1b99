//! Ordinary turns: what is appended when, and what the model gets to read.

use std::time::Duration;

use outwork_agent::{Message, PromptImage, Thought};
use outwork_domain::{EventBody, Image, StopReason, ToolResult};
use serde_json::json;

use crate::support::{
    History, Kept, Memory, Scripted, finished, model_id, play, says, shell, usage,
};

fn turn_of_two() -> Scripted {
    let mut first = shell("a", "ls");
    first.text = "Looking.".to_owned();
    first.thinking = vec![Thought {
        text: "hm".to_owned(),
        signature: Some("sig".to_owned()),
    }];
    Scripted::new([Ok(first), Ok(says("Done."))])
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_two_appends() {
    let mut environment = Memory::new(|_| Ok(ToolResult::ok("files")));
    let (outcome, sink) = play(&turn_of_two(), &mut environment).await;
    assert_eq!(outcome, finished("Done."));
    let requested = |turn| EventBody::ModelRequested {
        turn,
        model: model_id(),
    };
    let ended = |turn, stop| EventBody::AnswerEnded {
        turn,
        stop,
        usage: usage(10, 5),
    };
    let call = shell("a", "ls").calls.remove(0);
    assert_eq!(
        sink.appends,
        [
            vec![requested(1)],
            vec![
                EventBody::Thinking {
                    turn: 1,
                    text: "hm".to_owned(),
                    signature: Some("sig".to_owned()),
                },
                EventBody::Text {
                    turn: 1,
                    text: "Looking.".to_owned(),
                },
                EventBody::ToolCalled { turn: 1, call },
                ended(1, StopReason::ToolUse),
            ],
            vec![
                EventBody::ToolFinished {
                    call_id: "a".to_owned(),
                    result: ToolResult::ok("files"),
                    took: Duration::ZERO,
                },
                requested(2),
            ],
            vec![
                EventBody::Text {
                    turn: 2,
                    text: "Done.".to_owned(),
                },
                ended(2, StopReason::EndTurn),
            ],
        ]
    );
    let delta = |turn, text: &str| EventBody::TextDelta {
        turn,
        text: text.to_owned(),
    };
    let output = EventBody::ToolOutput {
        call_id: "a".to_owned(),
        text: "out".to_owned(),
    };
    assert_eq!(
        sink.streamed,
        [delta(1, "Looking."), output, delta(2, "Done.")]
    );
}

#[tokio::test(start_paused = true)]
async fn ten_turns_are_twenty_two_appends() {
    let steps = (0..10).map(|n| Ok(shell(&format!("c{n}"), &format!("echo {n}"))));
    let model = Scripted::new(steps.chain([Ok(says("done"))]));
    let (_, sink) = play(&model, &mut Memory::ok()).await;
    assert_eq!(sink.appends.len(), 22);
    assert_eq!(model.asked_count(), 11);
}

#[tokio::test(start_paused = true)]
async fn runs_of_one_agent_are_one_conversation() {
    let mut history = History::new("first");
    let model = turn_of_two();
    let sink = &mut Kept::default();
    history
        .attempt(&model, &mut Memory::ok(), sink)
        .await
        .unwrap();
    history.prompt(2, "second");
    let model = Scripted::new([Ok(says("Again done."))]);
    let sink = &mut Kept::default();
    history
        .attempt(&model, &mut Memory::ok(), sink)
        .await
        .unwrap();
    let asked = model.asked_last();
    let kinds: Vec<&str> = asked
        .iter()
        .map(|message| match message {
            Message::Prompt { text, .. } => text.as_str(),
            Message::Answer { text, .. } => text.as_str(),
            Message::Results(_) => "results",
            Message::Nudge(_) | Message::Summary(_) => "other",
        })
        .collect();
    assert_eq!(kinds, ["first", "Looking.", "results", "Done.", "second"]);
    let turns = sink.events().into_iter().filter_map(|event| {
        if let EventBody::ModelRequested { turn, .. } = event {
            Some(turn)
        } else {
            None
        }
    });
    assert_eq!(
        turns.collect::<Vec<_>>(),
        [1],
        "turns count anew in each run"
    );
}

#[tokio::test(start_paused = true)]
async fn images_of_prompts_reach_the_model() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0]);
    let image = Image::from_bytes(png).unwrap();
    let mut history = History::new("look");
    history.images.insert(history.run_id, vec![image.clone()]);
    let model = Scripted::new([Ok(says("seen"))]);
    let sink = &mut Kept::default();
    history
        .attempt(&model, &mut Memory::ok(), sink)
        .await
        .unwrap();
    let expected = Message::Prompt {
        text: "look".to_owned(),
        images: vec![PromptImage::encode(&image)],
    };
    assert_eq!(model.asked_last(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_arguments_gets_an_object() {
    let mut answer = shell("a", "x");
    answer.calls[0].arguments = json!("");
    let model = Scripted::new([Ok(answer), Ok(says("done"))]);
    let (_, sink) = play(&model, &mut Memory::ok()).await;
    let text = &sink.results()[0].1.text;
    assert_eq!(text, "the argument \"command\" is missing");
}
