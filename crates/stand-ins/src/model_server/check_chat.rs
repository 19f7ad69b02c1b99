//! `OpenAI` chat completions: what a request must be.
//!
//! Rules by the API reference: each call of an assistant message is answered by one tool message
//! right behind it, and no tool message stands without its call.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::transcript::{Objection, Transcript, object};

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Vec<Call<'a>>,
    #[serde(borrow, default)]
    tool_call_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    arguments: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    image_url: Option<Image<'a>>,
}

#[derive(Deserialize)]
struct Image<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

pub(super) fn read(body: &[u8]) -> Result<Transcript, Objection> {
    let body: Body<'_> =
        serde_json::from_slice(body).map_err(|error| object(format!("invalid body: {error}")))?;
    let mut transcript = Transcript {
        streams: body.stream,
        model: body.model.into_owned(),
        ..Transcript::default()
    };
    let mut open: BTreeSet<Cow<'_, str>> = BTreeSet::new();
    for (index, message) in body.messages.into_iter().enumerate() {
        if !open.is_empty() && message.role != "tool" {
            return Err(object(format!(
                "An assistant message with 'tool_calls' must be followed by tool messages \
                 responding to each 'tool_call_id'. (messages[{index}], open: {open:?})"
            )));
        }
        match &*message.role {
            "system" | "developer" => {}
            "user" => transcript.user(index, &text_of(message.content)?),
            "assistant" => {
                transcript.answers += 1;
                open = calls_of(index, message)?;
            }
            "tool" => {
                let id = message.tool_call_id.unwrap_or_default();
                if !open.remove(&id) {
                    return Err(object(format!(
                        "messages with role 'tool' must be a response to a preceeding message \
                         with 'tool_calls'. (messages[{index}], {id})"
                    )));
                }
                text_of(message.content)?;
            }
            other => return Err(object(format!("invalid role {other:?}"))),
        }
    }
    if !open.is_empty() || transcript.prompt.is_empty() {
        return Err(object(format!(
            "the last message asks for nothing, open: {open:?}"
        )));
    }
    Ok(transcript)
}

fn calls_of<'a>(index: usize, message: Message<'a>) -> Result<BTreeSet<Cow<'a, str>>, Objection> {
    let has_text = message
        .content
        .is_some_and(|content| content.get() != "\"\"");
    if message.tool_calls.is_empty() && !has_text {
        return Err(object(format!(
            "messages[{index}] has neither content nor calls"
        )));
    }
    let mut ids = BTreeSet::new();
    for call in message.tool_calls {
        let arguments: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_str(&call.function.arguments);
        if arguments.is_err() {
            return Err(object(format!(
                "the arguments of call {} are no object",
                call.id
            )));
        }
        if !ids.insert(call.id) {
            return Err(object(format!("messages[{index}] has an id twice")));
        }
    }
    Ok(ids)
}

/// The text of a content that is a string or a list of parts.
fn text_of(content: Option<&RawValue>) -> Result<String, Objection> {
    let raw = content.map_or("null", RawValue::get);
    let bad = |error| object(format!("invalid content: {error}"));
    if !raw.starts_with('[') {
        return serde_json::from_str::<String>(raw).map_err(bad);
    }
    let parts: Vec<Part<'_>> = serde_json::from_str(raw).map_err(bad)?;
    let mut text = String::new();
    for part in parts {
        match (&*part.kind, part.text, part.image_url) {
            ("text", Some(words), _) => text.push_str(&words),
            ("image_url", _, Some(image)) if image.url.starts_with("data:image/") => {}
            (kind, ..) => return Err(object(format!("invalid part of type {kind:?}"))),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(messages: &Value) -> Result<Transcript, Objection> {
        let body = json!({"model": "m", "stream": true, "messages": messages});
        read(body.to_string().as_bytes())
    }

    fn call(id: &str, arguments: &str) -> Value {
        json!({"id": id, "type": "function", "function": {"name": "shell", "arguments": arguments}})
    }

    fn calls(calls: &[Value]) -> Value {
        json!({"role": "assistant", "content": "", "tool_calls": calls})
    }

    #[test]
    fn counts_the_answers_behind_the_last_script() {
        let tool = json!({"role": "tool", "tool_call_id": "a", "content": "1"});
        let transcript = check(&json!([
            {"role": "system", "content": "s"},
            {"role": "user", "content": "[[script: 1 shell old]]"},
            {"role": "assistant", "content": "done"},
            {"role": "user", "content": [
                {"type": "text", "text": "[[script: 2 shell new]]"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            ]},
            calls(&[call("a", "{}")]),
            tool,
            {"role": "user", "content": "a nudge"},
        ]))
        .unwrap();
        let expected = Transcript {
            prompt: "[[script: 2 shell new]]".to_owned(),
            before: 3,
            answers: 1,
            streams: true,
            model: "m".to_owned(),
        };
        assert_eq!(transcript, expected);
    }

    #[test]
    fn refuses_broken_transcripts() {
        let user = json!({"role": "user", "content": "hi"});
        let tool = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "1"});
        let ok = calls(&[call("a", "{}")]);
        for broken in [
            json!([]),
            json!([user, ok]),
            json!([user, ok, user]),
            json!([user, ok, tool("b")]),
            json!([user, ok, tool("a"), tool("a")]),
            json!([user, tool("a")]),
            json!([user, calls(&[]), user]),
            json!([user, calls(&[call("a", "{")]), tool("a")]),
            json!([user, calls(&[call("a", "{}"), call("a", "{}")]), tool("a")]),
            json!([{"role": "user", "content": [{"type": "image", "text": "x"}]}]),
            json!([{"role": "robot", "content": "x"}]),
        ] {
            assert!(check(&broken).is_err(), "{broken}");
        }
    }
}
