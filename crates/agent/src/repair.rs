//! Repair of a transcript before a provider gets to see it.
//!
//! Whatever the history went through, afterwards each call has exactly one result, in the message
//! after its answer and in the order of the calls; each result has its call; no id names two calls;
//! and no answer is empty. A whole transcript is not touched.

use std::collections::{HashMap, HashSet};

use outwork_domain::{ToolCall, ToolResult};

use crate::conversation::{CallResult, Conversation, Message};

impl Conversation {
    /// Repairs the transcript: missing results become "interrupted", orphans go.
    pub fn repair(&mut self) {
        if !is_whole(&self.messages) {
            self.messages = repaired(std::mem::take(&mut self.messages));
        }
    }

    /// The calls of the last answer that have no result.
    pub(crate) fn open_calls(&self) -> Vec<ToolCall> {
        let mut answered = HashSet::new();
        for message in self.messages.iter().rev() {
            match message {
                Message::Results(results) => {
                    answered.extend(results.iter().map(|one| one.call_id.as_str()));
                }
                Message::Answer { calls, .. } => {
                    let open = |call: &&ToolCall| !answered.contains(call.id.as_str());
                    return calls.iter().filter(open).cloned().collect();
                }
                Message::Prompt { .. } | Message::Nudge(_) | Message::Summary(_) => break,
            }
        }
        Vec::new()
    }
}

/// Whether a provider would take the transcript.
pub(crate) fn is_whole(messages: &[Message]) -> bool {
    let mut seen = HashSet::new();
    let mut open: Option<&[ToolCall]> = None;
    for message in messages {
        match (open.take(), message) {
            (Some(calls), Message::Results(results)) => {
                let ids = results.iter().map(|one| &one.call_id);
                if !ids.eq(calls.iter().map(|call| &call.id)) {
                    return false;
                }
            }
            (Some(_), _) | (None, Message::Results(_)) => return false,
            (None, Message::Answer { text, calls, .. }) => {
                if calls.is_empty() && text.trim().is_empty() {
                    return false;
                }
                if !calls.iter().all(|call| seen.insert(call.id.as_str())) {
                    return false;
                }
                open = (!calls.is_empty()).then_some(calls.as_slice());
            }
            (None, Message::Prompt { .. } | Message::Nudge(_) | Message::Summary(_)) => {}
        }
    }
    open.is_none()
}

fn repaired(messages: Vec<Message>) -> Vec<Message> {
    let mut whole = Vec::with_capacity(messages.len());
    let mut seen = HashSet::new();
    let mut rest = messages.into_iter().peekable();
    while let Some(message) = rest.next() {
        match message {
            // Results that stand behind no answer: their calls are gone.
            Message::Results(_) => {}
            Message::Answer {
                ref text,
                ref calls,
                ..
            } if calls.is_empty() => {
                if !text.trim().is_empty() {
                    whole.push(message);
                }
            }
            Message::Answer {
                model,
                thinking,
                text,
                mut calls,
                stop,
            } => {
                let mut given = Vec::new();
                while let Some(Message::Results(results)) =
                    rest.next_if(|next| matches!(next, Message::Results(_)))
                {
                    given.extend(results);
                }
                let results = paired(&mut calls, given, &mut seen);
                whole.push(Message::Answer {
                    model,
                    thinking,
                    text,
                    calls,
                    stop,
                });
                whole.push(Message::Results(results));
            }
            Message::Prompt { .. } | Message::Nudge(_) | Message::Summary(_) => {
                whole.push(message);
            }
        }
    }
    whole
}

/// One result for each call, in their order; calls whose id is taken get another one.
fn paired(
    calls: &mut [ToolCall],
    given: Vec<CallResult>,
    seen: &mut HashSet<String>,
) -> Vec<CallResult> {
    let mut by_id: HashMap<String, Vec<ToolResult>> = HashMap::new();
    for one in given.into_iter().rev() {
        by_id.entry(one.call_id).or_default().push(one.result);
    }
    let mut results = Vec::with_capacity(calls.len());
    for call in calls {
        let result = by_id.get_mut(&call.id).and_then(Vec::pop);
        call.id = unused_id(&call.id, |id| seen.contains(id));
        seen.insert(call.id.clone());
        results.push(CallResult {
            call_id: call.id.clone(),
            result: result.unwrap_or_else(ToolResult::interrupted),
        });
    }
    results
}

