//! Anthropic messages: an answer as server-sent events.

use serde_json::{Value, json};

use super::script::{Saying, Stop, pieces};
use super::serve::Asked;

pub(super) fn stream(asked: &Asked<'_>, saying: &Saying) -> Vec<u8> {
    let mut events = Events::default();
    let input = asked.tokens.map(|(input, _)| input);
    events.push(&json!({
        "type": "message_start",
        "message": {
            "id": asked.id,
            "type": "message",
            "role": "assistant",
            "model": asked.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": input.map_or(json!({}), |input| json!({"input_tokens": input})),
        },
    }));
    events.push(&json!({"type": "ping"}));
    let piece = saying.piece_bytes;
    if !saying.thinking.is_empty() {
        let mut deltas = texts(
            "thinking_delta",
            "thinking",
            pieces(&saying.thinking, piece),
        );
        deltas.push(json!({"type": "signature_delta", "signature": format!("sig-{}", asked.id)}));
        events.block(
            &json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas,
        );
    }
    if !saying.text.is_empty() {
        let deltas = texts("text_delta", "text", pieces(&saying.text, piece));
        events.block(&json!({"type": "text", "text": ""}), deltas);
    }
    for call in &saying.calls {
        let start = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
        let deltas = pieces(&call.arguments, piece);
        events.block(&start, texts("input_json_delta", "partial_json", deltas));
    }
    let reason = match saying.stop {
        Stop::End => "end_turn",
        Stop::Tools => "tool_use",
        Stop::Length => "max_tokens",
        Stop::Refusal => "refusal",
    };
    let output = asked.tokens.map(|(_, output)| output);
    events.push(&json!({
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": null},
        "usage": output.map_or(json!({}), |output| json!({"output_tokens": output})),
    }));
    events.push(&json!({"type": "message_stop"}));
    events.out
}

fn texts(kind: &str, field: &str, pieces: Vec<&str>) -> Vec<Value> {
    let one = |piece: &str| json!({"type": kind, field: piece});
    pieces.into_iter().map(one).collect()
}

#[derive(Default)]
struct Events {
    out: Vec<u8>,
    block_count: usize,
}

impl Events {
    fn block(&mut self, start: &Value, deltas: Vec<Value>) {
        let index = self.block_count;
        self.block_count += 1;
        self.push(&json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            self.push(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        self.push(&json!({"type": "content_block_stop", "index": index}));
    }

    fn push(&mut self, event: &Value) {
        let kind = event["type"].as_str().unwrap_or_default();
        self.out
            .extend(format!("event: {kind}\ndata: {event}\n\n").bytes());
    }
}
