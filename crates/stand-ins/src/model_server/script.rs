//! Scripts: what the model says at each turn, and what goes wrong then.
//!
//! A prompt brings its script as `[[script: N shell COMMAND]]` (N calls, `{i}` counts from 1) or as
//! `[[script-json: {"turns": [...]}]]`. After its last turn a script says `done`.

use serde::Deserialize;
use serde_json::{Value, json};

/// What a model says, turn by turn.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The turns in order.
    pub turns: Vec<Turn>,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Turn {
    /// How often it comes in a row, once if absent; `{i}` in commands and text counts from 1.
    pub repeat: Option<usize>,
    /// Its thinking.
    pub thinking: String,
    /// Its text.
    pub text: String,
    /// Its tool calls.
    pub calls: Vec<Call>,
    /// Why it ends; follows from the calls if absent.
    pub stop: Option<Stop>,
    /// What its usage figures say.
    pub usage: UsageFigures,
    /// In which order the pieces of several calls come.
    pub order: Order,
    /// How many bytes of text or arguments one event carries.
    pub piece_bytes: Option<usize>,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// A tool call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Call {
    /// The tool; `shell` if absent.
    pub name: Option<String>,
    /// A command for `shell`, in place of arguments.
    pub shell: Option<String>,
    /// The arguments; a string goes out as it is, be it JSON or not.
    pub arguments: Value,
    /// The id; made from the turn if absent.
    pub id: Option<String>,
    /// How often the call comes in the same answer, once if absent.
    pub times: Option<usize>,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It is complete.
    End,
    /// It wants results.
    Tools,
    /// It was cut off by a length limit.
    Length,
    /// The model declined; its text is the refusal.
    Refusal,
}

/// What the usage figures of an answer say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageFigures {
    /// A quarter of the bytes.
    #[default]
    Honest,
    /// Nothing.
    Missing,
    /// Zero.
    Zero,
    /// More than there are tokens in the world.
    Absurd,
}

/// In which order the pieces of several calls come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One call after the other.
    #[default]
    InTurn,
    /// A piece of each in turn, where the wire form allows that.
    Interleaved,
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// For how many requests of the turn, the first ones; all if absent.
    pub times: Option<usize>,
    /// Milliseconds before the first byte.
    pub delay_ms: u64,
    /// The status, in place of an answer.
    pub status: Option<u16>,
    /// The `Retry-After` header of that status.
    pub retry_after: Option<String>,
    /// The body of that status; the provider's usual error if absent.
    pub body: Option<String>,
    /// How many bytes go out at a time.
    pub chunk_bytes: Option<usize>,
    /// Milliseconds between two such pieces.
    pub pause_ms: u64,
    /// After how many bytes of the stream it ends.
    pub cut_after: Option<usize>,
    /// How it ends there.
    pub ending: super::Ending,
    /// A frame in the middle that does not parse.
    pub bad_json: Option<String>,
}

/// A turn with its place in the script.
pub(super) struct Placed<'a> {
    pub(super) turn: &'a Turn,
    /// Counts the repetitions of the turn, from 1.
    pub(super) count: usize,
}

impl Script {
    /// A script of so many turns with one shell command each.
    #[must_use]
    pub fn shells(count: usize, command: &str) -> Self {
        let call = Call {
            shell: Some(command.to_owned()),
            ..Call::default()
        };
        Self {
            turns: vec![Turn {
                repeat: Some(count),
                calls: vec![call],
                ..Turn::default()
            }],
        }
    }

    /// The script that a prompt brings, or what is wrong with it; `None` if it brings none.
    pub(super) fn of_prompt(prompt: &str) -> Option<Result<Self, String>> {
        let (_, rest) = prompt.rsplit_once("[[script")?;
        if let Some(json) = rest.strip_prefix("-json:") {
            let mut values = serde_json::Deserializer::from_str(json).into_iter::<Self>();
            let first = values.next()?;
            return Some(first.map_err(|error| format!("the script does not parse: {error}")));
        }
        let line = rest.strip_prefix(':')?.split("]]").next()?.trim();
        let words = line.split_once(" shell ");
        let parsed = words
            .and_then(|(count, command)| Some(Self::shells(count.trim().parse().ok()?, command)));
        Some(parsed.ok_or_else(|| format!("the script is not `N shell COMMAND`: {line:?}")))
    }

