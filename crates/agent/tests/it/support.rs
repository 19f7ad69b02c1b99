//! A model that follows a script, an environment in memory, and a sink that keeps everything.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use outwork_agent::{
    Answer, Briefing, Conduct, Conversation, Delta, Environment, EnvironmentLost, Interrupted,
    Message, Model, ModelError, Outcome, Request, Sink, SinkClosed, Start, run_loop, spending_of,
};
use outwork_domain::{
    Attempt, Budget, Event, EventBody, Image, Jitter, ModelId, RunId, RunMode, Seq, StopReason,
    Timestamp, TokenUsage, ToolCall, ToolDefinition, ToolResult,
};
use serde_json::{Value, json};

pub fn model_id() -> ModelId {
    "test".parse().unwrap()
}

pub fn usage(input: u64, output: u64) -> TokenUsage {
    TokenUsage {
        input,
        output,
        ..TokenUsage::default()
    }
}

pub fn says(text: &str) -> Answer {
    Answer {
        thinking: vec![],
        text: text.to_owned(),
        calls: vec![],
        stop: StopReason::EndTurn,
        usage: Some(usage(10, 5)),
    }
}

pub fn calls(calls: &[(&str, &str, Value)]) -> Answer {
    let call = |(id, name, arguments): &(&str, &str, Value)| ToolCall {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        arguments: arguments.clone(),
    };
    Answer {
        calls: calls.iter().map(call).collect(),
        stop: StopReason::ToolUse,
        ..says("")
    }
}

pub fn shell(id: &str, command: &str) -> Answer {
    calls(&[(id, "shell", json!({"command": command}))])
}

pub fn busy(reason: &str) -> ModelError {
    ModelError::Busy {
        reason: reason.to_owned(),
        retry_after: None,
    }
}

pub fn broken() -> ModelError {
    ModelError::Broken {
        reason: "cut".to_owned(),
    }
}

pub fn too_long() -> ModelError {
    ModelError::TooLong {
        reason: "too long".to_owned(),
    }
}

