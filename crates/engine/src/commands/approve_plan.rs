//! Approves the plan that an agent waits with: the next run carries it out.

use outwork_domain::{AccountId, AgentId, Awaiting, Prompt, Run, RunId, RunMode};
use outwork_store::{Tx, new_id, runs};

use super::CommandError;
use super::locked_view::locked_view;
use super::once::{Once, Receipt};
use crate::Engine;
use crate::approval::approval_of;

impl Engine {
    /// Queues the run that carries out the plan which the agent waits with.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`], [`CommandError::AgentArchived`], [`CommandError::NoPlanWaits`].
    pub async fn approve_plan(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        request_id: String,
        receipt: Option<Receipt<Run>>,
    ) -> Result<Once<Run>, CommandError> {
        self.admit()?;
        let now = self.now();
        let id = RunId::new(new_id(now));
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                let view = locked_view(tx, account_id, agent_id).await?;
                let terms = view.agent.origin.terms;
                if Awaiting::of(terms, &view.deciding) != Some(Awaiting::Approval) {
                    return Err(CommandError::NoPlanWaits);
                }
                let run = runs::NewRun {
                    id,
                    agent_id,
                    prompt: approval(tx, &view.deciding).await?,
                    mode: RunMode::Agent,
                    approved: Some(view.deciding.id),
                    model: view.agent.model,
                    request_id,
                    now,
                };
                Ok(runs::insert(tx, &run).await?)
            })
        })
        .await
    }
}

/// The prompt of the run that works: whatever was asked and said to make the plan stands in it. Images are in
/// the conversation already.
async fn approval(tx: &mut Tx, plan: &Run) -> Result<Prompt, CommandError> {
    let missing = || CommandError::Internal("a run without a prompt".to_owned());
    let runs = runs::list(tx, plan.agent_id).await?;
    let upto = runs.iter().rev().skip_while(|run| run.number > plan.number);
    let mut answered = Vec::new();
    for run in upto.take_while(|run| run.mode == RunMode::Plan) {
        let text = runs::find_prompt_text(tx, run.id)
            .await?
            .ok_or_else(missing)?;
        let prompt = Prompt::new(text, Vec::new());
        answered.push(prompt.map_err(|why| CommandError::Internal(why.to_string()))?);
    }
    answered.reverse();
    approval_of(&answered).ok_or_else(missing)
}
