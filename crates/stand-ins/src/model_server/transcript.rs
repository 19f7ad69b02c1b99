//! What the server needs to know of a transcript, whatever its wire form.

use super::Form;
use super::{check_chat, check_messages, check_responses};

/// The script's place in a transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Transcript {
    /// The last prompt that brings a script, else the last one.
    pub(super) prompt: String,
    /// How many messages stand before that prompt.
    pub(super) before: usize,
    /// How many answers stand behind it.
    pub(super) answers: usize,
    /// Whether the client asked for a stream.
    pub(super) streams: bool,
    /// The model that it asked for.
    pub(super) model: String,
}

/// How a provider would call the body wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Objection(pub(super) String);

impl Transcript {
    /// Reads and checks a body by the rules of its wire form.
    pub(super) fn read(form: Form, body: &[u8]) -> Result<Self, Objection> {
        match form {
            Form::Chat => check_chat::read(body),
            Form::Responses => check_responses::read(body),
            Form::Messages => check_messages::read(body),
        }
    }

    /// Takes a user message: a script begins anew at the last one that brings one.
    pub(super) fn user(&mut self, index: usize, text: &str) {
        let brings = text.contains("[[script");
        if brings || !self.prompt.contains("[[script") {
            text.clone_into(&mut self.prompt);
            if brings || self.answers == 0 {
                self.before = index;
            }
            if brings {
                self.answers = 0;
            }
        }
    }
}

pub(super) fn object(words: impl Into<String>) -> Objection {
    Objection(words.into())
}
