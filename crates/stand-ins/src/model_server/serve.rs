//! Serving: each request is logged, checked, matched with its turn, and answered.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::http::{self, Connection, Incoming, Kept, Reply};
use crate::log::Log;

use super::recorded::{AnswerRecord, Recorded};
use super::script::{Fault, Saying, Script};
use super::transcript::{Objection, Transcript};
use super::{Care, Form, stream_chat, stream_messages, stream_responses};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    care: Care,
    log: Log<Recorded>,
    rules: Mutex<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    key: Option<String>,
    script: Option<Script>,
    replies: VecDeque<Reply>,
    /// How often a turn was asked for, by prompt and turn: faults count their requests.
    asked: HashMap<(String, usize), usize>,
}

/// What an answer is made with.
pub(super) struct Asked<'a> {
    pub(super) id: String,
    pub(super) model: &'a str,
    pub(super) tokens: Option<(u64, u64)>,
}

impl Shared {
    pub(super) fn new(care: Care) -> Self {
        Self {
            care,
            log: Log::new(),
            rules: Mutex::default(),
        }
    }

    pub(super) const fn log(&self) -> &Log<Recorded> {
        &self.log
    }

    pub(super) fn require_key(&self, key: &str) {
        self.rules().key = Some(key.to_owned());
    }

    pub(super) fn play(&self, script: Script) {
        self.rules().script = Some(script);
    }

    pub(super) fn push_reply(&self, reply: Reply) {
        self.rules().replies.push_back(reply);
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    http::accept(listener, |stream| converse(stream, Arc::clone(&shared))).await;
}

/// Serves one connection until either side has enough; how it broke is the client's story.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let _ = converse_until_error(stream, &shared).await;
}

async fn converse_until_error(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(stream);
    while let Some(incoming) = connection.read().await? {
        let received_at = Instant::now();
        let (reply, outcome) = answer(&incoming, shared);
        let recorded = record(incoming, received_at, shared);
        let kept = connection.write(&reply).await;
        let answered_at = Instant::now();
        // Set once per request, so it cannot be set already.
        let _ = recorded.outcome.set(AnswerRecord {
            status: reply.status,
            answered_at,
            tokens: outcome.tokens,
            turn: outcome.turn,
        });
        if kept? == Kept::Gone {
            break;
        }
    }
    Ok(())
}

fn record(incoming: Incoming, received_at: Instant, shared: &Shared) -> Arc<Recorded> {
    let body_bytes = incoming.body.len();
    let body = match shared.care {
        Care::Full => incoming.body,
        Care::Times => Vec::new(),
    };
    shared.log.add(|number| Recorded {
        number,
        form: form_of(&incoming.path),
        path: incoming.path,
        headers: incoming.headers,
        received_at,
        body_bytes,
        body,
        outcome: std::sync::OnceLock::new(),
    })
}

#[derive(Default)]
struct Outcome {
    tokens: (u64, u64),
    turn: usize,
}

fn form_of(path: &str) -> Option<Form> {
    let path = path.split('?').next().unwrap_or_default();
    [
        ("/chat/completions", Form::Chat),
        ("/responses", Form::Responses),
        ("/messages", Form::Messages),
    ]
    .into_iter()
    .find_map(|(end, form)| path.ends_with(end).then_some(form))
}

fn answer(incoming: &Incoming, shared: &Shared) -> (Reply, Outcome) {
    let refused = |form, status, kind: &str, words: &str| {
        (refusal(form, status, kind, words), Outcome::default())
    };
    let Some(form) = form_of(&incoming.path) else {
        // A form that it cannot check or speak still gets what a test laid ready.
        if let Some(reply) = shared.rules().replies.pop_front() {
            return (reply, Outcome::default());
        }
        return refused(Form::Chat, 404, "not_found_error", "no such path");
    };
    if !has_key(incoming, shared) {
        return refused(form, 401, "authentication_error", "invalid x-api-key");
    }
    let transcript = match Transcript::read(form, &incoming.body) {
        Ok(transcript) if transcript.streams => transcript,
        Ok(_) => return refused(form, 400, "invalid_request_error", "stream must be true"),
        Err(Objection(words)) => return refused(form, 400, "invalid_request_error", &words),
    };
    if let Some(reply) = shared.rules().replies.pop_front() {
        return (reply, Outcome::default());
    }
    match Script::of_prompt(&transcript.prompt) {
        Some(Err(words)) => refused(form, 400, "invalid_request_error", &words),
        Some(Ok(script)) => perform(form, incoming, &transcript, &script, shared),
        None => {
            let script = shared.rules().script.clone().unwrap_or_default();
            perform(form, incoming, &transcript, &script, shared)
        }
    }
}

