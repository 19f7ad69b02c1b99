//! The transcript: append-only events of an agent, each with a sequence number.
//!
//! Conversation, status, summary, streams and the rebuilding of a run after a crash all read these
//! rows and nothing else.

use std::time::Duration;

use crate::run_state::RunState;
use crate::{
    Attempt, BranchName, Cause, CommitId, ModelId, PullRequestNumber, Repository, RunId, Timestamp,
    TokenUsage, ToolCall, ToolResult, ToolStatus,
};

/// The place of an event in its agent's history: 1, 2, 3 … without a gap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Seq(pub u64);

/// One row of an agent's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place.
    pub seq: Seq,
    /// The run that it belongs to.
    pub run_id: RunId,
    /// The attempt that wrote it; 0 for what happened before the first claim.
    pub attempt: Attempt,
    /// When it was written.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// Why a model's answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// It was complete.
    EndTurn,
    /// It wants the results of its tool calls.
    ToolUse,
    /// It was cut off by a length limit.
    Length,
    /// The model declined, or a filter stopped it.
    Refusal,
}

/// What became of a connection that a command wanted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NetworkVerdict {
    /// It was made.
    Allowed,
    /// It may not be made; the sentence says why, and what to do so that it may.
    Refused(String),
    /// It may be made, and could not be; the sentence says why.
    Failed(String),
}

/// What people read in place of a prompt that approves a plan.
const APPROVED: &str = "Approved the plan.";

