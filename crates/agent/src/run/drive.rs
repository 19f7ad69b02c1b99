//! The loop itself: who is next, and what the last answer asks for.
//!
//! Resuming is not a special way through: whatever stands at the end of the conversation decides
//! what comes next, whether this attempt put it there or an earlier one.

use std::collections::HashSet;
use std::time::Duration;

use outwork_domain::limits::{CONTINUATIONS_MAX, EMPTY_ANSWERS_MAX};
use outwork_domain::{
    Budget, Cause, Effort, EventBody, Jitter, ModelId, RunMode, Spending, StopReason, TokenUsage,
    ToolDefinition, ToolResult,
};
use tokio::time::Instant;

use super::make_room::Room;
use super::outcome::Ended;
use super::repeats::Repeats;
use super::{Interrupted, Outcome, Start};
use crate::conversation::CallResult;
use crate::system_prompt::system_prompt;
use crate::{Conduct, Conversation, Environment, Message, Model, Sink};

/// Works on a run until its outcome, or until the attempt is over.
///
/// # Errors
///
/// [`Interrupted`] if events are no longer taken or tools can no longer be called.
pub async fn run_loop(
    model: &dyn Model,
    environment: &mut dyn Environment,
    sink: &mut dyn Sink,
    start: Start,
) -> Result<Outcome, Interrupted> {
    let mut run = Run::begin(model, environment, sink, start);
    match run.drive().await {
        Ok(outcome) | Err(Ended::With(outcome)) => Ok(outcome),
        Err(Ended::By(interrupted)) => Err(interrupted),
    }
}

/// A run while it is worked on.
pub(super) struct Run<'a> {
    pub(super) model: &'a dyn Model,
    pub(super) environment: &'a mut dyn Environment,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) conversation: Conversation,
    pub(super) meter: Meter,
    pub(super) model_id: ModelId,
    pub(super) effort: Option<Effort>,
    pub(super) mode: RunMode,
    pub(super) system: String,
    pub(super) tools: Vec<ToolDefinition>,
    /// Events that go out with the next append.
    pub(super) outbox: Vec<EventBody>,
    pub(super) streaks: Streaks,
    pub(super) room: Room,
    pub(super) jitter: Box<dyn FnMut() -> Jitter + Send>,
}

/// What happened several times in a row.
#[derive(Default)]
pub(super) struct Streaks {
    pub(super) malformed: u32,
    pub(super) empty: u32,
    pub(super) continued: u32,
    pub(super) repeats: Repeats,
    /// The text of answers that were cut off and asked to go on.
    pub(super) text_so_far: String,
    /// Ids of calls in the last answer that had the id of another call.
    pub(super) renamed: HashSet<String>,
    /// Whether people know that token counts are estimated.
    pub(super) estimated: bool,
}

impl Streaks {
    /// Those that earlier attempts of the run left; the last answer is still to be judged.
    fn of(messages: &[Message]) -> Self {
        let mut streaks = Self::default();
        streaks.repeats.replay(messages);
        let judged = match messages {
            [judged @ .., Message::Answer { .. }] => judged,
            all => all,
        };
        for message in judged {
            match message {
                Message::Answer {
                    text, calls, stop, ..
                } if *stop == StopReason::Length && calls.is_empty() => {
                    streaks.text_so_far.push_str(text);
                    streaks.continued += 1;
                }
                Message::Answer { .. } => {
                    streaks.text_so_far.clear();
                    streaks.continued = 0;
                }
                Message::Prompt { .. }
                | Message::Results(_)
                | Message::Nudge(_)
                | Message::Summary(_) => {}
            }
        }
        streaks
    }
}

/// What the run has spent, and may spend.
pub(super) struct Meter {
    budget: Budget,
    pub(super) spent: Spending,
    wall_before: Duration,
    started: Instant,
}

impl Meter {
    fn new(budget: Budget, spent: Spending) -> Self {
        Self {
            budget,
            spent,
            wall_before: spent.wall,
            started: Instant::now(),
        }
    }

    /// The limit that forbids another request, if one does.
    fn forbids_request(&mut self) -> Option<String> {
        self.spent.wall = self.wall_before.saturating_add(self.started.elapsed());
        self.budget.exceeded_by(&self.spent)
    }

    /// The limit that forbids another tool call, if one does: calls cost neither turns nor tokens,
    /// and those of the last answer may finish the work.
    fn forbids_call(&mut self) -> Option<String> {
        self.spent.wall = self.wall_before.saturating_add(self.started.elapsed());
        self.budget.exceeded_by(&Spending {
            turns: 0,
            tokens: TokenUsage::default(),
            ..self.spent
        })
    }
}

impl<'a> Run<'a> {
    fn begin(
        model: &'a dyn Model,
        environment: &'a mut dyn Environment,
        sink: &'a mut dyn Sink,
        start: Start,
    ) -> Self {
        let streaks = Streaks::of(start.conversation.current_run());
        Self {
            model,
            tools: environment.tools(),
            environment,
            sink,
            conversation: start.conversation,
            meter: Meter::new(start.budget, start.spending),
            model_id: start.model_id,
            effort: start.effort,
            mode: start.mode,
            system: system_prompt(&start.briefing, start.mode),
            outbox: Vec::new(),
            streaks,
            room: Room::default(),
            jitter: start.jitter,
        }
    }

