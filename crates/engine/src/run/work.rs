//! Lets the model work: the agent loop over the sandbox's tools, written to the ledger.

use std::sync::Arc;

use async_trait::async_trait;
use outwork_agent::{
    BriefedRepository, Briefing, Conversation, Environment, EnvironmentLost, Interrupted, Outcome,
    Start, run_loop, spending_of,
};
use outwork_domain::limits::OUTPUT_TO_MODEL_BYTES_MAX;
use outwork_domain::{Cause, Jitter, RunMode, ToolCall, ToolDefinition, ToolResult};
use outwork_store::Claim;

use super::RunParts;
use super::desk::Desk;
use super::error::AttemptError;
use super::images::images_of;
use super::prepare::{Prepared, PreparedCheckout};
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
    let start = Start {
        conversation: Conversation::rebuild(&prepared.history, &images),
        spending,
        budget: parts.options.budget,
        model_id: id.clone(),
        effort: claim.run.model.effort,
        mode: claim.run.mode,
        briefing: briefing(prepared),
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
        mode: claim.run.mode,
        lost: None,
    };
    let ended = run_loop(model.as_ref(), &mut environment, &mut sink, start).await;
    let disk_exceeded = environment.desk.disk_exceeded();
    match (ended, disk_exceeded) {
        (Ok(_) | Err(Interrupted::Environment(_)), Some(error)) => Err(error),
        (Ok(outcome), None) => Ok(outcome),
        (Err(Interrupted::Sink(_)), _) => Err(sink.closed.map_or_else(
            || AttemptError::failed(Cause::Internal, "the sink closed without an error"),
            AttemptError::from,
        )),
        (Err(Interrupted::Environment(lost)), None) => Err(environment
            .lost
            .unwrap_or_else(|| AttemptError::failed(Cause::SandboxLost, lost.message))),
    }
}

/// What the model is told about the workspace.
fn briefing(prepared: &Prepared) -> Briefing {
    let one = |checkout: &PreparedCheckout| {
        let source = &checkout.ours.source;
        BriefedRepository {
            repository: source.repository.to_string(),
            folder: checkout.ours.folder.clone(),
            base: source
                .base_ref
                .as_ref()
                .map_or_else(|| checkout.base.to_string(), ToString::to_string),
            branch: Some(checkout.branch.to_string()),
            instructions: checkout.instructions.clone(),
        }
    };
    Briefing {
        repositories: prepared.checkouts.iter().map(one).collect(),
        guidance: prepared.guidance.clone(),
        remarks: prepared.remarks.clone(),
    }
}

/// The sandbox as the agent loop sees it.
struct SandboxEnvironment<'a> {
    parts: &'a Arc<RunParts>,
    desk: &'a mut Desk,
    mode: RunMode,
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
                let mut remarks = self.desk.take_remarks();
                let reached = self.desk.limits_reached().await;
                remarks.extend(reached.iter().map(|words| format!("[{words}]")));
                tell(&mut result, &remarks);
                Ok(result)
            }
            Err(error) => {
                let mut words = self.desk.limits_reached().await;
                words.insert(0, "the sandbox was lost, files are kept".to_owned());
                self.desk.replace(error).await?;
                Ok(ToolResult::error(words.join("; ")))
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
        match self.mode {
            RunMode::Agent => outwork_tools::definitions(),
            RunMode::Plan => outwork_tools::reading_definitions(),
        }
    }

    async fn call(
        &mut self,
        call: &ToolCall,
        output: &mut (dyn for<'text> FnMut(&'text str) + Send),
    ) -> Result<ToolResult, EnvironmentLost> {
        // The loop offers no other tools, but here is where nothing else gets through.
        if !self.tools().iter().any(|tool| tool.name == call.name) {
            let words = format!("the tool {:?} is not to be had here", call.name);
            return Ok(ToolResult::error(words));
        }
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
