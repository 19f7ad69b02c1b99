//! Lets the model work: the agent loop over the sandbox's tools, written to the ledger.

use std::sync::Arc;

use async_trait::async_trait;
use outwork_agent::{
    Briefing, Conversation, Environment, EnvironmentLost, Interrupted, Outcome, Start, run_loop,
    spending_of,
};
use outwork_domain::limits::OUTPUT_TO_MODEL_BYTES_MAX;
use outwork_domain::{Cause, Jitter, ToolCall, ToolDefinition, ToolResult};
use outwork_store::Claim;

use super::RunParts;
use super::desk::Desk;
use super::error::AttemptError;
use super::images::images_of;
use super::prepare::{ClaimedRepository as _, Prepared};
use super::redaction::redact_result;
use super::sink::LedgerSink;
use crate::engine::random_u32;

/// Runs the agent loop to its outcome.
pub(super) async fn work(
    parts: &Arc<RunParts>,
    claim: &Claim,
    prepared: &Prepared,
    desk: &mut Desk,
) -> Result<Outcome, AttemptError> {
    let id = &claim.run.model.id;
    let model = parts.models.get(id).ok_or_else(|| {
        let text = format!("the model '{id}' is no longer configured");
        AttemptError::failed(Cause::ModelRejected, text)
    })?;
    let images = images_of(parts.ledger.as_ref(), &prepared.history).await?;
    let mut spending = spending_of(&prepared.history, claim.run.id);
    let started = claim.run.started_at.unwrap_or_else(|| parts.clock.now());
    spending.wall = parts.clock.now().since(started);
    let ours = claim.repository()?;
    let source = &ours.source;
    let briefing = Briefing {
        repository: source.repository.to_string(),
        base: source
            .base_ref
            .as_ref()
            .map_or_else(|| prepared.base.to_string(), ToString::to_string),
        branch: ours.branch.as_ref().map(ToString::to_string),
        instructions: prepared.instructions.clone(),
    };
    let start = Start {
        conversation: Conversation::rebuild(&prepared.history, &images),
        spending,
        budget: parts.options.budget,
        model_id: id.clone(),
        briefing,
        jitter: Box::new(|| Jitter::from_random(random_u32())),
    };
    let mut sink = LedgerSink::new(
        Arc::clone(&parts.ledger),
        claim.fence,
        parts.redactor.clone(),
    );
    let mut environment = SandboxEnvironment {
        parts,
        desk,
        lost: None,
    };
    let ended = run_loop(model.as_ref(), &mut environment, &mut sink, start).await;
    match ended {
        Ok(outcome) => Ok(outcome),
        Err(Interrupted::Sink(_)) => Err(sink.closed.map_or_else(
            || AttemptError::failed(Cause::Internal, "the sink closed without an error"),
            AttemptError::from,
        )),
        Err(Interrupted::Environment(lost)) => Err(environment
            .lost
            .unwrap_or_else(|| AttemptError::failed(Cause::SandboxLost, lost.message))),
    }
}

/// The sandbox as the agent loop sees it.
struct SandboxEnvironment<'a> {
    parts: &'a Arc<RunParts>,
    desk: &'a mut Desk,
    lost: Option<AttemptError>,
}

impl SandboxEnvironment<'_> {
    async fn try_call(
        &mut self,
        call: &ToolCall,
        output: &mut (dyn for<'text> FnMut(&'text str) + Send),
    ) -> Result<ToolResult, AttemptError> {
        let host = self.desk.host(self.parts).await?;
        match host.call(call, output).await {
            Ok(mut result) => {
                redact_result(&self.parts.redactor, &mut result);
                tell(&mut result, &self.desk.take_remarks());
                Ok(result)
            }
            Err(error) => {
                self.desk.replace(error).await?;
                Ok(ToolResult::error("the sandbox was lost, files are kept"))
            }
        }
    }
}

/// Puts what the model should know before the first result that it gets.
fn tell(result: &mut ToolResult, remarks: &[String]) {
    if remarks.is_empty() {
        return;
    }
    let mut text = remarks.join("\n\n");
    text.push_str("\n\n");
    text.push_str(&result.text);
    text.truncate(text.floor_char_boundary(OUTPUT_TO_MODEL_BYTES_MAX));
    result.text = text;
}

#[async_trait]
impl Environment for SandboxEnvironment<'_> {
    fn tools(&self) -> Vec<ToolDefinition> {
        outwork_tools::definitions()
    }

    async fn call(
        &mut self,
        call: &ToolCall,
        output: &mut (dyn for<'text> FnMut(&'text str) + Send),
    ) -> Result<ToolResult, EnvironmentLost> {
        match self.try_call(call, output).await {
            Ok(result) => Ok(result),
            Err(error) => {
                let message = error.message();
                self.lost = Some(error);
                Err(EnvironmentLost { message })
            }
        }
    }
}
