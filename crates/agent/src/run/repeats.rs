//! Whether a model goes round in circles: the same call with the same result again and again, or
//! two of them in turn.
//!
//! Only calls **and** results that repeat count, so polling something that changes is none.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use outwork_domain::limits::{CALL_CYCLES_MAX, REPEATED_CALLS_MAX};
use outwork_domain::{ToolCall, ToolResult, ToolStatus};

use crate::Message;

/// What the last call shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    Fine,
    /// For the first time in this run.
    Looping,
    StillLooping,
}

/// The last calls with their results, by fingerprint.
#[derive(Default)]
pub(super) struct Repeats {
    last: VecDeque<u64>,
    told: bool,
}

const KEPT: usize = 2 * CALL_CYCLES_MAX as usize;

impl Repeats {
    /// Takes a call and its result.
    pub(super) fn note(&mut self, call: &ToolCall, result: &ToolResult) -> Finding {
        if result.status == ToolStatus::Interrupted {
            return Finding::Fine;
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(fingerprint(call, result));
        if !self.is_row() && !self.is_cycle() {
            return Finding::Fine;
        }
        self.last.clear();
        if std::mem::replace(&mut self.told, true) {
            return Finding::StillLooping;
        }
        Finding::Looping
    }

    /// Takes the calls that earlier attempts of the run carried out.
    pub(super) fn replay(&mut self, messages: &[Message]) {
        let mut calls: &[ToolCall] = &[];
        for message in messages {
            match message {
                Message::Answer { calls: next, .. } => calls = next,
                Message::Results(results) => {
                    for one in results {
                        if let Some(call) = calls.iter().find(|call| call.id == one.call_id) {
                            self.note(call, &one.result);
                        }
                    }
                }
                Message::Prompt { .. } | Message::Nudge(_) | Message::Summary(_) => {}
            }
        }
    }

    fn is_row(&self) -> bool {
        let row = REPEATED_CALLS_MAX as usize;
        let newest = self.last.iter().rev().take(row);
        self.last.len() >= row && newest.clone().all(|one| Some(one) == self.last.back())
    }

    fn is_cycle(&self) -> bool {
        self.last.len() == KEPT
            && self.last[0] != self.last[1]
            && (2..KEPT).all(|at| self.last[at] == self.last[at - 2])
    }
}

fn fingerprint(call: &ToolCall, result: &ToolResult) -> u64 {
    let mut hasher = DefaultHasher::new();
    call.name.hash(&mut hasher);
    call.arguments.to_string().hash(&mut hasher);
    (result.status == ToolStatus::Ok).hash(&mut hasher);
    result.exit_status.hash(&mut hasher);
    result.text.hash(&mut hasher);
    hasher.finish()
}
