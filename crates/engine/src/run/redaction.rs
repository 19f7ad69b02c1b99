//! The ledger of a run that has secrets: whatever is written into the transcript or the run's row goes
//! through its redactor first.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use outwork_domain::redact::Redactor;
use outwork_domain::{
    Agent, AgentId, Artifact, ArtifactPath, CloudEnvironment, Event, EventBody, Fence, Guidance,
    Image, NetworkVerdict, Run, RunId, ToolFacts, ToolResult,
};
use outwork_store::{Bases, ChangeSet, Claim, Error, RepositoryChange, Standing};

use crate::ledger::{Ledger, Step};
use crate::run_variables::{RunVariables, VariablesError};

/// A ledger behind a redactor.
pub(super) struct RedactingLedger {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) redactor: Redactor,
}

impl RedactingLedger {
    fn all(&self, mut bodies: Vec<EventBody>) -> Vec<EventBody> {
        for body in &mut bodies {
            redact_body(&self.redactor, body);
        }
        bodies
    }
}

#[async_trait]
impl Ledger for RedactingLedger {
    async fn claim(&self, max: u32) -> Result<Vec<Claim>, Error> {
        self.ledger.claim(max).await
    }

    async fn heartbeat(&self, fences: &[Fence]) -> Result<Vec<(Fence, Standing)>, Error> {
        self.ledger.heartbeat(fences).await
    }

    async fn append(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        self.ledger.append(fence, self.all(bodies)).await
    }

    async fn append_with(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
    ) -> Result<(), Error> {
        let bodies = self.all(bodies);
        self.ledger.append_with(fence, bodies, change).await
    }

    async fn append_push(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
        change_set: ChangeSet,
    ) -> Result<(), Error> {
        let bodies = self.all(bodies);
        // The change set is what was pushed, which was searched for secrets before; changed, it would not apply.
        let pushed = self.ledger.append_push(fence, bodies, change, change_set);
        pushed.await
    }

    async fn append_deltas(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        self.ledger.append_deltas(fence, self.all(bodies)).await
    }

    async fn apply(&self, fence: &Fence, mut step: Step) -> Result<Run, Error> {
        step.events = self.all(step.events);
        if let Some((_, message)) = &mut step.transition.failure {
            self.redactor.redact(message);
        }
        if let Some(summary) = &mut step.transition.summary {
            self.redactor.redact(summary);
        }
        self.ledger.apply(fence, step).await
    }

    async fn history(&self, agent_id: AgentId) -> Result<Vec<Event>, Error> {
        let mut events = self.ledger.history(agent_id).await?;
        // A value may have become a secret since. Prompts are the word of who sent them: a command in one
        // that compares with a value must stay that command.
        for event in &mut events {
            if !matches!(event.body, EventBody::Prompt { .. }) {
                redact_body(&self.redactor, &mut event.body);
            }
        }
        Ok(events)
    }

    async fn images(&self, run_id: RunId) -> Result<Vec<Image>, Error> {
        self.ledger.images(run_id).await
    }

    async fn first_bases(&self, agent_id: AgentId) -> Result<Bases, Error> {
        self.ledger.first_bases(agent_id).await
    }

    async fn user_email(&self, agent: &Agent) -> Result<Option<String>, Error> {
        self.ledger.user_email(agent).await
    }

    async fn plans(&self, agent_id: AgentId) -> Result<HashSet<RunId>, Error> {
        self.ledger.plans(agent_id).await
    }

    async fn lease_workspace(
        &self,
        agent_id: AgentId,
        uids: Option<Range<u32>>,
    ) -> Result<Option<u32>, Error> {
        self.ledger.lease_workspace(agent_id, uids).await
    }

    async fn stalled_attempts(&self, run_id: RunId) -> Result<u32, Error> {
        self.ledger.stalled_attempts(run_id).await
    }

    async fn find_artifact(
        &self,
        agent_id: AgentId,
        path: &ArtifactPath,
    ) -> Result<Option<(Artifact, String)>, Error> {
        self.ledger.find_artifact(agent_id, path).await
    }

