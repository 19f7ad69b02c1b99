//! The `script` model: runs the fenced `sh` blocks of the run's prompt, one a turn, then reports.
//!
//! It has no state: each answer follows from the prompt and the results behind it, so a run that
//! lost its worker goes on where it was. Deterministic, without network and without tokens.

mod blocks;

use std::fmt::Write as _;

use async_trait::async_trait;
use outwork_domain::{
    RunMode, StopReason, TokenUsage, ToolCall, ToolDefinition, ToolResult, ToolStatus,
};
use serde_json::json;

use crate::conversation::current_run;
use crate::{Answer, Conduct, Delta, Message, Model, ModelError, Request};
use blocks::{Block, Repeat, blocks_of};

/// The model that is always there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Script;

const NO_BLOCK: &str = "The prompt has no fenced sh block, so there was nothing to run.";
/// Where the tool says how long a command may take.
const MOST_SECONDS: &str = "/properties/timeout_seconds/maximum";
/// Bytes of a failed block's output that go into the run's failure: its tail. All of it is in the tool's result.
const FAILURE_OUTPUT_BYTES: usize = 512;

#[async_trait]
impl Model for Script {
    async fn answer(
        &self,
        request: &Request<'_>,
        deltas: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Answer, ModelError> {
        let answer = match request.mode {
            RunMode::Agent => next(request.messages, request.tools)?,
            RunMode::Plan => plan(request.messages),
        };
        if !answer.text.is_empty() {
            deltas(Delta::Text(answer.text.clone()));
        }
        Ok(answer)
    }

    fn context_tokens(&self) -> u64 {
        u64::MAX
    }

    fn takes_effort(&self) -> bool {
        false
    }

    fn conduct(&self) -> Conduct {
        Conduct::Scripted
    }
}

/// How often a block was asked for, and what came of it the last time.
#[derive(Default)]
struct Past<'a> {
    tries: usize,
    result: Option<&'a ToolResult>,
}

/// What the script would do; none of it is done. What was said to an earlier plan goes on from it, so the
/// blocks of all prompts count behind which nothing was done yet.
fn plan(messages: &[Message]) -> Answer {
    let is_call =
        |message: &Message| matches!(message, Message::Answer { calls, .. } if !calls.is_empty());
    let done = messages.iter().rposition(is_call);
    let planned = &messages[done.map_or(0, |last| last + 1)..];
    let mut blocks = Vec::new();
    for message in planned {
        if let Message::Prompt { text, .. } = message {
            blocks.extend(blocks_of(text));
        }
    }
    if blocks.is_empty() {
        return report(NO_BLOCK.to_owned());
    }
    let plural = if blocks.len() == 1 { "" } else { "s" };
    let mut text = format!("Would run {} block{plural} of the prompt:\n", blocks.len());
    for (index, block) in blocks.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}. `{}`", index + 1, block.title());
    }
    report(text)
}

fn next(messages: &[Message], tools: &[ToolDefinition]) -> Result<Answer, ModelError> {
    let run = current_run(messages);
    let Some(Message::Prompt { text, .. }) = run.first() else {
        return Ok(report(
            "There was no prompt, so there was nothing to run.".to_owned(),
        ));
    };
    let blocks = blocks_of(text);
    if blocks.is_empty() {
        return Ok(report(NO_BLOCK.to_owned()));
    }
    let is_prompt = |message: &&Message| matches!(message, Message::Prompt { .. });
    let number = messages.iter().filter(is_prompt).count();
    let mut note = String::new();
    for (index, block) in blocks.iter().enumerate() {
        let stem = format!("run{number}-block{}", index + 1);
        let past = past_of(&stem, run);
        match (
            past.result.map(|result| (result.status, result)),
            block.repeat,
        ) {
            (None, _) | (Some((ToolStatus::Interrupted, _)), Repeat::Again) => {
                let id = format!("{stem}-try{}", past.tries + 1);
                return Ok(call(id, block, note, tools));
            }
            (Some((ToolStatus::Error, result)), _) => {
                return Err(ModelError::ScriptFailed {
                    report: failure(index, block, result),
                });
            }
            (Some((ToolStatus::Interrupted, _)), Repeat::Never) => {
                note = format!(
                    "Block {} was interrupted and is marked `once`, so it is not run again.",
                    index + 1
                );
            }
            // A note belongs to the answer right behind its interruption only.
            (Some((ToolStatus::Ok, _)), _) => note.clear(),
        }
    }
    Ok(report(summary(&blocks, number, run)))
}

