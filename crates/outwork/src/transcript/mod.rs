//! Events as people read them in a terminal: a pure function of the events so far.
//!
//! Streamed pieces are shown as they come and not again when the whole arrives. Every foreign text
//! passes [`Plain`] first.

mod call;

use std::collections::HashMap;
use std::time::Duration;

use outwork_client::{EventBody, ToolCall, ToolResult};

use crate::output::{Role, Style};
use crate::plain::{Plain, plain, plain_line};

/// Lines of a tool's result that are shown if its output was not streamed.
const RESULT_LINES_MAX: usize = 20;

/// How what the server says before a tool's output begins and ends.
const REMARK_START: &str = "[";
const REMARK_END: &str = "]\n\n";

/// What was shown so far, as far as it matters for what comes next.
#[derive(Debug)]
pub struct Transcript {
    style: Style,
    /// Where the cursor is.
    at: Column,
    /// What is streaming, and the filter that its pieces pass.
    streaming: Option<(Streaming, Plain)>,
    /// What was streamed of the turn so far.
    streamed: Vec<Streaming>,
    /// Calls that have no result yet.
    calls: HashMap<String, ToolCall>,
    /// The pieces of their outputs.
    outputs: HashMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Start,
    Within,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Streaming {
    Text,
    Thinking,
    Output(String),
}

impl Transcript {
    /// An empty one.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            at: Column::Start,
            streaming: None,
            streamed: Vec::new(),
            calls: HashMap::new(),
            outputs: HashMap::new(),
        }
    }

    /// What the next event adds; it may end within a line.
    pub fn show(&mut self, body: &EventBody) -> String {
        match body {
            EventBody::Prompt { text, image_count } => self.prompt(text, *image_count),
            EventBody::TextDelta { text, .. } => self.piece(&Streaming::Text, text),
            EventBody::ThinkingDelta { text, .. } => self.piece(&Streaming::Thinking, text),
            EventBody::ToolOutput { call_id, text } => {
                let pieces = self.outputs.entry(call_id.clone()).or_default();
                pieces.push_str(text);
                self.piece(&Streaming::Output(call_id.clone()), text)
            }
            EventBody::Text { text, .. } => self.whole(&Streaming::Text, text),
            EventBody::Thinking { text, .. } => self.whole(&Streaming::Thinking, text),
            EventBody::ToolCalled { call, .. } => self.called(call),
            EventBody::ToolFinished {
                call_id,
                result,
                took_ms,
            } => self.finished(call_id, result, *took_ms),
            EventBody::ModelRequested { .. } | EventBody::TurnRestarted { .. } => {
                self.streamed.clear();
                self.remark(body)
            }
            EventBody::StateChanged { .. }
            | EventBody::ModelRetried { .. }
            | EventBody::AnswerEnded { .. }
            | EventBody::Nudged { .. }
            | EventBody::LimitReached { .. }
            | EventBody::WorkspacePrepared { .. }
            | EventBody::Committed { .. }
            | EventBody::NothingToPublish { .. }
            | EventBody::Pushed { .. }
            | EventBody::PullRequestOpened { .. }
            | EventBody::NetworkUsed { .. }
            | EventBody::Note { .. }
            | EventBody::Unknown => self.remark(body),
        }
    }

    /// A line of our own between the events.
    pub fn aside(&mut self, role: Role, text: &str) -> String {
        self.line(role, &format!("· {}", plain_line(text)))
    }

    /// Ends the line that the cursor is in, if it is in one.
    pub fn end_line(&mut self) -> String {
        self.streaming = None;
        if self.at == Column::Start {
            return String::new();
        }
        self.at = Column::Start;
        "\n".to_owned()
    }

    fn line(&mut self, role: Role, text: &str) -> String {
        let before = self.end_line();
        format!("{before}{}\n", self.style.paint(role, text))
    }

    fn prompt(&mut self, text: &str, image_count: u32) -> String {
        let mut out = self.end_line();
        for line in plain(text).trim_end().lines() {
            out += &self.line(Role::Accent, format!("> {line}").trim_end());
        }
        if image_count > 0 {
            out += &self.line(Role::Accent, &format!("> [{image_count} images]"));
        }
        out
    }

    fn piece(&mut self, kind: &Streaming, text: &str) -> String {
        let mut out = String::new();
        let same = self.streaming.as_ref().is_some_and(|(now, _)| now == kind);
        if !same {
            out += &self.end_line();
            if !self.streamed.contains(kind) {
                self.streamed.push(kind.clone());
            }
            self.streaming = Some((kind.clone(), Plain::default()));
        }
        let Some((_, filter)) = &mut self.streaming else {
            return out;
        };
        let text = filter.feed(text);
        out += &self.flow(kind, &text);
        out
    }

    /// Text that may end within a line; output of tools is set apart by a bar.
    fn flow(&mut self, kind: &Streaming, text: &str) -> String {
        let (bar, role) = match kind {
            Streaming::Text => ("", None),
            Streaming::Thinking => ("", Some(Role::Dim)),
            Streaming::Output(_) => ("  │ ", Some(Role::Dim)),
        };
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            let bar = if self.at == Column::Start { bar } else { "" };
            let shown = format!("{bar}{body}");
            out += &role.map_or(shown.clone(), |role| self.style.paint(role, &shown));
            self.at = if line.ends_with('\n') {
                out.push('\n');
                Column::Start
            } else {
                Column::Within
            };
        }
        out
    }

    fn whole(&mut self, kind: &Streaming, text: &str) -> String {
        let before = self.end_line();
        if self.streamed.contains(kind) {
            return before;
        }
        let text = plain(text);
        before + &self.flow(kind, text.trim_end()) + &self.end_line()
    }

    fn called(&mut self, call: &ToolCall) -> String {
        self.calls.insert(call.id.clone(), call.clone());
        self.line(Role::Strong, &call::headline(call))
    }

    fn finished(&mut self, call_id: &str, result: &ToolResult, took_ms: u64) -> String {
        let kind = Streaming::Output(call_id.to_owned());
        // What came after the last piece is in the result only.
        let mut out = match self.outputs.remove(call_id) {
            Some(pieces) => match rest(&pieces, &result.text) {
                Some(Rest { remarks, text }) => {
                    let text = self.piece(&kind, text) + &self.end_line();
                    text + &self.flow(&kind, plain(remarks).trim_end())
                }
                None => self.end_line() + &self.flow(&kind, &tail(&plain(&result.text))),
            },
            None => String::new(),
        };
        out += &self.end_line();
        let silent = self
            .calls
            .remove(call_id)
            .is_some_and(|call| call::is_silent(&call) && result.status == "ok");
        if !self.streamed.contains(&kind) && !silent {
            let text = head(&plain(&result.text));
            out += &self.flow(&kind, &text);
            out += &self.end_line();
        }
        self.streamed.retain(|streamed| *streamed != kind);
        let took = took(Duration::from_millis(took_ms));
        let (role, words) = match (result.status.as_str(), result.exit_status) {
            ("ok", _) => (Role::Dim, format!("  └ ok, {took}")),
            ("error", Some(status)) => (Role::Warning, format!("  └ exit status {status}, {took}")),
            (status, _) => (Role::Warning, format!("  └ {}, {took}", plain_line(status))),
        };
        out + &self.line(role, &words)
    }

    fn remark(&mut self, body: &EventBody) -> String {
        match call::remark(body) {
            Some((role, text)) => self.aside(role, &text),
            None => String::new(),
        }
    }
}

