//! What streams read: pages of bearable size, the marks of a run's way, the call of a result.

use std::time::Duration;

use outwork_domain::run_state::RunEvent;
use outwork_domain::{
    AgentId, EventBody, Fence, Seq, StopReason, TokenUsage, ToolCall, ToolResult,
};
use outwork_store::{Guard, Transition, events};

use crate::support::{World, commit, note, on_both};

async fn page(world: &World, id: AgentId, after: u64, limit: u32, chars: u32) -> Vec<(u64, usize)> {
    let reader = &mut world.read().await;
    let rows = events::list_some(reader, id, Seq(after), limit, chars).await;
    let rows = rows.unwrap().into_iter();
    rows.map(|(event, bytes)| (event.seq.0, bytes)).collect()
}

fn called(n: usize) -> EventBody {
    let call = ToolCall {
        id: format!("call_{n}"),
        name: "shell".into(),
        arguments: serde_json::json!({"command": format!("echo {n}")}),
    };
    EventBody::ToolCalled { turn: 1, call }
}

fn finished(n: usize) -> EventBody {
    EventBody::ToolFinished {
        call_id: format!("call_{n}"),
        result: ToolResult::ok("x"),
        took: Duration::ZERO,
    }
}

fn answered(input: u64) -> EventBody {
    let usage = TokenUsage {
        input,
        output: 1,
        ..TokenUsage::default()
    };
    EventBody::AnswerEnded {
        turn: 1,
        stop: StopReason::EndTurn,
        usage,
    }
}

async fn found_call(world: &World, fence: &Fence, n: usize, before: u64) -> Option<ToolCall> {
    let reader = &mut world.read().await;
    let id = format!("call_{n}");
    let before = Seq(before);
    let found = events::call(reader, fence.agent_id, fence.run_id, &id, before).await;
    found.unwrap()
}

on_both! {
    async fn a_page_stays_within_both_limits_and_has_one_at_least(world: &World) {
        let claim = world.claimed().await;
        let start = world.events(claim.agent.id).await.len() as u64;
        let texts = ["a".repeat(100), "b".repeat(5_000), "c".to_owned(), "d".to_owned()];
        world.append(&claim.fence, texts.iter().map(|text| note(text)).collect()).await.unwrap();
        let id = claim.agent.id;
        let seqs = async |after, limit, chars| {
            let page = page(world, id, after, limit, chars).await;
            page.into_iter().map(|(seq, _)| seq - start).collect::<Vec<_>>()
        };
        assert_eq!(seqs(start, 10, 100_000).await, [1, 2, 3, 4]);
        assert_eq!(seqs(start, 2, 100_000).await, [1, 2]);
        assert_eq!(seqs(start, 10, 1).await, [1]);
        assert_eq!(seqs(start, 10, 1_000).await, [1, 2]);
        assert_eq!(seqs(start + 1, 10, 1_000).await, [2]);
        assert_eq!(seqs(start + 2, 10, 1_000).await, [3, 4]);
        assert_eq!(seqs(start + 4, 10, 1_000).await, [] as [u64; 0]);
        let weights: Vec<_> = page(world, id, start, 2, 100_000).await;
        assert!(weights[0].1 >= 100 && weights[0].1 < 200 && weights[1].1 >= 5_000, "{weights:?}");
    }

    async fn a_runs_first_event_and_any_event_by_its_place(world: &World) {
        let claim = world.claimed().await;
        let id = claim.agent.id;
        let waiting = world.follow_up(id, 5).await;
        let reader = &mut world.read().await;
        assert_eq!(events::first(reader, id, claim.run.id).await.unwrap(), Some(Seq(1)));
        assert_eq!(events::first(reader, id, waiting.id).await.unwrap(), None);
        let third = world.append(&claim.fence, vec![note("a")]).await.unwrap();
        let found = events::at(reader, id, Seq(third)).await.unwrap().unwrap();
        assert_eq!((found.run_id, found.body), (claim.run.id, note("a")));
        assert_eq!(events::at(reader, id, Seq(third + 1)).await.unwrap(), None);
        assert_eq!(events::last(reader, id).await.unwrap(), Seq(third));
        // A run that ends in the queue begins with its end.
        let attempt = waiting.attempt;
        let guard = Guard::Run { run_id: waiting.id, attempt };
        world.apply(guard, Transition::of(RunEvent::CancelRequested)).await.unwrap();
        let first = events::first(reader, id, waiting.id).await.unwrap();
        assert_eq!(first, Some(Seq(third + 1)));
    }

    async fn the_steps_between_two_places_are_read_together(world: &World) {
        let claim = world.claimed().await;
        let text = |text: &str| EventBody::Text { turn: 1, text: text.to_owned() };
        let bodies = vec![text("a"), note("b"), text("c"), text("d")];
        let last = world.append(&claim.fence, bodies).await.unwrap();
        let reader = &mut world.read().await;
        let steps = events::steps(reader, claim.agent.id, Seq(last - 3)..=Seq(last - 1)).await;
        let steps: Vec<_> = steps.unwrap().into_iter().map(|event| event.body).collect();
        assert_eq!(steps, [text("a"), text("c")]);
    }

    async fn a_call_is_found_however_far_back_it_is(world: &World) {
        let claim = world.claimed().await;
        let fence = claim.fence;
        let mut last = 0;
        for n in 0..150 {
            last = world.append(&fence, vec![called(n), note("x"), finished(n)]).await.unwrap();
        }
        for n in [0, 1, 70, 149] {
            let call = found_call(world, &fence, n, last).await;
            assert_eq!(call.unwrap().id, format!("call_{n}"));
        }
        assert_eq!(found_call(world, &fence, 150, last).await, None);
        // Only what stands before.
        assert_eq!(found_call(world, &fence, 149, last - 2).await, None);
        let other = world.claimed().await;
        assert_eq!(found_call(world, &other.fence, 1, last).await, None);
    }

    async fn what_a_run_cost_stands_before_its_end(world: &World) {
        let claim = world.claimed().await;
        let id = claim.agent.id;
        world.append(&claim.fence, vec![answered(10), note("x"), answered(7)]).await.unwrap();
        world.succeed(&claim.fence, "Done.").await;
        let all = world.events(id).await;
        let spent = |input, output| {
            let usage = TokenUsage { input, output, ..TokenUsage::default() };
            EventBody::Spent { usage }
        };
        assert_eq!(all[all.len() - 2], spent(17, 2));
        // The next run counts for itself.
        world.follow_up(id, 5).await;
        let next = world.claim(1).await.remove(0);
        world.append(&next.fence, vec![answered(1)]).await.unwrap();
        world.succeed(&next.fence, "Done.").await;
        let all = world.events(id).await;
        assert_eq!(all[all.len() - 2], spent(1, 1));
    }

    async fn pushes_and_pull_requests_up_to_a_place(world: &World) {
        let claim = world.claimed().await;
        let pushed = EventBody::Pushed {
            repository: "https://example.com/o/r".parse().unwrap(),
            branch: "outwork/x".parse().unwrap(),
            commit: commit('b'),
        };
        let last = world.append(&claim.fence, vec![note("a"), pushed.clone(), note("b")]).await.unwrap();
        let reader = &mut world.read().await;
        let until = async |reader: &mut _, seq| {
            let found = events::endings(reader, claim.agent.id, Seq(seq)).await.unwrap();
            found.into_iter().map(|event| event.body).collect::<Vec<_>>()
        };
        assert_eq!(until(reader, last).await, [pushed]);
        assert_eq!(until(reader, last - 2).await, []);
    }
}
