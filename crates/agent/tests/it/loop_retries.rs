//! M1, M2, M5: a model that is busy, away, refuses, or breaks off.

use std::time::Duration;

use outwork_agent::ModelError;
use outwork_domain::EventBody;
use tokio::time::Instant;

use crate::support::{
    Kept, Memory, Scripted, broken, busy, failure, finished, play, says, shell, too_long,
};

fn waits(sink: &Kept) -> Vec<u64> {
    let wait = |event| {
        if let EventBody::ModelRetried { wait, .. } = event {
            Some(wait.as_secs())
        } else {
            None
        }
    };
    sink.events().into_iter().filter_map(wait).collect()
}

fn restarts(sink: &Kept) -> usize {
    let is_one = |event: &&EventBody| matches!(event, EventBody::TurnRestarted { .. });
    sink.events().iter().filter(is_one).count()
}

fn answers(sink: &Kept) -> usize {
    let is_one = |event: &&EventBody| matches!(event, EventBody::AnswerEnded { .. });
    sink.events().iter().filter(is_one).count()
}

#[tokio::test(start_paused = true)]
async fn m1_a_busy_model_is_asked_again_with_growing_waits() {
    let storm = (0..8).map(|_| Err(busy("HTTP 529")));
    let model = Scripted::new(storm.chain([Ok(says("done"))]));
    let (outcome, sink) = play(&model, &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!(waits(&sink), [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(answers(&sink), 1, "a retry is no turn");
}

#[tokio::test(start_paused = true)]
async fn m1_retry_after_is_obeyed() {
    let asked = ModelError::Busy {
        reason: "HTTP 429".to_owned(),
        retry_after: Some(Duration::from_secs(300)),
    };
    let model = Scripted::new([Err(asked), Ok(says("done"))]);
    let began = Instant::now();
    let (outcome, sink) = play(&model, &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!(waits(&sink), [300]);
    assert_eq!(began.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn m1_patience_ends_after_thirty_minutes() {
    let model = Scripted::new((0..100).map(|_| Err(busy("HTTP 503"))));
    let began = Instant::now();
    let (outcome, sink) = play(&model, &mut Memory::ok()).await;
    let (cause, message) = failure(&outcome);
    assert_eq!(cause, "model_unavailable");
    assert_eq!(message, "the model did not answer for 30 minutes: HTTP 503");
    assert_eq!(began.elapsed().as_secs(), 30 * 60);
    // After waits of 1, 2, 4, 8, 16, 32 seconds, 28 minutes, and what was left of the last one.
    assert_eq!(model.asked_count(), 1 + 6 + 28 + 1);
    assert_eq!(sink.limits(), ["30 minutes of patience with the model"]);
    assert_eq!(answers(&sink), 0);
}

#[tokio::test(start_paused = true)]
async fn m1_a_wait_beyond_patience_is_not_waited_for() {
    let asked = ModelError::Busy {
        reason: "come back tomorrow".to_owned(),
        retry_after: Some(Duration::from_secs(86_400)),
    };
    let began = Instant::now();
    let (outcome, _) = play(&Scripted::new([Err(asked)]), &mut Memory::ok()).await;
    assert_eq!(failure(&outcome).0, "model_unavailable");
    assert_eq!(began.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn m2_what_is_final_is_asked_once() {
    let auth = ModelError::Auth {
        reason: "HTTP 401: no".to_owned(),
    };
    let rejected = ModelError::Rejected {
        reason: "HTTP 404: no such model".to_owned(),
    };
    for (error, cause) in [(auth, "model_auth"), (rejected, "model_rejected")] {
        let model = Scripted::new([Err(error)]);
        let (outcome, _) = play(&model, &mut Memory::ok()).await;
        assert_eq!(failure(&outcome).0, cause);
        assert_eq!(model.asked_count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn m5_five_broken_streams_are_forgiven_the_sixth_is_not() {
    let storm = |count| (0..count).map(|_| Err(broken()));
    let model = Scripted::new(storm(5).chain([Ok(says("done"))]));
    let (outcome, sink) = play(&model, &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
    assert_eq!((restarts(&sink), waits(&sink).len()), (5, 0));

    let model = Scripted::new(storm(6));
    let (outcome, sink) = play(&model, &mut Memory::ok()).await;
    assert_eq!(failure(&outcome).0, "model_unavailable");
    assert_eq!(restarts(&sink), 6);
    assert_eq!(sink.limits(), ["5 broken streams in one turn"]);
}

#[tokio::test(start_paused = true)]
async fn m5_the_same_request_goes_out_again() {
    let model = Scripted::new([
        Ok(shell("a", "ls")),
        Err(broken()),
        Err(broken()),
        Ok(says("done")),
    ]);
    let mut environment = Memory::ok();
    play(&model, &mut environment).await;
    let asked = model.asked.lock().unwrap().clone();
    assert_eq!(asked[1], asked[2]);
    assert_eq!(asked[2], asked[3]);
    assert_eq!(environment.called(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn each_turn_has_patience_of_its_own() {
    let storm = || (0..5).map(|_| Err(broken()));
    let steps = storm()
        .chain([Ok(shell("a", "ls"))])
        .chain(storm())
        .chain([Ok(says("done"))]);
    let (outcome, _) = play(&Scripted::new(steps), &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
}

#[tokio::test(start_paused = true)]
async fn a_length_error_for_nothing_but_the_prompt_ends_the_run() {
    let model = Scripted::new((0..9).map(|_| Err(too_long())));
    let (outcome, _) = play(&model, &mut Memory::ok()).await;
    assert_eq!(failure(&outcome).0, "context_exhausted");
    assert!(model.asked_count() <= 4, "{}", model.asked_count());
}
