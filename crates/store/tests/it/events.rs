//! Events: all kinds read back, numbers have no gap, the lists.

use std::time::Duration;

use outwork_domain::run_state::RunState;
use outwork_domain::{
    AgentId, Cause, Event, EventBody, Extent, MatchedFile, NetworkVerdict, PullRequestNumber,
    RunId, Seq, StopReason, TokenUsage, ToolCall, ToolFacts, ToolResult, ToolStatus,
};
use outwork_store::events::MilestoneKind;
use outwork_store::{Error, events};
use uuid::Uuid;

use crate::support::{World, at, commit, note, on_both, repository};

/// What a model may write.
fn odd() -> String {
    "a\0b \u{2028} \"ünïcödé\" \\".to_owned()
}

/// One of each kind.
fn every_kind() -> Vec<EventBody> {
    [of_the_model(), of_the_tools(), of_the_work(), of_the_run()].concat()
}

fn of_the_model() -> Vec<EventBody> {
    let text = odd;
    let mut bodies = vec![
        EventBody::ModelRequested {
            turn: 1,
            model: "fast".parse().unwrap(),
        },
        EventBody::ModelRetried {
            turn: 1,
            reason: text(),
            wait: Duration::from_millis(1_234),
        },
        EventBody::TurnRestarted {
            turn: 2,
            reason: text(),
        },
        EventBody::TextDelta {
            turn: 2,
            text: text(),
        },
        EventBody::ThinkingDelta {
            turn: 2,
            text: text(),
        },
        EventBody::ThinkingEnded {
            turn: 2,
            took: Duration::from_millis(77),
        },
        EventBody::Thinking {
            turn: 2,
            text: text(),
            signature: Some(text()),
        },
        EventBody::Thinking {
            turn: 2,
            text: text(),
            signature: None,
        },
        EventBody::Text {
            turn: 2,
            text: String::new(),
        },
        EventBody::Nudged {
            turn: 3,
            text: text(),
        },
        EventBody::LimitReached {
            limit: "turns".into(),
        },
    ];
    for stop in [
        StopReason::EndTurn,
        StopReason::ToolUse,
        StopReason::Length,
        StopReason::Refusal,
    ] {
        let usage = TokenUsage {
            input: 1,
            output: 2,
            cache_read: 3,
            cache_write: 1 << 53,
        };
        bodies.push(EventBody::AnswerEnded {
            turn: 2,
            stop,
            usage,
        });
    }
    bodies
}

fn of_the_tools() -> Vec<EventBody> {
    let call = ToolCall {
        id: "call_1".into(),
        name: "no such tool".into(),
        arguments: serde_json::json!({"a": [1, 2.5, null, "\0"], "b": {"c": -1}}),
    };
    let mut bodies = vec![
        EventBody::ToolCalled {
            turn: u32::MAX,
            call,
        },
        EventBody::ToolOutput {
            call_id: "call_1".into(),
            text: odd(),
        },
    ];
    for status in [ToolStatus::Ok, ToolStatus::Error, ToolStatus::Interrupted] {
        let result = ToolResult {
            status,
            text: odd(),
            exit_status: Some(-1),
            facts: None,
        };
        let took = Duration::from_millis(9);
        bodies.push(EventBody::ToolFinished {
            call_id: "call_1".into(),
            result,
            took,
        });
    }
    bodies.extend(
        every_fact()
            .into_iter()
            .map(|facts| EventBody::ToolFinished {
                call_id: "call_1".into(),
                result: ToolResult {
                    facts: Some(facts),
                    ..ToolResult::ok(odd())
                },
                took: Duration::ZERO,
            }),
    );
    bodies
}

fn every_fact() -> Vec<ToolFacts> {
    let (line_count, byte_count) = (1 << 40, 0);
    vec![
        ToolFacts::Command { signal: None },
        ToolFacts::Command { signal: Some(9) },
        ToolFacts::Read {
            line_count,
            byte_count,
        },
        ToolFacts::Wrote {
            line_count,
            byte_count,
        },
        ToolFacts::Edited {
            lines_added: 1,
            lines_removed: 0,
        },
        ToolFacts::Found {
            files: vec![odd(), String::new()],
            extent: Extent::Whole,
        },
        ToolFacts::Matched {
            files: vec![MatchedFile {
                path: odd(),
                lines: vec![1, 1 << 40],
            }],
            extent: Extent::Cut,
        },
    ]
}

