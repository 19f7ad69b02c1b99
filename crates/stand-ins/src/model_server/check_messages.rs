//! Anthropic messages: what a request must be.
//!
//! Rules by the API reference: `max_tokens` is there, a user speaks first, each `tool_use` has its
//! `tool_result` in the next message and at its beginning, ids are unique, thinking is signed, no
//! text is empty, and tools are defined where they were used.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::transcript::{Objection, Transcript, object};

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    max_tokens: u64,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(default)]
    tools: Vec<IgnoredAny>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    tool_use_id: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    media_type: Cow<'a, str>,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

#[derive(Default)]
struct State<'a> {
    transcript: Transcript,
    open: BTreeSet<Cow<'a, str>>,
    seen: BTreeSet<Cow<'a, str>>,
}

pub(super) fn read(body: &[u8]) -> Result<Transcript, Objection> {
    let body: Body<'_> =
        serde_json::from_slice(body).map_err(|error| object(format!("invalid body: {error}")))?;
    if body.max_tokens == 0 {
        return Err(object("max_tokens: must be greater than 0"));
    }
    let mut state = State::default();
    state.transcript.streams = body.stream;
    state.transcript.model = body.model.into_owned();
    for (index, message) in body.messages.iter().enumerate() {
        let blocks = blocks_of(message.content)?;
        match &*message.role {
            "user" => state.user(index, blocks)?,
            "assistant" if index > 0 => state.assistant(index, blocks)?,
            _ => return Err(object(format!("messages.{index}: a user must speak first"))),
        }
    }
    if !state.open.is_empty() {
        return Err(object("the last `tool_use` has no `tool_result`"));
    }
    if !state.seen.is_empty() && body.tools.is_empty() {
        return Err(object("tools must be defined where `tool_use` blocks are"));
    }
    Ok(state.transcript)
}

impl<'a> State<'a> {
    fn user(&mut self, index: usize, blocks: Vec<Block<'a>>) -> Result<(), Objection> {
        let mut text = String::new();
        let mut has_text = false;
        for block in blocks {
            match &*block.kind {
                "tool_result" if has_text => {
                    return Err(object(format!(
                        "messages.{index}: `tool_result` must come first"
                    )));
                }
                "tool_result" => {
                    if !self.open.remove(&block.tool_use_id) {
                        return Err(object(format!(
                            "messages.{index}: unexpected `tool_use_id` found in `tool_result` \
                             blocks: {}",
                            block.tool_use_id
                        )));
                    }
                }
                "text" if !block.text.trim().is_empty() => {
                    has_text = true;
                    text.push_str(&block.text);
                }
                "image" if is_image(block.source.as_ref()) => has_text = true,
                kind => return Err(object(format!("messages.{index}: bad block {kind:?}"))),
            }
        }
        if !self.open.is_empty() {
            return Err(object(format!(
                "messages.{index}: `tool_use` ids were found without `tool_result` blocks \
                 immediately after: {:?}",
                self.open
            )));
        }
        if !text.is_empty() {
            self.transcript.user(index, &text);
        }
        Ok(())
    }

    fn assistant(&mut self, index: usize, blocks: Vec<Block<'a>>) -> Result<(), Objection> {
        if !self.open.is_empty() || blocks.is_empty() {
            return Err(object(format!(
                "messages.{index}: unexpected assistant message"
            )));
        }
        self.transcript.answers += 1;
        for block in blocks {
            match &*block.kind {
                "text" if !block.text.trim().is_empty() => {}
                "thinking" if !block.signature.is_empty() => {}
                "redacted_thinking" => {}
                "tool_use"
                    if block
                        .input
                        .is_some_and(|input| input.get().starts_with('{')) =>
                {
                    if !self.seen.insert(block.id.clone()) {
                        return Err(object(format!(
                            "messages.{index}: `tool_use` ids must be unique"
                        )));
                    }
                    self.open.insert(block.id);
                }
                kind => return Err(object(format!("messages.{index}: bad block {kind:?}"))),
            }
        }
        Ok(())
    }
}

fn is_image(source: Option<&Source<'_>>) -> bool {
    source.is_some_and(|source| source.media_type.starts_with("image/") && !source.data.is_empty())
}

fn blocks_of(content: &RawValue) -> Result<Vec<Block<'_>>, Objection> {
    let bad = |error| object(format!("invalid content: {error}"));
    if content.get().starts_with('[') {
        return serde_json::from_str(content.get()).map_err(bad);
    }
    let text: String = serde_json::from_str(content.get()).map_err(bad)?;
    Ok(vec![Block {
        kind: Cow::Borrowed("text"),
        text: Cow::Owned(text),
        ..Block::default()
    }])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(messages: &Value) -> Result<Transcript, Objection> {
        let body = json!({
            "model": "m", "stream": true, "max_tokens": 1, "messages": messages,
            "tools": [{"name": "shell"}],
        });
        read(body.to_string().as_bytes())
    }

    fn user(blocks: &[Value]) -> Value {
        json!({"role": "user", "content": blocks})
    }

    fn assistant(blocks: &[Value]) -> Value {
        json!({"role": "assistant", "content": blocks})
    }

    fn text(text: &str) -> Value {
        json!({"type": "text", "text": text})
    }

    fn tool_use(id: &str) -> Value {
        json!({"type": "tool_use", "id": id, "name": "shell", "input": {}})
    }

    fn result(id: &str) -> Value {
        json!({"type": "tool_result", "tool_use_id": id, "content": "1"})
    }

    #[test]
    fn takes_a_whole_transcript() {
        let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
        let image = json!({
            "type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"},
        });
        let transcript = check(&json!([
            user(&[text("[[script: 1 shell x]]"), image]),
            assistant(&[thinking, tool_use("a"), tool_use("b")]),
            user(&[result("b"), result("a")]),
            user(&[text("a nudge")]),
            assistant(&[text("done")]),
            {"role": "user", "content": "more"},
        ]))
        .unwrap();
        assert_eq!((transcript.before, transcript.answers), (0, 2));
    }

    #[test]
    fn refuses_broken_transcripts() {
        let hi = user(&[text("hi")]);
        for broken in [
            json!([assistant(&[text("hi")])]),
            json!([hi, assistant(&[tool_use("a")])]),
            json!([hi, assistant(&[tool_use("a")]), hi]),
            json!([
                hi,
                assistant(&[tool_use("a")]),
                user(&[text("x"), result("a")])
            ]),
            json!([hi, assistant(&[tool_use("a")]), user(&[result("b")])]),
            json!([hi, user(&[result("a")])]),
            json!([hi, assistant(&[text(" ")]), hi]),
            json!([hi, assistant(&[]), hi]),
            json!([
                hi,
                assistant(&[json!({"type": "thinking", "thinking": "x"})]),
                hi
            ]),
            json!([
                hi,
                assistant(&[tool_use("a")]),
                user(&[result("a")]),
                assistant(&[tool_use("a")]),
                user(&[result("a")]),
            ]),
        ] {
            assert!(check(&broken).is_err(), "{broken}");
        }
    }
}