/// What a whole text has beyond its pieces.
struct Rest<'a> {
    /// What the server says before the output, such as a limit that was reached.
    remarks: &'a str,
    /// What came after the last piece.
    text: &'a str,
}

/// What a whole text has beyond its pieces; none if it does not begin with them, behind remarks at most, such
/// as one that was cut in its middle.
fn rest<'a>(pieces: &str, whole: &'a str) -> Option<Rest<'a>> {
    let ends = whole.match_indices(REMARK_END);
    let ends = ends.map(|(at, end)| at + end.len());
    let ends = ends.filter(|_| whole.starts_with(REMARK_START));
    std::iter::once(0).chain(ends).find_map(|at| {
        let (remarks, output) = whole.split_at(at);
        let is_known = at == 0 || !output.is_empty();
        let text = if is_known && pieces.trim_end().ends_with(output.trim_end()) {
            ""
        } else {
            output.strip_prefix(pieces)?
        };
        let few = remarks.lines().count() <= RESULT_LINES_MAX;
        few.then_some(Rest { remarks, text })
    })
}

/// The last lines of a text.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let from = lines.len().saturating_sub(RESULT_LINES_MAX);
    format!("…\n{}", lines[from..].join("\n"))
}

/// The first lines of a text, and how many more there are.
fn head(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    if lines.len() <= RESULT_LINES_MAX {
        return lines.join("\n");
    }
    let shown = lines[..RESULT_LINES_MAX].join("\n");
    format!("{shown}\n… {} more lines", lines.len() - RESULT_LINES_MAX)
}

/// A duration for people.
pub fn took(duration: Duration) -> String {
    let millis = duration.as_millis();
    match duration.as_secs() {
        0 => format!("{millis} ms"),
        secs @ 1..60 => format!("{secs}.{} s", (millis % 1000) / 100),
        secs => format!("{} min {} s", secs / 60, secs % 60),
    }
}

#[cfg(test)]
mod tests;