/// What the user said with a prompt of that text: the text itself, unless the server wrote it because a plan
/// was approved.
#[must_use]
pub const fn said(text: &str, approves: Option<RunId>) -> &str {
    match approves {
        Some(_) => APPROVED,
        None => text,
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventBody {
    /// The run's prompt, when the run starts.
    Prompt {
        /// What the model is told.
        text: String,
        /// How many images came with it.
        image_count: u32,
        /// The run whose plan it approves; the user said no more than that, see [`said`].
        approves: Option<RunId>,
    },
    /// The run's state is now another.
    StateChanged {
        /// The new state.
        to: RunState,
        /// Why it failed, for `Failed`.
        cause: Option<Cause>,
        /// A sentence for people: why, and what they can do.
        message: Option<String>,
    },
    /// A request to the model begins; the one thing that a crash may repeat.
    ModelRequested {
        /// The turn, from 1 within its run.
        turn: u32,
        /// Who was asked.
        model: ModelId,
    },
    /// The model was busy or away; it is asked again.
    ModelRetried {
        /// The turn.
        turn: u32,
        /// What it said.
        reason: String,
        /// The wait before the next try.
        wait: Duration,
    },
    /// The answer broke off; readers drop the deltas of this turn.
    TurnRestarted {
        /// The turn.
        turn: u32,
        /// What broke.
        reason: String,
    },
    /// A piece of an answer's text while it streams.
    TextDelta {
        /// The turn.
        turn: u32,
        /// The piece.
        text: String,
    },
    /// A piece of an answer's thinking while it streams.
    ThinkingDelta {
        /// The turn.
        turn: u32,
        /// The piece.
        text: String,
    },
    /// The model stopped thinking, and says or does something now.
    ThinkingEnded {
        /// The turn.
        turn: u32,
        /// How long it thought.
        took: Duration,
    },
    /// The thinking of a complete answer.
    Thinking {
        /// The turn.
        turn: u32,
        /// All of it.
        text: String,
        /// The provider's signature, to be sent back with it.
        signature: Option<String>,
    },
    /// The text of a complete answer.
    Text {
        /// The turn.
        turn: u32,
        /// All of it.
        text: String,
    },
    /// A tool call of a complete answer.
    ToolCalled {
        /// The turn.
        turn: u32,
        /// The call.
        call: ToolCall,
    },
    /// The answer is complete and stored.
    AnswerEnded {
        /// The turn.
        turn: u32,
        /// Why it ended.
        stop: StopReason,
        /// What it cost.
        usage: TokenUsage,
    },
    /// A piece of a command's output while it runs.
    ToolOutput {
        /// The call.
        call_id: String,
        /// The piece.
        text: String,
    },
    /// A tool call has its result.
    ToolFinished {
        /// The call.
        call_id: String,
        /// The result.
        result: ToolResult,
        /// How long it took.
        took: Duration,
    },
    /// The loop put a message of its own before the model.
    Nudged {
        /// The turn that it precedes.
        turn: u32,
        /// The message.
        text: String,
    },
    /// A named limit was reached.
    LimitReached {
        /// Which.
        limit: String,
    },
    /// The checkout of a repository is ready.
    WorkspacePrepared {
        /// The repository.
        repository: Repository,
        /// The commit that it started from.
        base: CommitId,
        /// The branch that the result goes to.
        branch: BranchName,
    },
    /// The work in a repository is one commit.
    Committed {
        /// The repository.
        repository: Repository,
        /// The commit.
        commit: CommitId,
        /// Its subject line.
        subject: String,
        /// Files that differ from the base.
        file_count: u32,
        /// Lines added.
        insertions: u64,
        /// Lines removed.
        deletions: u64,
    },
    /// Nothing differs from where the run started, so there is nothing to publish.
    NothingToPublish {
        /// The repository.
        repository: Repository,
    },
    /// The branch on the remote is at our commit.
    Pushed {
        /// The repository.
        repository: Repository,
        /// The branch.
        branch: BranchName,
        /// The commit.
        commit: CommitId,
    },
    /// A pull request shows the branch.
    PullRequestOpened {
        /// The repository.
        repository: Repository,
        /// Its number on its forge.
        number: PullRequestNumber,
        /// Where people read it.
        url: String,
    },
    /// What all requests of the run cost together; it stands right before the run's end.
    Spent {
        /// The sum over its answers.
        usage: TokenUsage,
    },
    /// Commands of the run reached for a host; several times at once are one event.
    NetworkUsed {
        /// The host, with the port where that is neither 443 nor 80.
        host: String,
        /// What became of it.
        verdict: NetworkVerdict,
        /// How many connections, or requests over plain HTTP.
        count: u64,
        /// Bytes that went out.
        sent_bytes: u64,
        /// Bytes that came in.
        received_bytes: u64,
    },
    /// Something that people should know and that fits nowhere else.
    Note {
        /// A sentence.
        text: String,
    },
}

impl EventBody {
    /// Whether it shows that an attempt got somewhere; attempts without one count as stalled.
    ///
    /// An answer by itself does not: where no tool can be called, each attempt would get one more, and pay for it.
    #[must_use]
    pub const fn is_progress(&self) -> bool {
        match self {
            Self::ToolFinished { result, .. } => match result.status {
                ToolStatus::Ok | ToolStatus::Error => true,
                ToolStatus::Interrupted => false,
            },
            Self::WorkspacePrepared { .. }
            | Self::Committed { .. }
            | Self::Pushed { .. }
            | Self::PullRequestOpened { .. } => true,
            Self::Prompt { .. }
            | Self::StateChanged { .. }
            | Self::ModelRequested { .. }
            | Self::ModelRetried { .. }
            | Self::TurnRestarted { .. }
            | Self::TextDelta { .. }
            | Self::ThinkingDelta { .. }
            | Self::ThinkingEnded { .. }
            | Self::Thinking { .. }
            | Self::Text { .. }
            | Self::ToolCalled { .. }
            | Self::ToolOutput { .. }
            | Self::AnswerEnded { .. }
            | Self::Nudged { .. }
            | Self::LimitReached { .. }
            | Self::NothingToPublish { .. }
            | Self::Spent { .. }
            | Self::NetworkUsed { .. }
            | Self::Note { .. } => false,
        }
    }
}
