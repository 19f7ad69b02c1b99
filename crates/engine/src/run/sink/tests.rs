//! What a run with secrets writes shows none of them, whatever it writes and however it comes in pieces.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Mutex as Lock;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_agent::Sink as _;
use outwork_domain::{
    Agent, AgentId, Artifact, ArtifactPath, CloudEnvironment, Event, Guidance, Image, Run, RunId,
    ToolCall, ToolResult,
};
use outwork_store::{Bases, ChangeSet, Claim, Error, RepositoryChange, Standing};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ledger::Step;
use crate::run::redaction::RedactingLedger;
use crate::run_variables::{RunVariables, VariablesError};

const VALUE: &str = "hunter2/Zebra+QUEEN";

/// Keeps what it is told to write, and knows nothing else.
#[derive(Default)]
struct Written(Lock<Vec<EventBody>>);

#[async_trait]
impl Ledger for Written {
    async fn append(&self, _: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        self.0.lock().unwrap().extend(bodies);
        Ok(())
    }

    async fn append_deltas(&self, _: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        self.0.lock().unwrap().extend(bodies);
        Ok(())
    }

    async fn append_with(
        &self,
        _: &Fence,
        bodies: Vec<EventBody>,
        _: RepositoryChange,
    ) -> Result<(), Error> {
        self.0.lock().unwrap().extend(bodies);
        Ok(())
    }

    async fn append_push(
        &self,
        _: &Fence,
        bodies: Vec<EventBody>,
        _: RepositoryChange,
        _: ChangeSet,
    ) -> Result<(), Error> {
        self.0.lock().unwrap().extend(bodies);
        Ok(())
    }

    async fn claim(&self, _: u32) -> Result<Vec<Claim>, Error> {
        Err(Error::Closed)
    }

    async fn heartbeat(&self, _: &[Fence]) -> Result<Vec<(Fence, Standing)>, Error> {
        Err(Error::Closed)
    }

    async fn apply(&self, _: &Fence, _: Step) -> Result<Run, Error> {
        Err(Error::Closed)
    }

    async fn history(&self, _: AgentId) -> Result<Vec<Event>, Error> {
        Err(Error::Closed)
    }

    async fn images(&self, _: RunId) -> Result<Vec<Image>, Error> {
        Err(Error::Closed)
    }

    async fn first_bases(&self, _: AgentId) -> Result<Bases, Error> {
        Err(Error::Closed)
    }

    async fn user_email(&self, _: &Agent) -> Result<Option<String>, Error> {
        Err(Error::Closed)
    }

    async fn plans(&self, _: AgentId) -> Result<HashSet<RunId>, Error> {
        Err(Error::Closed)
    }

    async fn lease_workspace(
        &self,
        _: AgentId,
        _: Option<Range<u32>>,
    ) -> Result<Option<u32>, Error> {
        Err(Error::Closed)
    }

    async fn stalled_attempts(&self, _: RunId) -> Result<u32, Error> {
        Err(Error::Closed)
    }

    async fn variables(&self, _: &Agent, _: RunId) -> Result<RunVariables, VariablesError> {
        Err(Error::Closed.into())
    }

    async fn guidance(&self, _: AgentId) -> Result<Guidance, Error> {
        Err(Error::Closed)
    }

    async fn environment(&self, _: &Agent) -> Result<Option<CloudEnvironment>, Error> {
        Err(Error::Closed)
    }

    async fn find_artifact(
        &self,
        _: AgentId,
        _: &ArtifactPath,
    ) -> Result<Option<(Artifact, String)>, Error> {
        Err(Error::Closed)
    }

    async fn put_artifact(
        &self,
        _: &Fence,
        _: Artifact,
        _: String,
    ) -> Result<Option<String>, Error> {
        Err(Error::Closed)
    }
}

/// The value as somebody may write it.
fn forms() -> Vec<String> {
    vec![
        VALUE.to_owned(),
        STANDARD.encode(VALUE),
        hex::encode(VALUE),
        "hunter2%2FZebra%2BQUEEN".to_owned(),
    ]
}

/// A text in which forms of the value stand between other letters, some of which begin like one.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zü \n]{0,8}",
        prop::sample::select(forms()),
        prop::sample::select(vec!["hunter2/", "hunter2/Zebra+QUEE", "6875"]).prop_map(String::from),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn pieces(text: &str, size: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(size)
        .map(|some| some.iter().collect())
        .collect()
}

fn streamed(kind: usize, text: String) -> EventBody {
    match kind {
        0 => EventBody::TextDelta { turn: 1, text },
        1 => EventBody::ThinkingDelta { turn: 1, text },
        _ => EventBody::ToolOutput {
            call_id: format!("call-{kind}"),
            text,
        },
    }
}

/// Everything that was written, each stream put together, and the rows as they are.
fn shown(written: &[EventBody]) -> Vec<String> {
    let mut streams: HashMap<String, String> = HashMap::new();
    for body in written {
        let mut key = body.clone();
        if let Some(text) = piece_text(&mut key) {
            let text = std::mem::take(text);
            streams
                .entry(format!("{key:?}"))
                .or_default()
                .push_str(&text);
        }
    }
    let rows = written.iter().map(|body| format!("{body:?}"));
    streams.into_values().chain(rows).collect()
}

fn fence() -> Fence {
    Fence {
        agent_id: AgentId::new(Uuid::nil()),
        run_id: RunId::new(Uuid::nil()),
        attempt: outwork_domain::Attempt(1),
    }
}

fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