type Step = Box<dyn FnMut(&Request<'_>) -> Result<Answer, ModelError> + Send>;

/// Answers by script, and keeps what it was asked.
pub struct Scripted {
    steps: Mutex<VecDeque<Step>>,
    pub asked: Mutex<Vec<Vec<Message>>>,
    pub systems: Mutex<Vec<String>>,
    pub window: u64,
    pub conduct: Conduct,
}

impl Scripted {
    pub fn new(steps: impl IntoIterator<Item = Result<Answer, ModelError>>) -> Self {
        let script = Self {
            steps: Mutex::default(),
            asked: Mutex::default(),
            systems: Mutex::default(),
            window: 100_000,
            conduct: Conduct::Free,
        };
        for step in steps {
            script.then(move |_| step.clone());
        }
        script
    }

    /// Adds a step that is worked out from the request.
    pub fn then(
        &self,
        step: impl FnMut(&Request<'_>) -> Result<Answer, ModelError> + Send + 'static,
    ) {
        self.steps.lock().unwrap().push_back(Box::new(step));
    }

    /// Takes the next step away.
    pub fn skip(&self) {
        self.steps.lock().unwrap().pop_front();
    }

    pub fn asked_count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub fn asked_last(&self) -> Vec<Message> {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

#[async_trait]
impl Model for Scripted {
    async fn answer(
        &self,
        request: &Request<'_>,
        deltas: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Answer, ModelError> {
        assert_whole(request.messages);
        self.asked.lock().unwrap().push(request.messages.to_vec());
        self.systems.lock().unwrap().push(request.system.to_owned());
        let step = self.steps.lock().unwrap().pop_front();
        let answer = step.expect("the script has no step for this request")(request);
        if let Ok(answer) = &answer
            && !answer.text.is_empty()
        {
            deltas(Delta::Text(answer.text.clone()));
        }
        answer
    }

    fn context_tokens(&self) -> u64 {
        self.window
    }

    fn conduct(&self) -> Conduct {
        self.conduct
    }
}

/// The rules of every provider, written down a second time.
pub fn assert_whole(messages: &[Message]) {
    let mut seen = HashSet::new();
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        if let Message::Results(results) = message {
            let ids: Vec<String> = results.iter().map(|one| one.call_id.clone()).collect();
            assert_eq!(ids, open, "results that do not match: {messages:?}");
            assert!(!ids.is_empty(), "empty results: {messages:?}");
            open.clear();
            continue;
        }
        assert!(open.is_empty(), "calls without results: {messages:?}");
        if let Message::Answer { calls, text, .. } = message {
            open = calls.iter().map(|call| call.id.clone()).collect();
            assert!(
                !open.is_empty() || !text.trim().is_empty(),
                "empty answer: {messages:?}"
            );
            assert!(
                open.iter().all(|id| seen.insert(id.clone())),
                "ids twice: {messages:?}"
            );
        }
    }
    assert!(
        open.is_empty(),
        "calls without results at the end: {messages:?}"
    );
    let last_is_answer = matches!(messages.last(), Some(Message::Answer { .. }) | None);
    assert!(!last_is_answer, "nothing to answer: {messages:?}");
}

type Tool = Box<dyn FnMut(&ToolCall) -> Result<ToolResult, EnvironmentLost> + Send>;

/// Carries calls out by a function, and keeps them.
pub struct Memory {
    tool: Tool,
    pub called: Arc<Mutex<Vec<String>>>,
}

impl Memory {
    pub fn new(
        tool: impl FnMut(&ToolCall) -> Result<ToolResult, EnvironmentLost> + Send + 'static,
    ) -> Self {
        Self {
            tool: Box::new(tool),
            called: Arc::default(),
        }
    }

    /// Says "ok" to everything, with a number so that no two results are the same.
    pub fn ok() -> Self {
        let mut count = 0;
        Self::new(move |_| {
            count += 1;
            Ok(ToolResult::ok(format!("ok {count}")))
        })
    }

    pub fn called(&self) -> Vec<String> {
        self.called.lock().unwrap().clone()
    }
}

fn tool(name: &'static str, fields: &Value) -> ToolDefinition {
    let names: Vec<&String> = fields.as_object().unwrap().keys().collect();
    ToolDefinition {
        name,
        description: "A tool.",
        parameters: json!({"type": "object", "properties": fields, "required": names}),
    }
}

#[async_trait]
impl Environment for Memory {
    fn tools(&self) -> Vec<ToolDefinition> {
        vec![
            tool("shell", &json!({"command": {"type": "string"}})),
            tool("read", &json!({"path": {"type": "string"}})),
            tool(
                "write",
                &json!({"path": {"type": "string"}, "content": {"type": "string"}}),
            ),
        ]
    }

    async fn call(
        &mut self,
        call: &ToolCall,
        output: &mut (dyn for<'text> FnMut(&'text str) + Send),
    ) -> Result<ToolResult, EnvironmentLost> {
        self.called.lock().unwrap().push(call.id.clone());
        output("out");
        (self.tool)(call)
    }
}

/// Keeps events; closes after so many appends.
#[derive(Default)]
pub struct Kept {
    pub appends: Vec<Vec<EventBody>>,
    pub streamed: Vec<EventBody>,
    pub closes_after: Option<usize>,
}

impl Kept {
    pub fn events(&self) -> Vec<EventBody> {
        self.appends.concat()
    }

    pub fn limits(&self) -> Vec<String> {
        let limit = |event: EventBody| {
            if let EventBody::LimitReached { limit } = event {
                Some(limit)
            } else {
                None
            }
        };
        self.events().into_iter().filter_map(limit).collect()
    }

    pub fn nudges(&self) -> usize {
        let is_nudge = |event: &&EventBody| matches!(event, EventBody::Nudged { .. });
        self.events().iter().filter(is_nudge).count()
    }

    /// The results of all calls, as status and text.
    pub fn results(&self) -> Vec<(String, ToolResult)> {
        let result = |event: EventBody| {
            if let EventBody::ToolFinished {
                call_id, result, ..
            } = event
            {
                Some((call_id, result))
            } else {
                None
            }
        };
        self.events().into_iter().filter_map(result).collect()
    }
}

#[async_trait]
impl Sink for Kept {
    async fn append(&mut self, events: Vec<EventBody>) -> Result<(), SinkClosed> {
        if self.closes_after == Some(self.appends.len()) {
            return Err(SinkClosed);
        }
        assert!(!events.is_empty(), "an append without events");
        self.appends.push(events);
        Ok(())
    }

    fn stream(&mut self, event: EventBody) {
        self.streamed.push(event);
    }
}

/// A history that attempts of a run add to.
pub struct History {
    pub events: Vec<Event>,
    pub images: HashMap<RunId, Vec<Image>>,
    pub run_id: RunId,
    pub budget: Budget,
}

impl History {
    pub fn new(prompt: &str) -> Self {
        let mut history = Self {
            events: vec![],
            images: HashMap::new(),
            run_id: run_id(1),
            budget: Budget::default(),
        };
        history.prompt(1, prompt);
        history
    }

    /// Begins the run of that number.
    pub fn prompt(&mut self, number: u8, text: &str) {
        self.run_id = run_id(number);
        self.add(vec![EventBody::Prompt {
            text: text.to_owned(),
            image_count: 0,
            approves: None,
        }]);
    }

    pub fn add(&mut self, bodies: Vec<EventBody>) {
        for body in bodies {
            self.events.push(Event {
                seq: Seq(self.events.len() as u64 + 1),
                run_id: self.run_id,
                attempt: Attempt(1),
                at: Timestamp::from_millis(0),
                body,
            });
        }
    }

    pub fn conversation(&self) -> Conversation {
        Conversation::rebuild(&self.events, &self.images)
    }

    pub fn start(&self) -> Start {
        Start {
            conversation: self.conversation(),
            spending: spending_of(&self.events, self.run_id),
            budget: self.budget,
            model_id: model_id(),
            effort: None,
            mode: RunMode::Agent,
            briefing: Briefing::default(),
            jitter: Box::new(|| Jitter::from_random(u32::MAX)),
        }
    }

    /// One attempt; what it appended becomes part of the history.
    pub async fn attempt(
        &mut self,
        model: &dyn Model,
        environment: &mut Memory,
        sink: &mut Kept,
    ) -> Result<Outcome, Interrupted> {
        let ended = run_loop(model, environment, sink, self.start()).await;
        self.add(sink.events());
        ended
    }
}

fn run_id(number: u8) -> RunId {
    format!("00000000-0000-4000-8000-0000000000{number:02x}")
        .parse()
        .unwrap()
}

/// Runs a script from a prompt to its outcome.
pub async fn play(model: &Scripted, environment: &mut Memory) -> (Outcome, Kept) {
    let mut sink = Kept::default();
    let outcome = History::new("do it")
        .attempt(model, environment, &mut sink)
        .await;
    (outcome.unwrap(), sink)
}

pub fn finished(text: &str) -> Outcome {
    Outcome::Finished {
        text: text.to_owned(),
    }
}

/// The cause's code and the message of a failure.
pub fn failure(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Failed { cause, message } => (cause.code(), message),
        Outcome::Finished { text } => panic!("it finished: {text}"),
    }
}