fn has_key(incoming: &Incoming, shared: &Shared) -> bool {
    let Some(key) = shared.rules().key.clone() else {
        return true;
    };
    incoming
        .headers
        .iter()
        .any(|(name, value)| match name.as_str() {
            "authorization" => value.strip_prefix("Bearer ") == Some(&key),
            "x-api-key" => *value == key,
            _ => false,
        })
}

fn perform(
    form: Form,
    incoming: &Incoming,
    transcript: &Transcript,
    script: &Script,
    shared: &Shared,
) -> (Reply, Outcome) {
    let turn = transcript.answers;
    let placed = script.turn(turn);
    let place = format!("{}_{turn}", transcript.before);
    let stem = match form {
        Form::Chat | Form::Responses => format!("call_{place}"),
        Form::Messages => format!("toolu_{place}"),
    };
    let saying = match &placed {
        Some(placed) => Saying::of(placed, &stem),
        None => Saying::done(),
    };
    let asked = Asked {
        id: place,
        model: &transcript.model,
        tokens: saying.tokens(incoming.body.len()),
    };
    let mut outcome = Outcome {
        tokens: asked.tokens.unwrap_or_default(),
        turn,
    };
    let fault = placed.and_then(|placed| placed.turn.fault.as_ref());
    let fault = fault.filter(|fault| applies(fault, transcript, shared));
    if let Some((fault, status)) = fault.and_then(|fault| Some((fault, fault.status?))) {
        outcome.tokens = (0, 0);
        return (failure(form, status, fault), outcome);
    }
    let mut body = match form {
        Form::Chat => stream_chat::stream(&asked, &saying),
        Form::Responses => stream_responses::stream(&asked, &saying),
        Form::Messages => stream_messages::stream(&asked, &saying),
    };
    if let Some(words) = fault.and_then(|fault| fault.bad_json.as_ref()) {
        let frame = format!("data: {words}\n\n");
        let first_end = body
            .windows(2)
            .position(|two| two == b"\n\n")
            .map_or(0, |at| at + 2);
        body.splice(first_end..first_end, frame.bytes());
    }
    let reply = Reply::stream(body);
    (
        fault.map_or_else(|| reply.clone(), |fault| with_fault(reply.clone(), fault)),
        outcome,
    )
}

/// Counts the request, and tells whether the fault is meant for it.
fn applies(fault: &Fault, transcript: &Transcript, shared: &Shared) -> bool {
    let mut rules = shared.rules();
    let key = (transcript.prompt.clone(), transcript.answers);
    let asked = rules.asked.entry(key).or_default();
    *asked += 1;
    fault.times.is_none_or(|times| *asked <= times)
}

fn failure(form: Form, status: u16, fault: &Fault) -> Reply {
    let mut reply = match &fault.body {
        Some(body) => Reply::status(status, body.clone()),
        None => refusal(form, status, "scripted_error", "the script says so"),
    };
    if let Some(wait) = &fault.retry_after {
        reply = reply.with_header("retry-after", wait);
    }
    with_fault(reply, fault)
}

/// The answer with what is to go wrong in it.
fn with_fault(reply: Reply, fault: &Fault) -> Reply {
    Reply {
        delay: Duration::from_millis(fault.delay_ms),
        chunk_bytes: fault.chunk_bytes,
        pause: Duration::from_millis(fault.pause_ms),
        cut_after: fault.cut_after.map(|bytes| (bytes, fault.ending)),
        ..reply
    }
}

fn refusal(form: Form, status: u16, kind: &str, words: &str) -> Reply {
    let body = match form {
        Form::Messages => json!({"type": "error", "error": {"type": kind, "message": words}}),
        Form::Chat | Form::Responses => json!({
            "error": {"message": words, "type": kind, "param": null, "code": null},
        }),
    };
    Reply::status(status, body.to_string())
}