proptest! {
    #[test]
    fn no_stream_shows_a_secret_however_its_pieces_are_cut_and_mixed(
        texts in prop::collection::vec(text(), 4),
        sizes in prop::collection::vec(1_usize..9, 4),
        order in prop::collection::vec(0_usize..4, 0..200),
        pause_each in 1_usize..20,
    ) {
        let redactor = Redactor::new([("TOKEN", VALUE)]).unwrap();
        let mut waiting: Vec<_> = texts
            .iter()
            .zip(&sizes)
            .map(|(text, size)| pieces(text, *size).into_iter())
            .collect();
        let ledger = Arc::new(Written::default());
        in_runtime(async {
            let mut sink = LedgerSink::new(ledger.clone(), fence(), redactor.clone());
            let rest = (0..4).flat_map(|kind| std::iter::repeat_n(kind, 1_000));
            for (count, kind) in order.iter().copied().chain(rest).enumerate() {
                if let Some(piece) = waiting[kind].next() {
                    sink.stream(streamed(kind, piece));
                }
                if count % pause_each == 0 {
                    // The collector writes what there is.
                    tokio::time::sleep(DELTA_WAIT * 2).await;
                }
            }
            let end = EventBody::Note { text: "end".to_owned() };
            sink.append(vec![end]).await.map_err(|_| ()).unwrap();
        });
        let written = ledger.0.lock().unwrap().clone();
        let shown = shown(&written);
        for form in forms() {
            prop_assert!(shown.iter().all(|text| !text.contains(&form)), "{form} in {shown:?}");
        }
        // Nothing else is lost: text and thinking are the redacted whole.
        for (text, kind) in texts.iter().zip(0..2) {
            let of_kind: String = written
                .iter()
                .filter(|body| std::mem::discriminant(*body) == std::mem::discriminant(&streamed(kind, String::new())))
                .filter_map(|body| piece_text(&mut body.clone()).map(|text| text.clone()))
                .collect();
            prop_assert_eq!(of_kind, redactor.text(text).into_owned());
        }
    }

    #[test]
    fn no_row_shows_a_secret_wherever_it_stands(text in text()) {
        let redactor = Redactor::new([("TOKEN", VALUE)]).unwrap();
        let written = Arc::new(Written::default());
        let ledger = RedactingLedger { ledger: written.clone(), redactor };
        let own = || text.clone();
        let call = ToolCall {
            id: "c".to_owned(),
            name: own(),
            arguments: serde_json::json!({ own(): [own(), { "deep": own() }] }),
        };
        let bodies = vec![
            EventBody::Note { text: own() },
            EventBody::Text { turn: 1, text: own() },
            EventBody::Nudged { turn: 1, text: own() },
            EventBody::TurnRestarted { turn: 1, reason: own() },
            EventBody::ToolCalled { turn: 1, call },
            EventBody::ToolFinished {
                call_id: "c".to_owned(),
                result: ToolResult::ok(own()),
                took: Duration::from_millis(1),
            },
        ];
        in_runtime(async {
            ledger.append(&fence(), bodies.clone()).await.unwrap();
            ledger.append_deltas(&fence(), bodies).await.unwrap();
        });
        let shown = shown(&written.0.lock().unwrap());
        for form in forms() {
            prop_assert!(shown.iter().all(|text| !text.contains(&form)), "{form} in {shown:?}");
        }
    }
}

#[test]
fn what_is_held_of_an_output_is_not_shown_at_its_end() {
    let ledger = Arc::new(Written::default());
    let redactor = Redactor::new([("TOKEN", VALUE)]).unwrap();
    let output = |text: &str| streamed(2, text.to_owned());
    in_runtime(async {
        let mut sink = LedgerSink::new(ledger.clone(), fence(), redactor);
        sink.stream(output("one "));
        sink.stream(output(&VALUE[..12]));
        // Of another call: this one goes on.
        let note = EventBody::Note {
            text: "beside".to_owned(),
        };
        assert!(sink.append(vec![note]).await.is_ok());
        sink.stream(output(&VALUE[12..]));
        sink.stream(output(" two "));
        sink.stream(output(&VALUE[..18]));
        let finished = EventBody::ToolFinished {
            call_id: "call-2".to_owned(),
            result: ToolResult::ok(String::new()),
            took: Duration::from_millis(1),
        };
        assert!(sink.append(vec![finished]).await.is_ok());
        // A turn that breaks off within a value.
        sink.stream(streamed(0, format!("three {}", &VALUE[..18])));
        let restarted = EventBody::TurnRestarted {
            turn: 1,
            reason: String::new(),
        };
        assert!(sink.append(vec![restarted]).await.is_ok());
    });
    let shown: String = ledger
        .0
        .lock()
        .unwrap()
        .iter()
        .filter_map(|body| piece_text(&mut body.clone()).map(|text| text.clone()))
        .collect();
    assert_eq!(shown, "one [redacted:TOKEN] two three ");
}

#[test]
fn pieces_of_one_kind_become_one_row() {
    let (sender, mut receiver) = mpsc::channel(8);
    let text = |turn, text: &str| EventBody::TextDelta {
        turn,
        text: text.into(),
    };
    for piece in [text(1, "a"), text(1, "b"), text(2, "c")] {
        sender.try_send(piece).unwrap();
    }
    assert_eq!(take(&mut receiver), [text(1, "ab"), text(2, "c")]);
}

#[test]
fn rows_stay_small() {
    let (sender, mut receiver) = mpsc::channel(8);
    let long = EventBody::TextDelta {
        turn: 1,
        text: "x".repeat(DELTA_BYTES_MAX),
    };
    sender.try_send(long.clone()).unwrap();
    sender.try_send(long).unwrap();
    assert_eq!(take(&mut receiver).len(), 2);
}
