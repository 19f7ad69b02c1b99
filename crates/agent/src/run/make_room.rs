//! Keeping the conversation within the model's context.
//!
//! At 80 %, and when the provider says that it is too long, the older part is replaced by a summary
//! that the model writes itself; if that fails or comes out no smaller, the oldest tool outputs are
//! dropped without a model. The run's prompt always stays word for word.

use outwork_domain::limits::{COMPACTIONS_MAX, CONTEXT_FILL_PERCENT_MAX};
use outwork_domain::{Cause, EventBody, TokenUsage, ToolResult, ToolStatus};

use super::Outcome;
use super::drive::Run;
use super::history::{changed_files, empty, rendered, shorten, tail};
use super::outcome::Ended;
use super::patience::{Patience, Verdict};
use crate::conversation::current_run;
use crate::{Conduct, Message, Request};

/// What is known about how full the context is.
#[derive(Default)]
pub(super) struct Room {
    /// Tokens beyond a quarter of the bytes, by the provider's last count: tools, dense text.
    overhead: u64,
    compactions: u32,
    refused: u32,
}

const SUMMARY_SYSTEM: &str = "\
You compress the history of a coding agent so that it can go on without the original. Keep: what the \
user asked for, the plan and which of its steps are done, each file that was read or changed and what \
matters in it, commands that worked, errors that are still open, and decisions with their reasons. \
Leave out everything else. Answer with the summary alone.";

impl Room {
    /// Takes the provider's count for a conversation of that weight.
    pub(super) fn note(&mut self, usage: TokenUsage, weight: usize) {
        self.overhead = usage.total().saturating_sub(quarter(weight));
        self.refused = 0;
    }

    /// Takes a call: one that may have changed a file is progress.
    pub(super) fn note_call(&mut self, tool: &str, result: &ToolResult) {
        if matches!(tool, "write" | "edit" | "shell") && result.status == ToolStatus::Ok {
            self.compactions = 0;
        }
    }
}