    async fn put_artifact(
        &self,
        fence: &Fence,
        artifact: Artifact,
        file: String,
    ) -> Result<Option<String>, Error> {
        self.ledger.put_artifact(fence, artifact, file).await
    }

    async fn variables(
        &self,
        agent: &Agent,
        run_id: RunId,
    ) -> Result<RunVariables, VariablesError> {
        self.ledger.variables(agent, run_id).await
    }

    async fn guidance(&self, agent_id: AgentId) -> Result<Guidance, Error> {
        self.ledger.guidance(agent_id).await
    }

    async fn environment(&self, agent: &Agent) -> Result<Option<CloudEnvironment>, Error> {
        self.ledger.environment(agent).await
    }
}

/// Takes values out of every text of an event.
pub(super) fn redact_body(redactor: &Redactor, body: &mut EventBody) {
    match body {
        EventBody::Prompt { text, .. }
        | EventBody::TextDelta { text, .. }
        | EventBody::ThinkingDelta { text, .. }
        | EventBody::Text { text, .. }
        | EventBody::ToolOutput { text, .. }
        | EventBody::Nudged { text, .. }
        | EventBody::LimitReached { limit: text }
        | EventBody::Committed { subject: text, .. }
        | EventBody::Note { text }
        | EventBody::ModelRetried { reason: text, .. }
        | EventBody::TurnRestarted { reason: text, .. } => redactor.redact(text),
        EventBody::Thinking {
            text, signature, ..
        } => {
            if let Cow::Owned(redacted) = redactor.text(text) {
                *text = redacted;
                // It vouches for a text that is no longer there, and providers refuse that.
                *signature = None;
            }
        }
        EventBody::StateChanged { message, .. } => {
            if let Some(message) = message {
                redactor.redact(message);
            }
        }
        EventBody::ToolCalled { call, .. } => {
            redactor.redact(&mut call.name);
            redactor.redact_json(&mut call.arguments);
        }
        EventBody::ToolFinished { result, .. } => redact_result(redactor, result),
        EventBody::NetworkUsed { host, verdict, .. } => {
            redactor.redact(host);
            match verdict {
                NetworkVerdict::Allowed => {}
                NetworkVerdict::Refused(why) | NetworkVerdict::Failed(why) => redactor.redact(why),
            }
        }
        EventBody::ModelRequested { .. }
        | EventBody::ThinkingEnded { .. }
        | EventBody::Spent { .. }
        | EventBody::AnswerEnded { .. }
        | EventBody::WorkspacePrepared { .. }
        | EventBody::NothingToPublish { .. }
        | EventBody::Pushed { .. }
        | EventBody::PullRequestOpened { .. } => {}
    }
}

/// Takes values out of what a tool call gave, before the model reads it.
pub(super) fn redact_result(redactor: &Redactor, result: &mut ToolResult) {
    result.text = redactor.cut_text(&result.text);
    match &mut result.facts {
        Some(ToolFacts::Found { files, .. }) => {
            files.iter_mut().for_each(|path| redactor.redact(path));
        }
        Some(ToolFacts::Matched { files, .. }) => {
            files
                .iter_mut()
                .for_each(|file| redactor.redact(&mut file.path));
        }
        Some(
            ToolFacts::Command { .. }
            | ToolFacts::Read { .. }
            | ToolFacts::Wrote { .. }
            | ToolFacts::Edited { .. },
        )
        | None => {}
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{Extent, MatchedFile};

    use super::*;

    #[test]
    fn names_of_files_are_texts_too() {
        let redactor = Redactor::new([("TOKEN", "hunter2hunter2")]).unwrap();
        let path = || "a/hunter2hunter2.txt".to_owned();
        let found = ToolFacts::Found {
            files: vec![path()],
            extent: Extent::Whole,
        };
        let matched = ToolFacts::Matched {
            files: vec![MatchedFile {
                path: path(),
                lines: vec![1],
            }],
            extent: Extent::Whole,
        };
        for facts in [found, matched] {
            let mut result = ToolResult {
                facts: Some(facts),
                ..ToolResult::ok(path())
            };
            redact_result(&redactor, &mut result);
            let shown = format!("{result:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("a/"), "{shown}");
        }
    }
}
