//! `OpenAI` responses: an answer as server-sent events.

use serde_json::{Value, json};

use super::script::{Order, SaidCall, Saying, Stop, pieces};
use super::serve::Asked;

pub(super) fn stream(asked: &Asked<'_>, saying: &Saying) -> Vec<u8> {
    let mut events = Events::default();
    let shell = |status: &str| {
        json!({
            "id": asked.id,
            "object": "response",
            "created_at": 1_700_000_000,
            "status": status,
            "model": asked.model,
            "output": [],
            "error": null,
            "incomplete_details": null,
            "usage": null,
        })
    };
    events.push(
        "response.created",
        json!({"response": shell("in_progress")}),
    );
    if !saying.thinking.is_empty() {
        events.reasoning(asked, saying);
    }
    if !saying.text.is_empty() {
        events.message(asked, saying);
    }
    events.calls(asked, saying);
    let (kind, status) = match saying.stop {
        Stop::Length => ("response.incomplete", "incomplete"),
        Stop::End | Stop::Tools | Stop::Refusal => ("response.completed", "completed"),
    };
    let mut response = shell(status);
    response["output"] = json!(events.output);
    if saying.stop == Stop::Length {
        response["incomplete_details"] = json!({"reason": "max_output_tokens"});
    }
    if let Some((input, output)) = asked.tokens {
        response["usage"] = json!({
            "input_tokens": input,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input + output,
        });
    }
    events.push(kind, json!({"response": response}));
    events.out
}

#[derive(Default)]
struct Events {
    out: Vec<u8>,
    sequence: usize,
    output: Vec<Value>,
}

impl Events {
    fn push(&mut self, kind: &str, mut event: Value) {
        event["type"] = json!(kind);
        event["sequence_number"] = json!(self.sequence);
        self.sequence += 1;
        self.out
            .extend(format!("event: {kind}\ndata: {event}\n\n").bytes());
    }

    fn added(&mut self, index: usize, item: &Value) {
        let event = json!({"output_index": index, "item": item});
        self.push("response.output_item.added", event);
    }

    fn done(&mut self, index: usize, item: Value) {
        let event = json!({"output_index": index, "item": item});
        self.push("response.output_item.done", event);
        self.output.push(item);
    }

    fn reasoning(&mut self, asked: &Asked<'_>, saying: &Saying) {
        let index = self.output.len();
        let id = format!("rs_{}", asked.id);
        let mut item = json!({"id": id, "type": "reasoning", "summary": []});
        self.added(index, &item);
        for piece in pieces(&saying.thinking, saying.piece_bytes) {
            let event = json!({
                "item_id": id, "output_index": index, "summary_index": 0, "delta": piece,
            });
            self.push("response.reasoning_summary_text.delta", event);
        }
        item["summary"] = json!([{"type": "summary_text", "text": saying.thinking}]);
        item["encrypted_content"] = json!(format!("enc-{}", asked.id));
        self.done(index, item);
    }

    fn message(&mut self, asked: &Asked<'_>, saying: &Saying) {
        let index = self.output.len();
        let id = format!("msg_{}", asked.id);
        let (part, field, kind) = match saying.stop {
            Stop::Refusal => ("refusal", "refusal", "response.refusal.delta"),
            Stop::End | Stop::Tools | Stop::Length => {
                ("output_text", "text", "response.output_text.delta")
            }
        };
        let mut item = json!({
            "id": id, "type": "message", "role": "assistant", "status": "in_progress",
            "content": [],
        });
        self.added(index, &item);
        let empty = json!({"type": part, field: ""});
        let event = json!({
            "item_id": id, "output_index": index, "content_index": 0, "part": empty,
        });
        self.push("response.content_part.added", event);
        for piece in pieces(&saying.text, saying.piece_bytes) {
            let event = json!({
                "item_id": id, "output_index": index, "content_index": 0, "delta": piece,
            });
            self.push(kind, event);
        }
        item["status"] = json!("completed");
        item["content"] = json!([{"type": part, field: saying.text}]);
        self.done(index, item);
    }

    fn calls(&mut self, asked: &Asked<'_>, saying: &Saying) {
        let first = self.output.len();
        let of = |number: usize, call: &SaidCall, arguments: &str| {
            json!({
                "id": format!("fc_{}_{number}", asked.id), "type": "function_call",
                "call_id": call.id, "name": call.name, "arguments": arguments,
            })
        };
        let at_once = match saying.order {
            Order::InTurn => 1,
            Order::Interleaved => saying.calls.len().max(1),
        };
        for (group, calls) in saying.calls.chunks(at_once).enumerate() {
            let numbered = || {
                calls
                    .iter()
                    .enumerate()
                    .map(|(at, call)| (group * at_once + at, call))
            };
            for (number, call) in numbered() {
                self.added(first + number, &of(number, call, ""));
            }
            let cut: Vec<_> = calls
                .iter()
                .map(|call| pieces(&call.arguments, saying.piece_bytes))
                .collect();
            let most = cut.iter().map(Vec::len).max().unwrap_or(0);
            for (round, at) in
                (0..most).flat_map(|round| (0..calls.len()).map(move |at| (round, at)))
            {
                if let Some(piece) = cut[at].get(round) {
                    let index = first + group * at_once + at;
                    let event = json!({"output_index": index, "delta": piece});
                    self.push("response.function_call_arguments.delta", event);
                }
            }
            for (number, call) in numbered() {
                self.done(first + number, of(number, call, &call.arguments));
            }
        }
    }
}
