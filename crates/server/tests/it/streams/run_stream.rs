//! `GET /v1/agents/{id}/runs/{runId}/stream`.

use std::time::Duration;

use outwork_domain::limits::EVENT_RETENTION;
use outwork_domain::run_state::RunEvent;
use outwork_domain::{Cause, EventBody};
use tokio::io::AsyncReadExt;

use super::clients::frames;
use super::history::{Body, World, text};
use crate::connections::{Served, read_until};
use crate::support::{delete, get};

#[tokio::test]
async fn a_whole_run() {
    let world = World::ended().await;
    insta::assert_snapshot!(world.plain(&world.whole(None).await));
}

#[tokio::test]
async fn the_response_says_what_it_is() {
    let world = World::ended().await;
    let response = world.server.send(world.ask(None).request()).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache");
    assert_eq!(header("x-cursor-stream-retention-seconds"), "604800");
}

#[tokio::test]
async fn a_run_is_followed_from_before_its_claim_to_its_end() {
    let world = World::working().await;
    world.follow_up().await;
    let run = {
        let mut reader = world.server.store.read().await.unwrap();
        let all = outwork_store::runs::list(&mut reader, world.fence.agent_id).await;
        format!("run-{}", all.unwrap()[1].id)
    };
    let mut body = Body::open(&world.server, world.ask_for(&run, None)).await;
    body.until("CREATING").await;
    // What the run before it does is not this run's.
    world.append(vec![text("first run")]).await;
    world.server.succeed(world.fence, "Done.").await;
    let fence = world.server.claim().await;
    body.until("user-message-appended").await;
    assert!(!body.read.contains("RUNNING"), "{}", body.read);
    world.server.event(fence, RunEvent::WorkspacePrepared).await;
    body.until("RUNNING").await;
    world.server.append(fence, vec![text("second run")]).await;
    body.until("second run").await;
    world.server.fail(fence, Cause::ModelRejected, "No.").await;
    let all = body.rest().await;
    assert!(!all.contains("first run"), "{all}");
    let events: Vec<String> = frames(&all).into_iter().map(|frame| frame.event).collect();
    let end = ["interaction_update", "status", "result", "done"];
    assert_eq!(events[events.len() - 4..], end);
    assert_eq!(all.matches("event: status").count(), 3, "{all}");
}

