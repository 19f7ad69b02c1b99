//! The messages that a job of v1 begins with: the task, and what is told to the agent beside it.

use std::fmt::Write as _;

use outwork_domain::Prompt;
use outwork_domain::limits::GUIDANCE_BYTES_MAX;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;

/// A message.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct MessageBody {
    /// `user`: the task. `system`: what the agent is told beside the built-in system prompt.
    /// `assistant`: an example of an answer.
    #[schema(
        required = true,
        pattern = "^(system|user|assistant)$",
        example = "user"
    )]
    role: Option<String>,
    /// The text.
    #[schema(example = "Add a quickstart guide")]
    content: Option<String>,
    /// In place of `content`, as hooks of the AI SDK send it; texts are read, files of users refused.
    #[schema(value_type = Option<Vec<PartBody>>)]
    parts: Option<Vec<Object<PartBody>>>,
}

/// A part of a message.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MessagePart)]
pub(super) struct PartBody {
    #[serde(rename = "type")]
    #[schema(example = "text")]
    kind: Option<String>,
    text: Option<String>,
}

/// What the messages come to.
#[derive(Debug)]
pub(super) struct Messages {
    /// The task.
    pub(super) prompt: Prompt,
    /// What is told beside it.
    pub(super) guidance: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    System,
    User,
    Assistant,
}

/// Reads the messages of a body.
pub(super) fn read_messages(
    messages: Option<Vec<Object<MessageBody>>>,
) -> Result<Messages, Failure> {
    let messages = messages.ok_or_else(|| Failure::invalid("messages is required"))?;
    let mut read = Vec::with_capacity(messages.len());
    for (place, Object(message)) in messages.into_iter().enumerate() {
        read.push(message.read(&format!("messages[{place}]"))?);
    }
    let of = |role: Role| {
        let texts = read.iter().filter(move |(of, _)| *of == role);
        let texts = texts.map(|(_, text)| text.trim());
        texts.filter(|text| !text.is_empty()).collect::<Vec<&str>>()
    };
    let task = of(Role::User).join("\n\n");
    if task.is_empty() {
        return Err(Failure::invalid(
            "messages must have a user message with text",
        ));
    }
    let prompt = Prompt::new(task, Vec::new());
    let prompt = prompt.map_err(|why| Failure::invalid(format!("messages {why}")))?;
    let guidance = guidance(&of(Role::System), &of(Role::Assistant));
    if guidance.len() > GUIDANCE_BYTES_MAX || guidance.contains('\0') {
        let message = format!(
            "messages: system and assistant messages must be at most {GUIDANCE_BYTES_MAX} bytes in all, \
             without NUL"
        );
        return Err(Failure::invalid(message));
    }
    Ok(Messages {
        prompt,
        guidance: Some(guidance).filter(|text| !text.is_empty()),
    })
}

fn guidance(system: &[&str], examples: &[&str]) -> String {
    let mut text = system.join("\n\n");
    if !examples.is_empty() && !text.is_empty() {
        text.push_str("\n\n");
    }
    for (number, example) in (1..).zip(examples) {
        if number == 1 {
            text.push_str("Examples of answers as they are wanted");
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "\n\n<example>\n{example}\n</example>");
    }
    text
}

impl MessageBody {
    fn read(self, place: &str) -> Result<(Role, String), Failure> {
        let role = match self.role.as_deref() {
            Some("system") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some(_) | None => {
                let message = format!("{place}.role must be system, user or assistant");
                return Err(Failure::invalid(message));
            }
        };
        let parts = self.parts.unwrap_or_default();
        if role == Role::User
            && let Some(number) = parts.iter().position(|Object(part)| part.is_file())
        {
            let message = format!("{place}.parts[{number}]: files are not taken here");
            return Err(Failure::invalid(message));
        }
        let text = match self.content {
            Some(text) => text,
            None if parts.is_empty() => {
                return Err(Failure::invalid(format!("{place}.content is required")));
            }
            None => {
                let texts = parts.into_iter().filter_map(|Object(part)| part.text());
                texts.collect::<Vec<_>>().join("\n\n")
            }
        };
        Ok((role, text))
    }
}

impl PartBody {
    fn is_file(&self) -> bool {
        self.kind.as_deref() == Some("file")
    }

    fn text(self) -> Option<String> {
        self.text.filter(|_| self.kind.as_deref() == Some("text"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(messages: Value) -> Result<(String, Option<String>), String> {
        let messages = serde_json::from_value(messages).unwrap();
        let read = read_messages(messages).map_err(|failure| failure.message)?;
        Ok((read.prompt.text().to_owned(), read.guidance))
    }

    #[test]
    fn user_messages_are_the_task_and_the_others_stand_beside_it() {
        let messages = json!([
            {"role": "system", "content": "Write in French."},
            {"role": "user", "content": "Add a guide."},
            {"role": "assistant", "content": "Voilà."},
            {"role": "user", "parts": [{"type": "step-start"}, {"type": "text", "text": "And a list."}]},
        ]);
        let (task, guidance) = read(messages).unwrap();
        assert_eq!(task, "Add a guide.\n\nAnd a list.");
        assert_eq!(
            guidance.unwrap(),
            "Write in French.\n\nExamples of answers as they are wanted\n\n<example>\nVoilà.\n</example>"
        );
        let (task, guidance) = read(json!([{"role": "user", "content": "Go."}])).unwrap();
        assert_eq!((task.as_str(), guidance), ("Go.", None));
    }

    #[test]
    fn faults_name_their_place() {
        let long = "a".repeat(GUIDANCE_BYTES_MAX + 1);
        for (messages, part) in [
            (json!(null), "messages is required"),
            (json!([]), "user message"),
            (json!([{"role": "user", "content": "  "}]), "user message"),
            (json!([{"role": "system", "content": "x"}]), "user message"),
            (json!([{"role": "user"}]), "messages[0].content"),
            (json!([{"content": "x"}]), "messages[0].role"),
            (
                json!([{"role": "user", "parts": [{"type": "text", "text": "x"}, {"type": "file"}]}]),
                "messages[0].parts[1]: files",
            ),
            (
                json!([{"role": "user", "content": "x"}, {"role": "tool", "content": "x"}]),
                "messages[1].role",
            ),
            (
                json!([{"role": "user", "content": "x"}, {"role": "system", "content": long}]),
                "at most",
            ),
        ] {
            let refused = read(messages).unwrap_err();
            assert!(refused.contains(part), "{refused}");
        }
    }
}