fn of_the_work() -> Vec<EventBody> {
    vec![
        EventBody::WorkspacePrepared {
            repository: repository("tools"),
            base: commit('a'),
            branch: "outwork/x".parse().unwrap(),
        },
        EventBody::Committed {
            repository: repository("tools"),
            commit: commit('b'),
            subject: odd(),
            file_count: 3,
            insertions: u64::from(u32::MAX) + 1,
            deletions: 0,
        },
        EventBody::NothingToPublish {
            repository: repository("tools"),
        },
        EventBody::Pushed {
            repository: repository("tools"),
            branch: "outwork/x".parse().unwrap(),
            commit: commit('b'),
        },
        EventBody::PullRequestOpened {
            repository: repository("tools"),
            number: PullRequestNumber(7),
            url: odd(),
        },
        note("a note"),
    ]
}

fn network(verdict: NetworkVerdict) -> EventBody {
    EventBody::NetworkUsed {
        host: odd(),
        verdict,
        count: u64::MAX,
        sent_bytes: u64::MAX,
        received_bytes: 0,
    }
}

fn of_the_run() -> Vec<EventBody> {
    let usage = TokenUsage {
        cache_write: 4,
        ..TokenUsage::default()
    };
    let mut bodies = vec![
        EventBody::Prompt {
            text: odd(),
            image_count: 5,
            approves: Some(RunId::new(Uuid::from_u128(7))),
        },
        EventBody::Prompt {
            text: odd(),
            image_count: 0,
            approves: None,
        },
        EventBody::Spent { usage },
        network(NetworkVerdict::Allowed),
        network(NetworkVerdict::Refused(odd())),
        network(NetworkVerdict::Failed(odd())),
    ];
    for to in RunState::ALL {
        bodies.push(EventBody::StateChanged {
            to,
            cause: None,
            message: Some(odd()),
        });
    }
    for cause in Cause::ALL {
        let (to, cause) = (RunState::Failed, Some(*cause));
        bodies.push(EventBody::StateChanged {
            to,
            cause,
            message: None,
        });
    }
    bodies
}

async fn all(world: &World, id: AgentId) -> Vec<Event> {
    events::list(&mut world.read().await, id, Seq(0), 10_000)
        .await
        .unwrap()
}

fn milestone(body: &EventBody) -> Option<MilestoneKind> {
    if let EventBody::StateChanged { to, .. } = body {
        return to.is_final().then_some(MilestoneKind::Ended(*to));
    }
    let is = |kind, matches: bool| matches.then_some(kind);
    is(
        MilestoneKind::Prompted,
        matches!(body, EventBody::Prompt { .. }),
    )
    .or(is(
        MilestoneKind::Said,
        matches!(body, EventBody::Text { .. }),
    ))
    .or(is(
        MilestoneKind::ToolFinished,
        matches!(body, EventBody::ToolFinished { .. }),
    ))
}