    async fn drive(&mut self) -> Result<Outcome, Ended> {
        self.resume();
        loop {
            if let Some(outcome) = self.settle().await? {
                return Ok(outcome);
            }
            self.ask().await?;
        }
    }

    /// Closes what an earlier attempt left open: its request, and its calls without results.
    fn resume(&mut self) {
        if let Some(turn) = self.conversation.unanswered.take() {
            self.outbox.push(EventBody::TurnRestarted {
                turn,
                reason: "the attempt before this one ended during the request".to_owned(),
            });
        }
        for call in self.conversation.open_calls() {
            let result = ToolResult::interrupted();
            self.outbox.push(EventBody::ToolFinished {
                call_id: call.id.clone(),
                result: result.clone(),
                took: Duration::ZERO,
            });
            self.conversation.push_result(CallResult {
                call_id: call.id,
                result,
            });
        }
    }

    /// Does what the last answer asks for; `None` if the model is to be asked again.
    async fn settle(&mut self) -> Result<Option<Outcome>, Ended> {
        let Some(Message::Answer {
            text, calls, stop, ..
        }) = self.conversation.messages.last()
        else {
            return Ok(None);
        };
        let (text, calls, stop) = (text.clone(), calls.clone(), *stop);
        if stop == StopReason::Refusal {
            return self.end(refusal(&text)).await.map(Some);
        }
        if !calls.is_empty() {
            (self.streaks.empty, self.streaks.continued) = (0, 0);
            self.streaks.text_so_far.clear();
            self.carry_out(calls, stop).await?;
            return Ok(None);
        }
        if stop == StopReason::Length {
            return self.go_on(&text).await;
        }
        if text.trim().is_empty() && self.model.conduct() == Conduct::Free {
            return self.nudge_empty().await;
        }
        let text = std::mem::take(&mut self.streaks.text_so_far) + &text;
        self.end(Outcome::Finished { text }).await.map(Some)
    }

    async fn go_on(&mut self, text: &str) -> Result<Option<Outcome>, Ended> {
        self.streaks.text_so_far.push_str(text);
        self.streaks.continued += 1;
        if self.streaks.continued > CONTINUATIONS_MAX {
            self.limit(format!("{CONTINUATIONS_MAX} continuations of one answer"));
            let message = "the model's answers were cut off by their length limit again and again";
            return self
                .end(Outcome::failed(Cause::ModelProtocol, message))
                .await
                .map(Some);
        }
        self.nudge("Your answer was cut off by its length limit. Go on exactly where it stopped.");
        Ok(None)
    }

    async fn nudge_empty(&mut self) -> Result<Option<Outcome>, Ended> {
        self.streaks.empty += 1;
        if self.streaks.empty > EMPTY_ANSWERS_MAX {
            self.limit(format!("{EMPTY_ANSWERS_MAX} empty answers in a row"));
            let message = "the model answered with nothing, also after being asked to go on";
            return self
                .end(Outcome::failed(Cause::ModelProtocol, message))
                .await
                .map(Some);
        }
        self.nudge(
            "Your answer was empty. Go on with the work, or say in a few sentences what you did.",
        );
        Ok(None)
    }

    /// Puts a message of the loop before the model.
    pub(super) fn nudge(&mut self, text: &str) {
        self.outbox.push(EventBody::Nudged {
            turn: self.conversation.turn + 1,
            text: text.to_owned(),
        });
        self.conversation
            .messages
            .push(Message::Nudge(text.to_owned()));
    }

    pub(super) fn limit(&mut self, limit: impl Into<String>) {
        self.outbox.push(EventBody::LimitReached {
            limit: limit.into(),
        });
    }

    /// Ends the run if its budget allows no further request.
    pub(super) async fn check_budget(&mut self) -> Result<(), Ended> {
        match self.meter.forbids_request() {
            Some(limit) => self.end_over_budget(limit).await,
            None => Ok(()),
        }
    }

    /// Counts a tool call, or ends the run if its budget allows no further one.
    pub(super) async fn count_call(&mut self) -> Result<(), Ended> {
        if let Some(limit) = self.meter.forbids_call() {
            return self.end_over_budget(limit).await;
        }
        self.meter.spent.tool_calls += 1;
        Ok(())
    }

    async fn end_over_budget(&mut self, limit: String) -> Result<(), Ended> {
        let message = format!("the run has used up its budget: {limit}");
        self.limit(format!("budget: {limit}"));
        self.flush().await?;
        Err(Outcome::failed(Cause::BudgetExceeded, message).into())
    }

    /// Ends the run, once all its events are durable.
    pub(super) async fn end(&mut self, outcome: Outcome) -> Result<Outcome, Ended> {
        self.flush().await?;
        Ok(outcome)
    }

    pub(super) async fn flush(&mut self) -> Result<(), Ended> {
        if !self.outbox.is_empty() {
            self.sink.append(std::mem::take(&mut self.outbox)).await?;
        }
        Ok(())
    }
}

fn refusal(text: &str) -> Outcome {
    let message = match text.trim() {
        "" => "the model declined, or a content filter stopped it".to_owned(),
        words => format!("the model declined: {words}"),
    };
    Outcome::failed(Cause::ModelRefused, message)
}