/// The id itself, or with a number behind it if it is taken or empty.
pub(crate) fn unused_id(id: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !id.is_empty() && !is_taken(id) {
        return id.to_owned();
    }
    let stem = if id.is_empty() { "call" } else { id };
    let mut number = 2_u32;
    loop {
        let candidate = format!("{stem}-{number}");
        if !is_taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{ModelId, StopReason};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answer(text: &str, ids: &[&str]) -> Message {
        let call = |id: &&str| ToolCall {
            id: (*id).to_owned(),
            name: "shell".to_owned(),
            arguments: json!({"command": "true"}),
        };
        Message::Answer {
            model: ModelId::script(),
            thinking: vec![],
            text: text.to_owned(),
            calls: ids.iter().map(call).collect(),
            stop: StopReason::EndTurn,
        }
    }

    fn results(of: &[(&str, ToolResult)]) -> Message {
        let one = |(id, result): &(&str, ToolResult)| CallResult {
            call_id: (*id).to_owned(),
            result: result.clone(),
        };
        Message::Results(of.iter().map(one).collect())
    }

    fn prompt() -> Message {
        Message::Prompt {
            text: "do it".to_owned(),
            images: vec![],
        }
    }

    fn repair(messages: Vec<Message>) -> Vec<Message> {
        let mut conversation = Conversation {
            messages,
            ..Conversation::default()
        };
        conversation.repair();
        conversation.messages
    }

    #[test]
    fn a_missing_result_becomes_interrupted() {
        let ok = || ToolResult::ok("fine");
        let broken = vec![
            prompt(),
            answer("", &["a", "b", "c"]),
            results(&[("c", ok())]),
        ];
        assert_eq!(
            repair(broken),
            [
                prompt(),
                answer("", &["a", "b", "c"]),
                results(&[
                    ("a", ToolResult::interrupted()),
                    ("b", ToolResult::interrupted()),
                    ("c", ok()),
                ]),
            ]
        );
    }

    #[test]
    fn orphans_and_empty_answers_go() {
        let orphan = || results(&[("x", ToolResult::ok("who?"))]);
        let broken = vec![
            prompt(),
            orphan(),
            answer(" \n", &[]),
            answer("", &["a"]),
            results(&[("a", ToolResult::ok("1")), ("x", ToolResult::ok("who?"))]),
            results(&[("a", ToolResult::ok("again"))]),
            orphan(),
            answer("done", &[]),
            orphan(),
        ];
        assert_eq!(
            repair(broken),
            [
                prompt(),
                answer("", &["a"]),
                results(&[("a", ToolResult::ok("1"))]),
                answer("done", &[]),
            ]
        );
    }

    #[test]
    fn no_id_names_two_calls() {
        let ok = |text: &str| ToolResult::ok(text);
        let broken = vec![
            answer("", &["a", "a", ""]),
            results(&[("a", ok("1")), ("a", ok("2"))]),
            prompt(),
            answer("", &["a"]),
            results(&[("a", ok("3"))]),
        ];
        assert_eq!(
            repair(broken),
            [
                answer("", &["a", "a-2", "call-2"]),
                results(&[
                    ("a", ok("1")),
                    ("a-2", ok("2")),
                    ("call-2", ToolResult::interrupted()),
                ]),
                prompt(),
                answer("", &["a-3"]),
                results(&[("a-3", ok("3"))]),
            ]
        );
    }

    fn messages() -> impl Strategy<Value = Vec<Message>> {
        let ids =
            || prop::collection::vec(prop::sample::select(vec!["", "a", "b", "c", "a-2"]), 0..4);
        let one = prop_oneof![
            Just(prompt()),
            Just(Message::Nudge("go on".to_owned())),
            (prop::sample::select(vec!["", " ", "text"]), ids())
                .prop_map(|(text, ids)| answer(text, &ids)),
            ids().prop_map(|ids| {
                let all: Vec<_> = ids.iter().map(|id| (*id, ToolResult::ok(*id))).collect();
                results(&all)
            }),
        ];
        prop::collection::vec(one, 0..12)
    }

    /// The calls with their names and the texts around them, which no repair may change.
    fn said(messages: &[Message]) -> Vec<String> {
        let words = |message: &Message| match message {
            Message::Prompt { text, .. } => Some(text.clone()),
            Message::Nudge(text) | Message::Summary(text) => Some(text.clone()),
            Message::Answer { text, calls, .. } => {
                let empty = calls.is_empty() && text.trim().is_empty();
                (!empty).then(|| format!("{text} {}", calls.len()))
            }
            Message::Results(_) => None,
        };
        messages.iter().filter_map(words).collect()
    }

    proptest! {
        #[test]
        fn any_history_becomes_whole_and_stays_so(history in messages()) {
            let fixed = repair(history.clone());
            prop_assert!(is_whole(&fixed), "{fixed:?}");
            prop_assert_eq!(said(&fixed), said(&history));
            prop_assert_eq!(repair(fixed.clone()), fixed);
        }

        #[test]
        fn a_whole_transcript_is_not_touched(history in messages()) {
            if is_whole(&history) {
                prop_assert_eq!(repair(history.clone()), history);
            }
        }
    }
}