impl Run<'_> {
    /// Makes room if the conversation fills most of the context.
    pub(super) async fn keep_room(&mut self) -> Result<(), Ended> {
        let window = self.model.context_tokens();
        let most = window / 100 * CONTEXT_FILL_PERCENT_MAX;
        if self.model.conduct() == Conduct::Scripted || self.used() < most {
            return Ok(());
        }
        self.limit(format!(
            "{CONTEXT_FILL_PERCENT_MAX} % of the model's context"
        ));
        self.compact().await
    }

    /// Makes room because the provider refused the conversation for its length.
    pub(super) async fn make_room_after_refusal(&mut self, reason: &str) -> Result<(), Ended> {
        self.room.refused += 1;
        self.limit(format!("the model's context: {reason}"));
        match self.room.refused {
            1 => self.compact().await,
            2 => {
                self.count_compaction().await?;
                self.drop_outputs(0).await
            }
            _ => self.exhausted().await,
        }
    }

    pub(super) fn tokens_of(&self, bytes: usize) -> u64 {
        quarter(bytes)
    }

    fn used(&self) -> u64 {
        let bytes = self.system.len() + self.conversation.weight();
        self.room.overhead.saturating_add(quarter(bytes))
    }

    async fn compact(&mut self) -> Result<(), Ended> {
        self.count_compaction().await?;
        let before = self.conversation.weight();
        if let Some(messages) = self.summarised().await? {
            let after: usize = messages.iter().map(Message::weight).sum();
            if after < before {
                self.conversation.messages = messages;
                return Ok(());
            }
        }
        let window = self.model.context_tokens();
        self.drop_outputs(window / 100 * 60).await
    }

    async fn count_compaction(&mut self) -> Result<(), Ended> {
        self.room.compactions += 1;
        if self.room.compactions > COMPACTIONS_MAX {
            self.limit(format!(
                "{COMPACTIONS_MAX} compactions without a changed file"
            ));
            return self.exhausted().await;
        }
        Ok(())
    }

    async fn exhausted(&mut self) -> Result<(), Ended> {
        self.flush().await?;
        let message = "the conversation no longer fits the model, and what could be left out was";
        Err(Outcome::failed(Cause::ContextExhausted, message).into())
    }

    /// The conversation with its older part summed up by the model; `None` if that cannot be had.
    async fn summarised(&mut self) -> Result<Option<Vec<Message>>, Ended> {
        let window_bytes = usize::try_from(self.model.context_tokens())
            .unwrap_or(usize::MAX)
            .saturating_mul(4);
        let cut = cut_of(&self.conversation.messages, window_bytes / 4);
        let (old, kept) = self.conversation.messages.split_at(cut);
        let history = tail(&rendered(old), window_bytes / 2).to_owned();
        if history.is_empty() {
            return Ok(None);
        }
        let mut messages = Vec::with_capacity(kept.len() + 2);
        if kept.iter().all(|message| !is_prompt(message)) {
            messages.extend(
                current_run(old)
                    .first()
                    .filter(|first| is_prompt(first))
                    .cloned(),
            );
        }
        let changed = changed_files(old);
        let kept = kept.to_vec();
        let Some(mut summary) = self.summary(history).await? else {
            return Ok(None);
        };
        if !changed.is_empty() {
            summary.push_str("\n\nFiles changed so far: ");
            summary.push_str(&changed.into_iter().collect::<Vec<_>>().join(", "));
        }
        messages.push(Message::Summary(summary));
        messages.extend(kept);
        Ok(Some(messages))
    }

    /// The model's summary of a history, charged to the run.
    async fn summary(&mut self, history: String) -> Result<Option<String>, Ended> {
        let bytes = history.len();
        let messages = [Message::Prompt {
            text: history,
            images: Vec::new(),
        }];
        let request = Request {
            system: SUMMARY_SYSTEM,
            messages: &messages,
            tools: &[],
            effort: self.effort,
            mode: self.mode,
        };
        let mut patience = Patience::default();
        loop {
            self.check_budget().await?;
            match self.model.answer(&request, &mut |_| {}).await {
                Ok(answer) => {
                    let usage = answer.usage.unwrap_or_else(|| TokenUsage {
                        input: self.tokens_of(bytes),
                        output: self.tokens_of(answer.text.len()),
                        ..TokenUsage::default()
                    });
                    self.meter.spent.tokens = self.meter.spent.tokens.plus(usage);
                    return Ok(Some(answer.text).filter(|text| !text.trim().is_empty()));
                }
                Err(error) => match patience.judge(error, (self.jitter)()) {
                    Verdict::Wait { reason, wait } => {
                        let turn = self.conversation.turn + 1;
                        self.outbox
                            .push(EventBody::ModelRetried { turn, reason, wait });
                        self.flush().await?;
                        tokio::time::sleep(wait).await;
                    }
                    Verdict::AtOnce => {}
                    Verdict::OutOfPatience { .. }
                    | Verdict::TooManyBroken { .. }
                    | Verdict::Final { .. } => return Ok(None),
                },
            }
        }
    }

    /// Drops the oldest tool outputs until the conversation is down to `target` tokens.
    async fn drop_outputs(&mut self, target: u64) -> Result<(), Ended> {
        let before = self.conversation.weight();
        let is_results = |message: &Message| matches!(message, Message::Results(_));
        let newest = self.conversation.messages.iter().rposition(is_results);
        for index in 0..self.conversation.messages.len() {
            if self.used() <= target {
                break;
            }
            let is_newest = Some(index) == newest;
            if let Message::Results(results) = &mut self.conversation.messages[index] {
                let shrink = if is_newest { shorten } else { empty };
                results
                    .iter_mut()
                    .for_each(|one| shrink(&mut one.result.text));
            }
        }
        if self.conversation.weight() >= before {
            return self.exhausted().await;
        }
        Ok(())
    }
}

const fn quarter(bytes: usize) -> u64 {
    bytes as u64 / 4
}

fn is_prompt(message: &Message) -> bool {
    matches!(message, Message::Prompt { .. })
}

/// Where the part begins that stays: at most `most` bytes, and never between a call and its result.
fn cut_of(messages: &[Message], most: usize) -> usize {
    let mut weight = 0;
    let mut cut = messages.len();
    for (index, message) in messages.iter().enumerate().rev() {
        weight += message.weight();
        if weight > most {
            break;
        }
        if !matches!(message, Message::Results(_)) {
            cut = index;
        }
    }
    cut
}
