//! The parts of a stream, as the SDK names them.

use serde::Serialize;
use serde_json::Value;

use crate::errors::Failure;
use crate::mintlify::status::JobStatus;
use crate::wire::WireRunId;

/// The last line.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// A part.
#[derive(Debug, Serialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(super) enum Part<'a> {
    Start {
        message_id: WireRunId,
    },
    StartStep,
    FinishStep,
    TextStart {
        id: &'a str,
    },
    TextDelta {
        id: &'a str,
        delta: &'a str,
    },
    TextEnd {
        id: &'a str,
    },
    ReasoningStart {
        id: &'a str,
    },
    ReasoningDelta {
        id: &'a str,
        delta: &'a str,
    },
    ReasoningEnd {
        id: &'a str,
    },
    ToolInputAvailable {
        tool_call_id: &'a str,
        tool_name: &'a str,
        input: &'a Value,
        dynamic: bool,
    },
    ToolOutputAvailable {
        tool_call_id: &'a str,
        output: Output<'a>,
        dynamic: bool,
    },
    ToolOutputError {
        tool_call_id: &'a str,
        error_text: &'a str,
        dynamic: bool,
    },
    DataPullRequest {
        data: PullRequestData<'a>,
    },
    DataStatus {
        data: StatusData,
    },
    Error {
        error_text: &'a str,
    },
    Abort {
        reason: &'a str,
    },
    Finish {
        finish_reason: FinishReason,
    },
}

/// What a tool gave.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output<'a> {
    pub(super) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exit_code: Option<i32>,
}

#[derive(Debug, Serialize)]
pub(super) struct PullRequestData<'a> {
    pub(super) url: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct StatusData {
    pub(super) status: JobStatus,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FinishReason {
    Stop,
    Error,
}

/// Parts that are being written.
#[derive(Debug, Default)]
pub(super) struct Parts(Vec<u8>);

impl Parts {
    pub(super) fn push(&mut self, part: &Part<'_>) -> Result<(), Failure> {
        self.0.extend_from_slice(b"data: ");
        // JSON has no line break of its own, so a part is one line.
        serde_json::to_writer(&mut self.0, part)
            .map_err(|error| Failure::internal(format!("a part cannot be written: {error}")))?;
        self.0.extend_from_slice(b"\n\n");
        Ok(())
    }

    pub(super) fn done(&mut self) {
        self.0.extend_from_slice(DONE);
    }

    pub(super) fn into_bytes(self) -> bytes::Bytes {
        self.0.into()
    }
}
