//! Following an agent in the terminal, and what its last run came to.

use std::time::Duration;

use outwork_client::{AgentDetails, Client, RunDetails, Update, WatchOptions};
use outwork_domain::limits::EVENTS_PAGE_MAX;

use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, Role, remark};
use crate::plain::plain_line;
use crate::transcript::{Transcript, took};

/// Shows what happens until the agent is idle.
///
/// # Errors
///
/// [`Failure::Failed`] if the agent's last run did not succeed.
pub async fn follow(client: &Client, id: &str, after: u64, output: &Output) -> Outcome {
    show_events(client, id, after, output).await?;
    let details = client.details(id).await?;
    if let Some(awaiting) = &details.awaiting
        && output.form() == Form::Text
    {
        output.line(&waiting(id, awaiting))?;
    }
    verdict(&details)
}

/// What is to be done about an agent that waits for its user.
fn waiting(id: &str, awaiting: &str) -> String {
    match awaiting {
        "approval" => format!("· the plan waits to be approved: outwork approve {id}"),
        "input" => format!("· the question waits for an answer: outwork follow-up --plan {id}"),
        other => format!("· the agent awaits {}", plain_line(other)),
    }
}

/// Shows what happens until the agent is idle, and tells the number of the last event.
///
/// # Errors
///
/// Those of the connection and of the output.
pub async fn show_events(
    client: &Client,
    id: &str,
    after: u64,
    output: &Output,
) -> Result<u64, Failure> {
    let options = WatchOptions {
        after,
        ..WatchOptions::default()
    };
    let mut events = client.watch(id, options);
    let mut transcript = Transcript::new(output.style());
    while let Some(update) = events.next().await? {
        match (update, output.form()) {
            (Update::Event(event), Form::Json) => output.json(&event.raw)?,
            (Update::Event(event), Form::Text) => output.piece(&transcript.show(&event.body))?,
            (Update::Reconnecting { reason, wait }, Form::Json) => {
                remark(&reconnecting(&reason, wait));
            }
            (Update::Reconnecting { reason, wait }, Form::Text) => {
                let words = reconnecting(&reason, wait);
                output.piece(&transcript.aside(Role::Warning, &words))?;
            }
        }
    }
    if output.form() == Form::Text {
        output.piece(&transcript.end_line())?;
    }
    Ok(events.last())
}

/// The number of the last event that there is now; 0 if there is none.
///
/// # Errors
///
/// Those of the connection.
pub async fn last_event(client: &Client, id: &str) -> Result<u64, Failure> {
    let mut last = 0;
    loop {
        let page = client.events(id, last, EVENTS_PAGE_MAX).await?;
        match page.last() {
            Some(event) if event.seq > last => last = event.seq,
            Some(_) | None => return Ok(last),
        }
    }
}

fn reconnecting(reason: &str, wait: Duration) -> String {
    let reason = plain_line(reason);
    format!("connecting again in {}: {reason}", took(wait))
}

/// What an idle agent's last run came to.
fn verdict(details: &AgentDetails) -> Outcome {
    match details.runs.last() {
        Some(run) if run.state != "succeeded" => Err(Failure::Failed(words_of(run))),
        Some(_) | None => Ok(()),
    }
}

fn words_of(run: &RunDetails) -> String {
    let mut words = format!("run {} {}", run.number, plain_line(&run.state));
    if let Some(cause) = &run.cause {
        words += &format!(" ({})", plain_line(cause));
    }
    // The transcript above has all of it.
    if let Some(first) = run.message.as_deref().and_then(|all| all.lines().next()) {
        words += &format!(": {}", plain_line(first.trim_end_matches(':')));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_do_not_repeat_an_output() {
        let run = serde_json::json!({"id": "r", "number": 2, "mode": "agent", "model": "script",
            "state": "failed", "attempt": 1, "createdAt": "t", "cause": "script_failed",
            "message": "block 1 (`make`) ended with status 2:\none\ntwo"});
        let run: RunDetails = serde_json::from_value(run).unwrap();
        let words = "run 2 failed (script_failed): block 1 (`make`) ended with status 2";
        assert_eq!(words_of(&run), words);
    }
}