    /// The turn of that number, from 0; after the last one, nothing is left to say.
    pub(super) fn turn(&self, number: usize) -> Option<Placed<'_>> {
        let mut before = 0;
        for turn in &self.turns {
            let repeat = turn.repeat.unwrap_or(1);
            if number < before + repeat {
                let count = number - before + 1;
                return Some(Placed { turn, count });
            }
            before += repeat;
        }
        None
    }
}

/// What a stream is made of.
pub(super) struct Saying {
    pub(super) thinking: String,
    pub(super) text: String,
    pub(super) calls: Vec<SaidCall>,
    pub(super) stop: Stop,
    pub(super) order: Order,
    pub(super) usage: UsageFigures,
    pub(super) piece_bytes: usize,
}

/// A call as it is said.
pub(super) struct SaidCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

const PIECE_BYTES: usize = 48;

impl Saying {
    pub(super) fn done() -> Self {
        Self {
            thinking: String::new(),
            text: "done".to_owned(),
            calls: Vec::new(),
            stop: Stop::End,
            order: Order::InTurn,
            usage: UsageFigures::Honest,
            piece_bytes: PIECE_BYTES,
        }
    }

    /// `stem` makes the ids of the calls.
    pub(super) fn of(placed: &Placed<'_>, stem: &str) -> Self {
        let Placed { turn, count } = placed;
        let counted = |text: &str| text.replace("{i}", &count.to_string());
        let mut calls = Vec::new();
        for call in &turn.calls {
            for _ in 0..call.times.unwrap_or(1) {
                let id = call.id.clone();
                let arguments = match (&call.shell, &call.arguments) {
                    (Some(command), _) => json!({"command": counted(command)}).to_string(),
                    (None, Value::String(raw)) => raw.clone(),
                    (None, value) => counted(&value.to_string()),
                };
                calls.push(SaidCall {
                    id: id.unwrap_or_else(|| format!("{stem}_{}", calls.len())),
                    name: call.name.clone().unwrap_or_else(|| "shell".to_owned()),
                    arguments,
                });
            }
        }
        let by_itself = if calls.is_empty() {
            Stop::End
        } else {
            Stop::Tools
        };
        Self {
            thinking: counted(&turn.thinking),
            text: counted(&turn.text),
            calls,
            stop: turn.stop.unwrap_or(by_itself),
            order: turn.order,
            usage: turn.usage,
            piece_bytes: turn.piece_bytes.unwrap_or(PIECE_BYTES).max(1),
        }
    }

    /// Input and output tokens as this answer states them; `None` if it states none.
    pub(super) fn tokens(&self, request_bytes: usize) -> Option<(u64, u64)> {
        let said: usize = self.calls.iter().map(|call| call.arguments.len()).sum();
        let said = said + self.text.len() + self.thinking.len();
        match self.usage {
            UsageFigures::Honest => Some((1 + request_bytes as u64 / 4, 1 + said as u64 / 4)),
            UsageFigures::Missing => None,
            UsageFigures::Zero => Some((0, 0)),
            UsageFigures::Absurd => Some((1_000_000_000, 1_000_000_000)),
        }
    }
}

/// Cuts a text into pieces of at most so many bytes, never within a character.
pub(super) fn pieces(text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(most);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_script_of_a_prompt() {
        let none = Script::of_prompt("no script [[here]]");
        assert!(none.is_none());
        let script = Script::of_prompt("x [[script: 2 shell echo {i} >> a]] y")
            .unwrap()
            .unwrap();
        assert_eq!(script, Script::shells(2, "echo {i} >> a"));
        let json = r#"[[script-json: {"turns": [{"text": "a]]b", "stop": "length"}]}]] more"#;
        let script = Script::of_prompt(json).unwrap().unwrap();
        assert_eq!(script.turns[0].text, "a]]b");
        assert!(Script::of_prompt("[[script: x]]").unwrap().is_err());
        assert!(
            Script::of_prompt(r#"[[script-json: {"turn": 1}]]"#)
                .unwrap()
                .is_err()
        );
    }

    #[test]
    fn repeats_count_from_one() {
        let script = Script::shells(2, "echo {i}");
        let said = |number| script.turn(number).map(|placed| Saying::of(&placed, "c"));
        assert_eq!(
            said(1).unwrap().calls[0].arguments,
            r#"{"command":"echo 2"}"#
        );
        assert!(said(2).is_none());
    }

    #[test]
    fn pieces_keep_characters_whole() {
        assert_eq!(pieces("aübc", 2), ["aü", "bc"]);
        assert_eq!(pieces("üü", 1), ["ü", "ü"]);
        assert!(pieces("", 3).is_empty());
    }
}
