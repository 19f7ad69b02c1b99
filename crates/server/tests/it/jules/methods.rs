//! Methods of a session: messages, archive and back; approval is in `plans`.

use std::time::Duration;

use outwork_domain::Cause;
use outwork_domain::run_state::RunEvent;
use outwork_store::Transition;
use serde_json::json;

use super::support::{Jules, invalid, not_found, precondition, refused};
use crate::support::{get, post};

#[tokio::test]
async fn messages_wait_for_those_before_them() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    assert_eq!(jules.message(&id, "two").await.good(), json!({}));
    let first = jules.server.work().await;
    assert_eq!(jules.message(&id, "three").await.good(), json!({}));
    jules.server.succeed(first, "Done.").await;
    // Nothing is over while prompts wait.
    assert_eq!(jules.state(&id).await, "QUEUED");
    for text in ["two", "three"] {
        let prompt = jules.server.claimed_prompt().await;
        assert_eq!(prompt.text(), text);
        end_leased(&jules, &id).await;
    }
}

/// Cancels what is claimed, through another dialect.
async fn end_leased(jules: &Jules, id: &str) {
    let mut reader = jules.server.store.read().await.unwrap();
    let runs = outwork_store::runs::list(&mut reader, id.parse().unwrap())
        .await
        .unwrap();
    drop(reader);
    let run = runs.iter().find(|run| run.state.is_leased()).unwrap();
    let fence = outwork_domain::Fence {
        agent_id: run.agent_id,
        run_id: run.id,
        attempt: run.attempt,
    };
    jules
        .server
        .fail(fence, Cause::ScriptFailed, "It broke.")
        .await;
}

#[tokio::test]
async fn a_message_goes_on_with_a_session_that_has_ended() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules.run("Done.").await;
    assert_eq!(jules.state(&id).await, "COMPLETED");
    jules.message(&id, "two").await.good();
    assert_eq!(jules.state(&id).await, "QUEUED");
    let fence = jules.server.work().await;
    jules
        .server
        .fail(fence, Cause::ScriptFailed, "It broke.")
        .await;
    assert_eq!(jules.state(&id).await, "FAILED");
    jules.message(&id, "three").await.good();
    assert_eq!(jules.state(&id).await, "QUEUED");
    for body in [
        json!({}),
        json!({"prompt": ""}),
        json!({"prompt": null}),
        json!([]),
    ] {
        let reply = jules.call(&id, "sendMessage", &body).await;
        assert_eq!(refused(&reply), invalid(), "{body}");
    }
}

#[tokio::test]
async fn what_is_being_published_when_a_session_is_archived_completes_it() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    let fence = jules.server.work().await;
    jules.message(&id, "two").await.good();
    jules.server.event(fence, RunEvent::LoopFinished).await;
    jules.call(&id, "archive", &json!({})).await.good();
    assert_eq!(jules.state(&id).await, "IN_PROGRESS");
    jules.server.clock.advance(Duration::from_secs(1));
    let end = Transition {
        summary: Some("Done.".to_owned()),
        ..Transition::of(RunEvent::Published)
    };
    jules.server.step(fence, end).await;
    let session = jules.session(&id).await;
    assert_eq!(
        (&session["archived"], &session["state"]),
        (&json!(true), &json!("COMPLETED"))
    );
    let told = ["userMessaged", "progressUpdated", "sessionCompleted"];
    assert_eq!(jules.told(&id).await, told);
    let dropped = &jules.activities(&id).await[1];
    assert_eq!(dropped["originator"], "system");
    assert_eq!(
        dropped["progressUpdated"]["title"],
        "The message was cancelled before it was worked on"
    );
    // Whoever looks through another dialect sees the same.
    let agent = get(format!("/api/v1/agents/bc-{id}")).by(&jules.key);
    let agent = jules.server.ask(agent).await.good();
    assert_eq!(
        (&agent["state"], &agent["summary"]),
        (&json!("succeeded"), &json!("Done."))
    );
}

#[tokio::test]
async fn archiving_hides_a_session_and_stops_it() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    for _ in 0..2 {
        assert_eq!(
            jules.call(&id, "archive", &json!({})).await.good(),
            json!({})
        );
    }
    let session = jules.session(&id).await;
    assert_eq!(
        (&session["archived"], &session["state"]),
        (&json!(true), &json!("FAILED"))
    );
    assert_eq!(refused(&jules.message(&id, "two").await), precondition());
    let approve = jules.call(&id, "approvePlan", &json!({})).await;
    assert_eq!(refused(&approve), precondition());
    for _ in 0..2 {
        assert_eq!(
            jules.call(&id, "unarchive", &json!({})).await.good(),
            json!({})
        );
    }
    assert_eq!(jules.session(&id).await.get("archived"), None);
    jules.message(&id, "two").await.good();
}

#[tokio::test]
async fn the_colon_may_be_written_otherwise_and_the_body_left_out() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    let archive = post(format!("/v1alpha/sessions/{id}%3Aarchive"));
    assert_eq!(jules.ask(archive).await.good(), json!({}));
    assert_eq!(jules.session(&id).await["archived"], true);
    let bare = post(format!("/v1alpha/sessions/bc-{id}:unarchive"));
    assert_eq!(jules.ask(bare).await.good(), json!({}));
    for method in [":delete", ":", "", ":approveplan", ":archive:archive"] {
        let reply = jules
            .ask(post(format!("/v1alpha/sessions/{id}{method}")))
            .await;
        assert_eq!(refused(&reply), not_found(), "{method:?}");
    }
}
