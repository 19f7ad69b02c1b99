//! Event streams that break, end, repeat themselves or are refused.

use std::time::Duration;

use outwork_client::{Error, EventStream, Until, Update, WatchOptions};
use outwork_domain::Backoff;

use crate::support::{End, Server, answer, json, stream};

fn event(seq: u64) -> String {
    format!(
        r#"{{"seq":{seq},"runId":"r","attempt":1,"at":"2026-01-15T10:30:00.000Z","type":"text","turn":1,"text":"{seq}"}}"#
    )
}

fn frames(seqs: &[u64]) -> String {
    let frame = |seq: &u64| format!("id: {seq}\nevent: text\ndata: {}\n\n", event(*seq));
    seqs.iter().map(frame).collect()
}

fn page(seqs: &[u64]) -> String {
    let events: Vec<String> = seqs.iter().map(|seq| event(*seq)).collect();
    json(&format!(r#"{{"events":[{}]}}"#, events.join(",")))
}

fn details(state: &str) -> String {
    json(&format!(
        r#"{{"id":"bc-1","name":"n","model":"script","state":"{state}","repositories":[],"createdAt":"t",
            "runs":[{{"id":"r","number":1,"mode":"agent","model":"script","state":"{state}","attempt":1,"createdAt":"t"}}]}}"#
    ))
}

fn options(until: Until) -> WatchOptions {
    WatchOptions {
        until,
        backoff: Backoff {
            first: Duration::ZERO,
            most: Duration::ZERO,
        },
        tries_max: 3,
        ..WatchOptions::default()
    }
}

/// What a stream gave: numbers of events, 0 for a reconnect, and the error that ended it.
async fn all(mut events: EventStream) -> (Vec<u64>, Option<Error>) {
    let mut seen = Vec::new();
    loop {
        match events.next().await {
            Ok(Some(Update::Event(event))) => seen.push(event.seq),
            Ok(Some(Update::Reconnecting { .. })) => seen.push(0),
            Ok(None) => return (seen, None),
            Err(error) => return (seen, Some(error)),
        }
    }
}

#[tokio::test]
async fn a_torn_stream_goes_on_behind_the_last_whole_event() {
    let torn = format!("{}id: 3\ndata: {{\"seq\":3,", frames(&[1, 2]));
    let server = Server::start(vec![
        stream(&torn, &End::TornOff),
        stream(&frames(&[2, 3, 4]), &End::InOrder),
        details("succeeded"),
        page(&[]),
    ])
    .await;
    let (seen, error) = all(server.client().watch("bc-1", options(Until::Idle))).await;
    assert_eq!(seen, [1, 2, 0, 3, 4]);
    assert!(error.is_none(), "{error:?}");
    let asked = server.asked();
    assert_eq!(
        asked[0].line,
        "GET /api/v1/agents/bc-1/events?until=idle HTTP/1.1"
    );
    assert_eq!(asked[0].header("accept"), Some("text/event-stream"));
    assert_eq!(asked[0].header("last-event-id"), Some("0"));
    assert_eq!(asked[1].header("last-event-id"), Some("2"));
    assert_eq!(
        asked[3].line,
        "GET /api/v1/agents/bc-1/events?after=4&limit=500 HTTP/1.1"
    );
}

#[tokio::test]
async fn an_end_in_order_with_a_run_under_way_is_a_break() {
    let server = Server::start(vec![
        stream(&frames(&[1]), &End::InOrder),
        details("working"),
        stream(&frames(&[2]), &End::InOrder),
        details("failed"),
        page(&[3, 4]),
        page(&[]),
    ])
    .await;
    let (seen, error) = all(server.client().watch("bc-1", options(Until::Idle))).await;
    assert_eq!(seen, [1, 0, 2, 3, 4]);
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn patience_ends() {
    let server = Server::start(vec![
        stream(&frames(&[1]), &End::TornOff),
        stream("", &End::TornOff),
        answer("503 Service Unavailable", "application/json", "{}"),
    ])
    .await;
    let (seen, error) = all(server.client().watch("bc-1", options(Until::Stopped))).await;
    assert_eq!(seen, [1, 0, 0]);
    assert!(
        matches!(error, Some(Error::StreamLost { tries: 3, .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_refusal_for_good_is_not_tried_again() {
    let body = r#"{"type":"about:blank","status":404,"code":"agent_not_found","detail":"No."}"#;
    let server = Server::start(vec![answer(
        "404 Not Found",
        "application/problem+json",
        body,
    )])
    .await;
    let (seen, error) = all(server.client().watch("bc-1", options(Until::Idle))).await;
    assert!(seen.is_empty());
    assert!(
        matches!(error, Some(Error::Refused { status: 404, .. })),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn watching_can_begin_behind_a_known_event() {
    let server = Server::start(vec![
        stream(&frames(&[8]), &End::InOrder),
        details("cancelled"),
        page(&[]),
    ])
    .await;
    let later = WatchOptions {
        after: 7,
        ..options(Until::Idle)
    };
    let (seen, _) = all(server.client().watch("bc-1", later)).await;
    assert_eq!(seen, [8]);
    assert_eq!(server.asked()[0].header("last-event-id"), Some("7"));
}