on_both! {
    async fn every_kind_reads_back(world: &World) {
        let claim = world.claimed().await;
        let bodies = every_kind();
        let last = world.append(&claim.fence, bodies.clone()).await.unwrap();
        let written = all(world, claim.agent.id).await;
        // The claim wrote two before.
        assert_eq!(last, u64::try_from(bodies.len()).unwrap() + 2);
        let expected: Vec<Event> = (3..)
            .zip(bodies)
            .map(|(seq, body)| Event {
                seq: Seq(seq),
                run_id: claim.run.id,
                attempt: claim.fence.attempt,
                at: at(7_000),
                body,
            })
            .collect();
        assert_eq!(written[2..], expected);
    }

    async fn numbers_have_no_gap_under_concurrent_appends(world: &World) {
        let claim = world.claimed().await;
        let fenced = (1..=40).map(|count| {
            let bodies = vec![note("fenced"); count % 20 + 1];
            async { world.append(&claim.fence, bodies).await.map(drop) }
        });
        let single = (1..=20)
            .map(|_| async { world.append(&claim.fence, vec![note("single")]).await.map(drop) });
        // Failed ones must not use up numbers.
        let stale = (1..=20).map(|_| async {
            let fence = outwork_domain::Fence { attempt: outwork_domain::Attempt(9), ..claim.fence };
            match world.append(&fence, vec![note("stale")]).await {
                Err(Error::Stale) => Ok(()),
                other => panic!("{other:?}"),
            }
        });
        let (a, b, c) = tokio::join!(
            futures::future::join_all(fenced),
            futures::future::join_all(single),
            futures::future::join_all(stale),
        );
        for result in [a, b, c].concat_results() {
            result.unwrap();
        }
        let written = all(world, claim.agent.id).await;
        let numbers: Vec<u64> = written.iter().map(|event| event.seq.0).collect();
        assert_eq!(numbers, Vec::from_iter(1..=u64::try_from(written.len()).unwrap()));
        assert_eq!(written.iter().filter(|event| event.body == note("stale")).count(), 0);
        assert_eq!(written.iter().filter(|event| event.body == note("single")).count(), 20);
    }

    async fn pages_follow_each_other(world: &World) {
        let claim = world.claimed().await;
        world.append(&claim.fence, vec![note("x"); 100]).await.unwrap();
        let whole = all(world, claim.agent.id).await;
        assert_eq!(whole.len(), 102);
        let mut pieces = Vec::new();
        loop {
            let after = pieces.last().map_or(Seq(0), |event: &Event| event.seq);
            let reader = &mut world.read().await;
            let page = events::list(reader, claim.agent.id, after, 17).await.unwrap();
            if page.is_empty() {
                break;
            }
            pieces.extend(page);
        }
        assert_eq!(pieces, whole);
        let far = events::list(&mut world.read().await, claim.agent.id, Seq(u64::MAX), 17).await;
        assert_eq!(far.unwrap(), []);
    }

    async fn lists_leave_out_what_they_say(world: &World) {
        let claim = world.claimed().await;
        let id = claim.agent.id;
        world.append(&claim.fence, every_kind()).await.unwrap();
        world.succeed(&claim.fence, "").await;
        world.follow_up(id, 9).await;
        let second = world.claim(1).await.remove(0);
        world.append(&second.fence, every_kind()).await.unwrap();

        let whole = all(world, id).await;
        let reader = &mut world.read().await;
        let lasting: Vec<Event> = whole
            .iter()
            .filter(|event| !matches!(
                event.body,
                EventBody::TextDelta { .. }
                    | EventBody::ThinkingDelta { .. }
                    | EventBody::ToolOutput { .. }
            ))
            .cloned()
            .collect();
        assert_eq!(lasting.len(), whole.len() - 6);
        assert_eq!(events::list_without_deltas(reader, id).await.unwrap(), lasting);
        let said: Vec<Event> = whole
            .iter()
            .filter(|event| {
                matches!(event.body, EventBody::Prompt { .. } | EventBody::Text { .. })
            })
            .cloned()
            .collect();
        assert_eq!(said.len(), 8);
        assert_eq!(events::conversation(reader, id).await.unwrap(), said);
    }

    async fn milestones_are_the_marks_of_what_is_told(world: &World) {
        let claim = world.claimed().await;
        let id = claim.agent.id;
        world.append(&claim.fence, every_kind()).await.unwrap();
        let reader = &mut world.read().await;
        let whole = events::list_without_deltas(reader, id).await.unwrap();
        let expected: Vec<(Seq, MilestoneKind)> = whole
            .iter()
            .filter_map(|event| Some((event.seq, milestone(&event.body)?)))
            .collect();
        assert!(expected.len() > 5, "{expected:?}");
        let found = async |reader: &mut _, after| {
            let found = events::milestones(reader, id, after).await.unwrap();
            assert!(found.iter().all(|one| one.run_id == claim.run.id));
            found.iter().map(|one| (one.seq, one.kind)).collect::<Vec<_>>()
        };
        assert_eq!(found(reader, Seq(0)).await, expected);
        assert_eq!(found(reader, expected[2].0).await, expected[3..]);
    }

    async fn an_append_of_nothing_only_checks_the_fence(world: &World) {
        let claim = world.claimed().await;
        assert_eq!(world.append(&claim.fence, vec![]).await.unwrap(), 2);
        assert_eq!(all(world, claim.agent.id).await.len(), 2);
    }
}

trait ConcatResults {
    fn concat_results(self) -> Vec<Result<(), Error>>;
}

impl ConcatResults for [Vec<Result<(), Error>>; 3] {
    fn concat_results(self) -> Vec<Result<(), Error>> {
        self.into_iter().flatten().collect()
    }
}
