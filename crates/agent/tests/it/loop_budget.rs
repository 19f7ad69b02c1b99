//! C1, M16: budgets are checked before each call, also where a provider does not count.

use std::time::Duration;

use outwork_agent::{Answer, Outcome};
use outwork_domain::{Budget, EventBody, ToolResult, ToolStatus};
use serde_json::{Value, json};

use crate::support::{
    History, Kept, Memory, Scripted, calls, failure, finished, says, shell, usage,
};

async fn run(budget: Budget, model: &Scripted, environment: &mut Memory) -> (Outcome, Kept) {
    let mut history = History::new("do it");
    history.budget = budget;
    let mut sink = Kept::default();
    let outcome = history.attempt(model, environment, &mut sink).await;
    (outcome.unwrap(), sink)
}

fn three_turns() -> Scripted {
    Scripted::new([Ok(shell("a", "1")), Ok(shell("b", "2")), Ok(says("done"))])
}

#[tokio::test(start_paused = true)]
async fn c1_turns() {
    let budget = |turns| Budget {
        turns,
        ..Budget::default()
    };
    let (outcome, _) = run(budget(3), &three_turns(), &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
    let model = three_turns();
    let (outcome, sink) = run(budget(2), &model, &mut Memory::ok()).await;
    assert_eq!(
        failure(&outcome),
        ("budget_exceeded", "the run has used up its budget: 2 turns")
    );
    assert_eq!(model.asked_count(), 2);
    assert_eq!(sink.limits(), ["budget: 2 turns"]);
    assert_eq!(sink.results().len(), 2, "the last results are kept");
}

#[tokio::test(start_paused = true)]
async fn c1_tool_calls() {
    let budget = |tool_calls| Budget {
        tool_calls,
        ..Budget::default()
    };
    let ids = ["a", "b", "c"];
    let three: Vec<(&str, &str, Value)> = ids
        .iter()
        .map(|id| (*id, "shell", json!({"command": id})))
        .collect();
    for (most, called) in [(1, 1), (2, 2)] {
        let mut environment = Memory::ok();
        let model = Scripted::new([Ok(calls(&three))]);
        let (outcome, sink) = run(budget(most), &model, &mut environment).await;
        assert_eq!(failure(&outcome).0, "budget_exceeded");
        assert_eq!(environment.called(), ids[..called]);
        assert_eq!(sink.results().len(), called);
    }
    let model = Scripted::new([Ok(calls(&three)), Ok(says("done"))]);
    let (outcome, _) = run(budget(4), &model, &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
}

#[tokio::test(start_paused = true)]
async fn c1_tokens() {
    let budget = |tokens| Budget {
        tokens,
        ..Budget::default()
    };
    // Each answer costs 15.
    let model = three_turns();
    let (outcome, _) = run(budget(30), &model, &mut Memory::ok()).await;
    assert_eq!(failure(&outcome).0, "budget_exceeded");
    assert_eq!(model.asked_count(), 2);
    let (outcome, _) = run(budget(31), &three_turns(), &mut Memory::ok()).await;
    assert_eq!(outcome, finished("done"));
}

#[tokio::test(start_paused = true)]
async fn c1_wall_time_counts_earlier_attempts_too() {
    let mut history = History::new("do it");
    history.budget.wall = Duration::from_secs(100);
    let mut start = history.start();
    start.spending.wall = Duration::from_secs(100);
    let (model, mut sink) = (three_turns(), Kept::default());
    let mut environment = Memory::ok();
    let ended = outwork_agent::run_loop(&model, &mut environment, &mut sink, start);
    let outcome = ended.await.unwrap();
    assert_eq!(
        failure(&outcome).1,
        "the run has used up its budget: 100 seconds of wall time"
    );
    assert_eq!(model.asked_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn c1_waiting_for_a_busy_model_is_wall_time() {
    let budget = Budget {
        wall: Duration::from_secs(10),
        ..Budget::default()
    };
    let model = Scripted::new((0..50).map(|_| Err(crate::support::busy("no"))));
    let (outcome, _) = run(budget, &model, &mut Memory::ok()).await;
    assert_eq!(failure(&outcome).0, "budget_exceeded");
    assert_eq!(model.asked_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn m16_missing_zero_and_absurd_usage_is_estimated() {
    for figures in [None, Some(usage(0, 0)), Some(usage(u64::MAX, 7))] {
        let uncounted = |mut answer: Answer| {
            answer.usage = figures;
            Ok(answer)
        };
        let steps = [uncounted(shell("a", "ls")), uncounted(says("done"))];
        let mut environment = Memory::new(|_| Ok(ToolResult::ok("x".repeat(40_000))));
        let budget = Budget::default();
        let (outcome, sink) = run(budget, &Scripted::new(steps), &mut environment).await;
        assert_eq!(outcome, finished("done"));
        let notes = sink.events().into_iter().filter_map(|event| {
            if let EventBody::Note { text } = event {
                Some(text)
            } else {
                None
            }
        });
        assert_eq!(
            notes.collect::<Vec<_>>(),
            ["the provider gives no usable token counts; they are estimated"]
        );
        let inputs: Vec<u64> = sink
            .events()
            .into_iter()
            .filter_map(|event| {
                if let EventBody::AnswerEnded { usage, .. } = event {
                    Some(usage.input)
                } else {
                    None
                }
            })
            .collect();
        assert!(inputs[1] - inputs[0] > 9_900, "{inputs:?}");
        let steps = [uncounted(shell("a", "ls")), uncounted(shell("b", "ls"))];
        let budget = Budget {
            tokens: 5_000,
            ..Budget::default()
        };
        let (outcome, _) = run(budget, &Scripted::new(steps), &mut environment).await;
        assert_eq!(failure(&outcome).0, "budget_exceeded");
    }
}

#[tokio::test(start_paused = true)]
async fn a_follow_up_repairs_what_a_used_up_budget_left_open() {
    let two = calls(&[
        ("a", "shell", json!({"command": "1"})),
        ("b", "shell", json!({"command": "2"})),
    ]);
    let mut history = History::new("do it");
    history.budget.tool_calls = 1;
    let sink = &mut Kept::default();
    let model = Scripted::new([Ok(two)]);
    history
        .attempt(&model, &mut Memory::ok(), sink)
        .await
        .unwrap();
    history.budget = Budget::default();
    history.prompt(2, "go on");
    let model = Scripted::new([Ok(says("done"))]);
    let sink = &mut Kept::default();
    history
        .attempt(&model, &mut Memory::ok(), sink)
        .await
        .unwrap();
    let asked = model.asked_last();
    let outwork_agent::Message::Results(results) = &asked[2] else {
        panic!("no results: {asked:?}");
    };
    let statuses: Vec<_> = results.iter().map(|one| one.result.status).collect();
    assert_eq!(statuses, [ToolStatus::Ok, ToolStatus::Interrupted]);
}
