//! `OpenAI` responses: what a request must be.
//!
//! Rules by the API reference: each `function_call` item has one `function_call_output` behind it,
//! no output stands without its call, and reasoning comes back with its encrypted content.

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
    input: Vec<Item<'a>>,
    #[serde(default)]
    stream: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    call_id: Cow<'a, str>,
    #[serde(borrow)]
    arguments: Cow<'a, str>,
    #[serde(borrow)]
    output: Cow<'a, str>,
    #[serde(borrow)]
    encrypted_content: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow)]
    image_url: Cow<'a, str>,
}

/// Whose turn the item before belonged to.
#[derive(PartialEq, Eq)]
enum Side {
    User,
    Model,
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
    let mut side = Side::User;
    for (index, item) in body.input.into_iter().enumerate() {
        let kind = if item.kind.is_empty() {
            "message"
        } else {
            &*item.kind
        };
        let next = match (kind, &*item.role) {
            ("message", "user") => {
                transcript.user(index, &text_of(item.content, "input_text")?);
                Side::User
            }
            ("message", "system" | "developer") => continue,
            ("message", "assistant") => {
                text_of(item.content, "output_text")?;
                Side::Model
            }
            ("reasoning", _) if !item.encrypted_content.is_empty() => Side::Model,
            ("function_call", _) => {
                take_call(&item, &mut open)?;
                Side::Model
            }
            ("function_call_output", _) => {
                if !open.remove(&item.call_id) || item.output.is_empty() {
                    return Err(object(format!(
                        "No tool call found for function call output with call_id {}.",
                        item.call_id
                    )));
                }
                Side::User
            }
            (kind, role) => return Err(object(format!("invalid item {kind:?} {role:?}"))),
        };
        if next == Side::Model && side == Side::User {
            transcript.answers += 1;
        }
        side = next;
    }
    if let Some(id) = open.first() {
        return Err(object(format!(
            "No tool output found for function call {id}."
        )));
    }
    Ok(transcript)
}

fn take_call<'a>(item: &Item<'a>, open: &mut BTreeSet<Cow<'a, str>>) -> Result<(), Objection> {
    let arguments: Result<serde_json::Map<String, serde_json::Value>, _> =
        serde_json::from_str(&item.arguments);
    if item.call_id.is_empty() || arguments.is_err() || !open.insert(item.call_id.clone()) {
        return Err(object(format!("invalid function call {}", item.call_id)));
    }
    Ok(())
}

fn text_of(content: Option<&RawValue>, kind: &str) -> Result<String, Objection> {
    let raw = content.map_or("null", RawValue::get);
    let bad = |error| object(format!("invalid content: {error}"));
    if !raw.starts_with('[') {
        return serde_json::from_str::<String>(raw).map_err(bad);
    }
    let parts: Vec<Part<'_>> = serde_json::from_str(raw).map_err(bad)?;
    let mut text = String::new();
    for part in parts {
        if part.kind == kind {
            text.push_str(&part.text);
        } else if part.kind != "input_image" || !part.image_url.starts_with("data:image/") {
            return Err(object(format!("invalid part of type {:?}", part.kind)));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(input: &Value) -> Result<Transcript, Objection> {
        let body = json!({"model": "m", "stream": true, "input": input});
        read(body.to_string().as_bytes())
    }

    fn call(id: &str) -> Value {
        json!({"type": "function_call", "call_id": id, "name": "shell", "arguments": "{}"})
    }

    fn output(id: &str) -> Value {
        json!({"type": "function_call_output", "call_id": id, "output": "1"})
    }

    fn user(text: &str) -> Value {
        json!({"role": "user", "content": text})
    }

    #[test]
    fn items_of_one_answer_count_once() {
        let said = json!([{"type": "output_text", "text": "on it"}]);
        let transcript = check(&json!([
            user("[[script: 2 shell x]]"),
            {"type": "reasoning", "encrypted_content": "e", "summary": []},
            {"type": "message", "role": "assistant", "content": said},
            call("a"), call("b"), output("b"), output("a"),
            call("c"), output("c"),
        ]))
        .unwrap();
        assert_eq!((transcript.before, transcript.answers), (0, 2));
    }

    #[test]
    fn refuses_broken_transcripts() {
        let hi = user("hi");
        let bare = json!({"type": "function_call", "call_id": "a", "arguments": "["});
        for broken in [
            json!([hi, call("a")]),
            json!([hi, output("a")]),
            json!([hi, call("a"), output("a"), output("a")]),
            json!([hi, call("a"), call("a"), output("a")]),
            json!([hi, bare, output("a")]),
            json!([hi, {"type": "reasoning", "summary": []}]),
            json!([hi, {"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]),
        ] {
            assert!(check(&broken).is_err(), "{broken}");
        }
    }
}