fn past_of<'a>(stem: &str, run: &'a [Message]) -> Past<'a> {
    let mut past = Past::default();
    let is_ours = |id: &str| {
        let rest = id.strip_prefix(stem);
        rest.is_some_and(|rest| rest.starts_with("-try"))
    };
    for message in run {
        match message {
            Message::Answer { calls, .. } => {
                past.tries += calls.iter().filter(|call| is_ours(&call.id)).count();
            }
            Message::Results(results) => {
                for one in results.iter().filter(|one| is_ours(&one.call_id)) {
                    past.result = Some(&one.result);
                }
            }
            Message::Prompt { .. } | Message::Nudge(_) | Message::Summary(_) => {}
        }
    }
    past
}

/// A call of `shell`. A script has nobody who could ask for more time when a block turns out to need it, so each block gets as long as the tool allows.
fn call(id: String, block: &Block, text: String, tools: &[ToolDefinition]) -> Answer {
    let mut arguments = json!({"command": block.text});
    let shell = tools.iter().find(|tool| tool.name == "shell");
    let most = shell.and_then(|tool| tool.parameters.pointer(MOST_SECONDS));
    if let Some(most) = most {
        arguments["timeout_seconds"] = most.clone();
    }
    Answer {
        thinking: Vec::new(),
        text,
        calls: vec![ToolCall {
            id,
            name: "shell".to_owned(),
            arguments,
        }],
        stop: StopReason::ToolUse,
        usage: Some(TokenUsage::default()),
    }
}

fn report(text: String) -> Answer {
    Answer {
        thinking: Vec::new(),
        text,
        calls: Vec::new(),
        stop: StopReason::EndTurn,
        usage: Some(TokenUsage::default()),
    }
}

fn failure(index: usize, block: &Block, result: &ToolResult) -> String {
    let status = result.exit_status.map_or_else(
        || "did not end by itself".to_owned(),
        |status| format!("ended with status {status}"),
    );
    let mut start = result.text.len().saturating_sub(FAILURE_OUTPUT_BYTES);
    while !result.text.is_char_boundary(start) {
        start += 1;
    }
    format!(
        "block {} (`{}`) {status}:\n{}",
        index + 1,
        block.title(),
        result.text[start..].trim_end()
    )
}

fn summary(blocks: &[Block], number: usize, run: &[Message]) -> String {
    let plural = if blocks.len() == 1 { "" } else { "s" };
    let mut text = format!("Ran {} block{plural} of the prompt:\n", blocks.len());
    for (index, block) in blocks.iter().enumerate() {
        let past = past_of(&format!("run{number}-block{}", index + 1), run);
        let ok = past
            .result
            .is_some_and(|result| result.status == ToolStatus::Ok);
        let outcome = if ok {
            "ok"
        } else {
            "interrupted, its effect is unknown"
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}. `{}`: {outcome}", index + 1, block.title());
    }
    text
}

#[cfg(test)]
mod tests {
    use outwork_domain::ModelId;

    use super::*;
    use crate::CallResult;

    fn prompt(text: &str) -> Message {
        Message::Prompt {
            text: text.to_owned(),
            images: vec![],
        }
    }

    fn answered(mut history: Vec<Message>, results: &[ToolResult]) -> Vec<Message> {
        for result in results {
            let Answer {
                text, calls, stop, ..
            } = next(&history, &[]).unwrap();
            let results = vec![CallResult {
                call_id: calls[0].id.clone(),
                result: result.clone(),
            }];
            history.push(Message::Answer {
                model: ModelId::script(),
                thinking: vec![],
                text,
                calls,
                stop,
            });
            history.push(Message::Results(results));
        }
        history
    }

    const TWO: &str = "Do:\n```sh\necho 1\n```\nand\n```sh\necho 2\nls\n```\n";
    const ONCE: &str = "```sh once\necho 1\n```\n```sh\necho 2\n```\n";

    #[test]
    fn asks_for_one_block_a_turn_and_reports() {
        let history = answered(vec![prompt(TWO)], &[ToolResult::ok("1\n")]);
        let answer = next(&history, &[]).unwrap();
        assert_eq!(answer.calls[0].id, "run1-block2-try1");
        assert_eq!(
            answer.calls[0].arguments,
            json!({"command": "echo 2\nls\n"})
        );
        let history = answered(history, &[ToolResult::ok("2\n")]);
        let last = next(&history, &[]).unwrap();
        assert_eq!(
            last.text,
            "Ran 2 blocks of the prompt:\n\n1. `echo 1`: ok\n2. `echo 2 …`: ok"
        );
        assert_eq!((last.calls.len(), last.stop), (0, StopReason::EndTurn));
    }