#[tokio::test]
async fn each_end_is_told_with_its_reason() {
    let failed = World::working().await;
    failed
        .server
        .fail(failed.fence, Cause::BudgetExceeded, "Too dear.")
        .await;
    let stream = failed.whole(None).await;
    let error = r#""error":{"message":"Too dear.","code":"budget_exceeded"}"#;
    assert!(stream.contains(error), "{stream}");
    assert!(
        stream.contains(r#""status":"ERROR","durationMs":0"#),
        "{stream}"
    );
    let cancelled = World::working().await;
    cancelled
        .server
        .event(cancelled.fence, RunEvent::CancelRequested)
        .await;
    cancelled
        .server
        .event(cancelled.fence, RunEvent::Stopped)
        .await;
    let stream = cancelled.whole(None).await;
    assert!(
        stream.contains(r#""status":"CANCELLED","durationMs":0}"#),
        "{stream}"
    );
    // One that was never claimed has no more than its end.
    let expired = World::working().await;
    expired.follow_up().await;
    expired.server.expire_waiting().await;
    let mut reader = expired.server.store.read().await.unwrap();
    let runs = outwork_store::runs::list(&mut reader, expired.fence.agent_id).await;
    let run = format!("run-{}", runs.unwrap()[1].id);
    drop(reader);
    let stream = Body::open(&expired.server, expired.ask_for(&run, None)).await;
    let stream = stream.rest().await;
    let events: Vec<String> = frames(&stream)
        .into_iter()
        .map(|frame| frame.event)
        .collect();
    let end = ["status", "interaction_update", "status", "result", "done"];
    assert_eq!(events, end, "{stream}");
    assert!(stream.contains(r#""code":"expired""#), "{stream}");
    for stream in [stream, cancelled.whole(None).await] {
        assert_eq!(stream.matches("turn-ended").count(), 1, "{stream}");
    }
}

#[tokio::test]
async fn ids_that_are_none_of_the_runs_are_refused() {
    let world = World::ended().await;
    let stream = world.whole(None).await;
    let good = frames(&stream)
        .into_iter()
        .find_map(|frame| frame.id)
        .unwrap();
    let (at, seq) = good.split_once('-').unwrap();
    let at: i64 = at.parse().unwrap();
    // The follow-up that expired in between: its events are not this run's.
    let mut foreign = Vec::new();
    let mut reader = world.server.store.read().await.unwrap();
    let all = outwork_store::events::list_without_deltas(&mut reader, world.fence.agent_id).await;
    for event in all.unwrap() {
        if event.run_id != world.fence.run_id {
            foreign.push(format!("{}-{}", event.at.millis(), event.seq.0));
        }
    }
    drop(reader);
    assert!(!foreign.is_empty());
    let made_up = [
        format!("{}-{seq}", at + 1),
        format!("{at}-0"),
        format!("{at}-999999"),
        format!("{at}-9223372036854775807"),
        "nonsense".to_owned(),
        "1-".to_owned(),
        format!(" {good}-1"),
    ];
    for last in made_up.iter().chain(&foreign) {
        let (status, code, message) = world.server.ask(world.ask(Some(last))).await.refusal();
        assert_eq!(
            (status, code.as_str()),
            (400, "invalid_last_event_id"),
            "{last}"
        );
        let expected = "Last-Event-ID must refer to an event within the requested run";
        assert_eq!(message, expected);
    }
    assert!(
        world.whole(Some(&good)).await.contains("event: done"),
        "the control"
    );
}

#[tokio::test]
async fn runs_of_others_are_unknown() {
    let world = World::ended().await;
    let other = world.server.key("b@example.com").await;
    let run = format!("run-{}", world.fence.run_id);
    let path = |id: &str, run: &str| format!("/v1/agents/{id}/runs/{run}/stream");
    let refused = async |path: String, key| world.server.ask(get(path).by(key)).await.refused();
    let nobody = "bc-00000000-0000-4000-8000-000000000000";
    let agent = (404, "agent_not_found".to_owned());
    assert_eq!(refused(path(&world.id, &run), &other).await, agent);
    assert_eq!(refused(path(nobody, &run), &world.key).await, agent);
    assert_eq!(refused(path("x", &run), &world.key).await, agent);
    let none = (404, "run_not_found".to_owned());
    let unknown = "run-00000000-0000-4000-8000-000000000000";
    assert_eq!(refused(path(&world.id, unknown), &world.key).await, none);
    assert_eq!(refused(path(&world.id, "x"), &world.key).await, none);
    let second = world.server.launch(&world.key, "x").await;
    assert_eq!(refused(path(&second, &run), &world.key).await, none);
    let no_key = world.server.ask(get(path(&world.id, &run))).await;
    assert_eq!(no_key.refused().0, 401);
}

#[tokio::test]
async fn a_run_that_ended_long_ago_is_gone() {
    let world = World::ended().await;
    world.server.clock.advance(EVENT_RETENTION);
    assert!(world.whole(None).await.contains("event: done"));
    world.server.clock.advance(Duration::from_millis(1));
    let refused = world.server.ask(world.ask(None)).await.refused();
    assert_eq!(refused, (410, "stream_expired".to_owned()));
    let refused = world.server.ask(world.ask(Some("1-1"))).await.refused();
    assert_eq!(refused, (410, "stream_expired".to_owned()));
}

#[tokio::test]
async fn a_deleted_agents_stream_says_so_and_ends() {
    let world = World::working().await;
    let mut body = Body::open(&world.server, world.ask(None)).await;
    body.until("user-message-appended").await;
    let ask = delete(format!("/v0/agents/{}", world.id)).by(&world.key);
    world.server.ask(ask).await.good();
    let rest = body.rest().await;
    let end = "event: error\ndata: {\"code\":\"not_found\",\"message\":\"Agent not found\"}\n\n";
    assert!(rest.ends_with(end), "{rest}");
}

#[tokio::test]
async fn silence_is_broken_by_heartbeats() {
    let world = World::working().await;
    let mut body = Body::open(&world.server, world.ask(None)).await;
    body.until("user-message-appended").await;
    // Only now: a paused clock leaps while the database is at work.
    body.patience = Duration::MAX;
    tokio::time::pause();
    body.until("event: heartbeat\ndata: {}\n\nevent: heartbeat\n")
        .await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_in_order() {
    let world = World::working().await;
    let (token, id, run) = (&world.key.token, &world.id, world.fence.run_id);
    let request = format!(
        "GET /v1/agents/{id}/runs/run-{run}/stream HTTP/1.1\r\nhost: h\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    let served = Served::with(world.server).await;
    let mut stream = served.send(&request).await;
    read_until(&mut stream, "user-message-appended").await;
    served.server.shutdown.cancel();
    let mut rest = Vec::new();
    let deadline = Duration::from_secs(20);
    let read = tokio::time::timeout(deadline, stream.read_to_end(&mut rest)).await;
    read.unwrap().unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(
        rest.contains("retry: 1000\n\n") && rest.ends_with("0\r\n\r\n"),
        "{rest}"
    );
    let ended = tokio::time::timeout(deadline, served.task).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_is_no_part_of_the_stream_does_not_show() {
    let world = World::working().await;
    world.server.say(world.fence, "a whole text").await;
    let limit = "turns".to_owned();
    world.append(vec![EventBody::LimitReached { limit }]).await;
    world.server.succeed(world.fence, "Done.").await;
    let stream = world.whole(None).await;
    for hidden in ["a whole text", "turns"] {
        assert!(!stream.contains(hidden), "{stream}");
    }
}
