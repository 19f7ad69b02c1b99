//! `interaction_update`: what the clients build a conversation and its usage from.
//!
//! Every field that is not optional must be there with the right type: a client drops an update that
//! lacks one, without a word.

use outwork_domain::TokenUsage;
use serde::Serialize;

use super::tools::ToolCallObject;
use crate::wire::WireAgentId;

/// The data of an `interaction_update`.
#[derive(Debug, Serialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(super) enum Update<'a> {
    UserMessageAppended {
        user_message: UserMessage<'a>,
    },
    TextDelta {
        text: &'a str,
    },
    ThinkingDelta {
        text: &'a str,
    },
    ThinkingCompleted {
        thinking_duration_ms: u64,
    },
    ToolCallStarted {
        call_id: &'a str,
        model_call_id: &'a str,
        tool_call: &'a ToolCallObject,
    },
    ToolCallCompleted {
        call_id: &'a str,
        model_call_id: &'a str,
        tool_call: &'a ToolCallObject,
    },
    /// What people should know of the run: a set-up that failed, say.
    Summary {
        summary: &'a str,
    },
    TurnEnded {
        usage: TurnUsage,
    },
}

/// A prompt. No other key is tolerated here.
#[derive(Debug, Serialize)]
pub(super) struct UserMessage<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    session_id: WireAgentId,
    text: &'a str,
}

impl<'a> UserMessage<'a> {
    pub(super) fn new(session_id: WireAgentId, text: &'a str) -> Self {
        Self {
            kind: "user_message",
            session_id,
            text,
        }
    }
}

/// What a run cost; the four numbers have no token in common.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TurnUsage {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
}

impl TurnUsage {
    pub(super) const fn of(usage: TokenUsage) -> Self {
        let apart = usage.apart();
        Self {
            input_tokens: apart.input,
            output_tokens: apart.output,
            cache_read_tokens: apart.cache_read,
            cache_write_tokens: apart.cache_write,
        }
    }
}