    #[test]
    fn a_plan_lists_the_blocks() {
        let mut history = answered(
            vec![prompt(ONCE)],
            &[ToolResult::ok(""), ToolResult::ok("")],
        );
        history.push(prompt(TWO));
        let answer = plan(&history);
        assert_eq!(
            answer.text,
            "Would run 2 blocks of the prompt:\n\n1. `echo 1`\n2. `echo 2 …`"
        );
        assert_eq!((answer.calls.len(), answer.stop), (0, StopReason::EndTurn));
        assert_eq!(plan(&[prompt("hello")]).text, NO_BLOCK);
    }

    #[test]
    fn what_is_said_to_a_plan_keeps_its_blocks() {
        let said = |text: &str| Message::Answer {
            model: ModelId::script(),
            thinking: vec![],
            text: text.to_owned(),
            calls: vec![],
            stop: StopReason::EndTurn,
        };
        let mut history = vec![prompt(TWO), said("a plan"), prompt("Be careful.")];
        let two = "Would run 2 blocks of the prompt:\n\n1. `echo 1`\n2. `echo 2 …`";
        assert_eq!(plan(&history).text, two);
        history.extend([said(two), prompt("```sh\nls\n```\n")]);
        let three = "Would run 3 blocks of the prompt:\n\n1. `echo 1`\n2. `echo 2 …`\n3. `ls`";
        assert_eq!(plan(&history).text, three);
    }

    #[test]
    fn only_the_current_prompt_counts() {
        let mut history = answered(vec![prompt(TWO)], &[ToolResult::ok(""), ToolResult::ok("")]);
        history.push(prompt(ONCE));
        let answer = next(&history, &[]).unwrap();
        assert_eq!(answer.calls[0].id, "run2-block1-try1");
    }

    #[test]
    fn a_failed_block_ends_it_with_its_output() {
        let failed = ToolResult {
            exit_status: Some(3),
            ..ToolResult::error("out\nerr\n")
        };
        let history = answered(vec![prompt(TWO)], &[ToolResult::ok(""), failed]);
        assert_eq!(
            next(&history, &[]),
            Err(ModelError::ScriptFailed {
                report: "block 2 (`echo 2 …`) ended with status 3:\nout\nerr".to_owned()
            })
        );
    }

    #[test]
    fn a_failure_has_the_end_of_a_long_output() {
        let failed = ToolResult::error("ä".repeat(FAILURE_OUTPUT_BYTES) + "x the end");
        let history = answered(vec![prompt(ONCE)], &[failed]);
        let Err(ModelError::ScriptFailed { report }) = next(&history, &[]) else {
            panic!("it did not fail");
        };
        assert!(report.ends_with("ääx the end"), "{report}");
        assert!(report.len() < FAILURE_OUTPUT_BYTES + 100, "{report}");
    }

    #[test]
    fn an_interrupted_block_is_asked_for_again() {
        let history = answered(vec![prompt(TWO)], &[ToolResult::interrupted()]);
        let answer = next(&history, &[]).unwrap();
        assert_eq!(answer.calls[0].id, "run1-block1-try2");
        assert_eq!(answer.calls[0].arguments, json!({"command": "echo 1\n"}));
    }

    #[test]
    fn an_interrupted_block_marked_once_is_not() {
        let history = answered(vec![prompt(ONCE)], &[ToolResult::interrupted()]);
        let answer = next(&history, &[]).unwrap();
        assert_eq!(answer.calls[0].id, "run1-block2-try1");
        assert_eq!(
            answer.text,
            "Block 1 was interrupted and is marked `once`, so it is not run again."
        );
        let history = answered(history, &[ToolResult::ok("")]);
        assert_eq!(
            next(&history, &[]).unwrap().text,
            "Ran 2 blocks of the prompt:\n\n1. `echo 1`: interrupted, its effect is unknown\n\
             2. `echo 2`: ok"
        );
    }

    #[test]
    fn a_prompt_without_blocks_just_reports() {
        let answer = next(&[prompt("hello\n```bash\nls\n```\n")], &[]).unwrap();
        assert_eq!(
            answer.text,
            "The prompt has no fenced sh block, so there was nothing to run."
        );
    }
}
