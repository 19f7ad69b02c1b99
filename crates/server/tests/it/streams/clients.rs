//! How clients read a stream and come back to it.

use std::collections::HashSet;

/// A frame as it stood in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub id: Option<String>,
    pub event: String,
    pub data: String,
}

/// The whole frames of a piece of a stream.
pub fn frames(stream: &str) -> Vec<Frame> {
    let whole = stream.rfind("\n\n").map_or("", |end| &stream[..end + 2]);
    let pieces = whole.split_terminator("\n\n");
    let frame = |piece: &str| {
        let field = |name: &str| {
            let line = piece.split('\n').find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
        };
        Some(Frame {
            id: field("id: "),
            event: field("event: ")?,
            data: field("data: ")?,
        })
    };
    pieces.filter_map(frame).collect()
}

/// A client: what it took, and from where it would come back.
pub trait Client: Default {
    fn take(&mut self, frame: &Frame);
    fn took(&self) -> &[Frame];
    fn last(&self) -> Option<&str>;
    /// Whether it would come back at all.
    fn is_done(&self) -> bool;

    fn read(&mut self, stream: &str) {
        for frame in frames(stream) {
            if self.is_done() {
                return;
            }
            self.take(&frame);
        }
    }
}

/// The official clients' rules: the place to come back to is the last id of an event that is none of the
/// simplified ones; what has an id that was seen is not taken twice.
#[derive(Default)]
pub struct Official {
    took: Vec<Frame>,
    last: Option<String>,
    simplified: HashSet<String>,
    updates: HashSet<String>,
}

impl Client for Official {
    fn take(&mut self, frame: &Frame) {
        let is_simplified = matches!(frame.event.as_str(), "assistant" | "thinking" | "tool_call");
        if let Some(id) = &frame.id
            && !is_simplified
        {
            self.last = Some(id.clone());
            self.simplified.clear();
        }
        let id = || frame.id.clone().expect("an id");
        let is_new = match frame.event.as_str() {
            "status" | "heartbeat" => false,
            "interaction_update" => self.updates.insert(id()),
            _ if is_simplified => self.simplified.insert(id()),
            _ => true,
        };
        if is_new {
            self.took.push(frame.clone());
        }
    }

    fn took(&self) -> &[Frame] {
        &self.took
    }

    fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    fn is_done(&self) -> bool {
        let last = self.took.last();
        last.is_some_and(|frame| matches!(frame.event.as_str(), "result" | "done"))
    }
}

/// The rule of the HTML standard: the place to come back to is the last id, and everything counts.
#[derive(Default)]
pub struct Plain {
    took: Vec<Frame>,
    last: Option<String>,
}

impl Client for Plain {
    fn take(&mut self, frame: &Frame) {
        if frame.id.is_some() {
            self.last.clone_from(&frame.id);
            self.took.push(frame.clone());
        }
    }

    fn took(&self) -> &[Frame] {
        &self.took
    }

    fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    fn is_done(&self) -> bool {
        self.took.last().is_some_and(|frame| frame.event == "done")
    }
}
