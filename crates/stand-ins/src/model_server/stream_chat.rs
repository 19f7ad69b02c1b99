//! `OpenAI` chat completions: an answer as server-sent events.

use serde_json::{Value, json};

use super::script::{Order, SaidCall, Saying, Stop, pieces};
use super::serve::Asked;

pub(super) fn stream(asked: &Asked<'_>, saying: &Saying) -> Vec<u8> {
    let mut out = Vec::with_capacity(2_048);
    let chunk = |delta: Value, finish: Option<&str>| {
        json!({
            "id": asked.id,
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": asked.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
        })
    };
    push(
        &mut out,
        &chunk(json!({"role": "assistant", "content": ""}), None),
    );
    for piece in pieces(&saying.thinking, saying.piece_bytes) {
        push(&mut out, &chunk(json!({"reasoning_content": piece}), None));
    }
    let field = if saying.stop == Stop::Refusal {
        "refusal"
    } else {
        "content"
    };
    for piece in pieces(&saying.text, saying.piece_bytes) {
        push(&mut out, &chunk(json!({ field: piece }), None));
    }
    for delta in call_deltas(saying) {
        push(&mut out, &chunk(json!({"tool_calls": [delta]}), None));
    }
    let finish = match saying.stop {
        Stop::End | Stop::Refusal => "stop",
        Stop::Tools => "tool_calls",
        Stop::Length => "length",
    };
    push(&mut out, &chunk(json!({}), Some(finish)));
    if let Some((input, output)) = asked.tokens {
        let mut last = chunk(json!({}), None);
        last["choices"] = json!([]);
        last["usage"] = json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": {"cached_tokens": 0},
        });
        push(&mut out, &last);
    }
    out.extend(b"data: [DONE]\n\n");
    out
}

fn call_deltas(saying: &Saying) -> Vec<Value> {
    let begin = |(index, call): (usize, &SaidCall)| {
        json!({
            "index": index,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        })
    };
    let more =
        |index: usize, piece: &str| json!({"index": index, "function": {"arguments": piece}});
    let calls = saying.calls.iter().enumerate();
    match saying.order {
        Order::InTurn => {
            let one = |(index, call): (usize, &SaidCall)| {
                let rest = pieces(&call.arguments, saying.piece_bytes).into_iter();
                let rest: Vec<Value> = rest.map(|piece| more(index, piece)).collect();
                [vec![begin((index, call))], rest].concat()
            };
            calls.flat_map(one).collect()
        }
        Order::Interleaved => {
            let mut deltas: Vec<Value> = calls.map(begin).collect();
            let cut: Vec<Vec<&str>> = saying
                .calls
                .iter()
                .map(|call| pieces(&call.arguments, saying.piece_bytes))
                .collect();
            let most = cut.iter().map(Vec::len).max().unwrap_or(0);
            for round in 0..most {
                for (index, pieces) in cut.iter().enumerate() {
                    deltas.extend(pieces.get(round).map(|piece| more(index, piece)));
                }
            }
            deltas
        }
    }
}

fn push(out: &mut Vec<u8>, chunk: &Value) {
    out.extend(format!("data: {chunk}\n\n").bytes());
}
