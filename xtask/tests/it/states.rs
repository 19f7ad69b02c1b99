//! The table of states in the documents is the one of the code.

use outwork_domain::run_state::{RunEvent, RunState, Then, after};

use crate::tree::read;

const EVENTS: [RunEvent; 12] = [
    RunEvent::Claimed,
    RunEvent::CancelRequested,
    RunEvent::WaitedTooLong,
    RunEvent::WorkspacePrepared,
    RunEvent::LoopFinished,
    RunEvent::Published,
    RunEvent::AttemptFailed(Then::Retry),
    RunEvent::AttemptFailed(Then::GiveUp),
    RunEvent::LeaseExpired(Then::Retry),
    RunEvent::LeaseExpired(Then::GiveUp),
    RunEvent::HandedBack,
    RunEvent::Stopped,
];

/// One row a state: each event that it can take, and the state that follows.
fn table() -> String {
    let mut rows = vec!["| from | event → to |".to_owned(), "|---|---|".to_owned()];
    for state in RunState::ALL {
        let steps: Vec<String> = EVENTS
            .into_iter()
            .filter_map(|event| Some(format!("{event:?} → {:?}", after(state, event).ok()?)))
            .collect();
        let steps = if steps.is_empty() {
            "nothing".to_owned()
        } else {
            steps.join("; ")
        };
        rows.push(format!("| {state:?} | {steps} |"));
    }
    rows.join("\n")
}

#[test]
fn the_documents_have_the_table_of_the_code() {
    let table = table();
    for document in ["ARCHITECTURE.md", "docs/states.md"] {
        let text = read(document);
        assert!(
            text.contains(&table),
            "{document} must hold this table:\n\n{table}\n"
        );
    }
}

#[test]
fn the_table_has_a_row_for_every_state() {
    let table = table();
    assert_eq!(table.lines().count(), 2 + RunState::ALL.len());
    assert!(table.contains(
        "| Queued | Claimed → Preparing; CancelRequested → Cancelled; WaitedTooLong → Expired |"
    ));
    assert!(table.ends_with("| Expired | nothing |"));
}
