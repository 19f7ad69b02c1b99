//! Approves the plan that an agent waits with: the next run carries it out.

use outwork_domain::{AccountId, AgentId, Awaiting, Prompt, Run, RunId, RunMode};
use outwork_store::{agents, new_id, runs};

use super::CommandError;
use super::once::{Once, Receipt};
use crate::Engine;

/// What stands before the prompt that an approved plan answers.
const APPROVED: &str =
    "The plan is approved: carry it out now. The prompt that it answers was:\n\n";

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
                agents::lock(tx, agent_id).await?;
                let view = agents::find(tx, account_id, agent_id).await?;
                let view = view.ok_or(CommandError::AgentNotFound)?;
                if view.agent.archived_at.is_some() {
                    return Err(CommandError::AgentArchived);
                }
                let terms = view.agent.origin.terms;
                if Awaiting::of(terms, &view.deciding) != Some(Awaiting::Approval) {
                    return Err(CommandError::NoPlanWaits);
                }
                let planned = view.deciding.id;
                let run = runs::NewRun {
                    id,
                    agent_id,
                    prompt: approval_of(runs::get_prompt(tx, planned).await?),
                    mode: RunMode::Agent,
                    approved: Some(planned),
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

/// The prompt of the run that works: the plan is in the conversation already, what it answers stands here
/// again.
fn approval_of(task: Prompt) -> Prompt {
    let text = format!("{APPROVED}{}", task.text());
    // A task that is as long as a prompt may be stands for itself.
    Prompt::new(text, task.images().to_vec()).unwrap_or(task)
}

#[cfg(test)]
mod tests {
    use outwork_domain::limits::PROMPT_BYTES_MAX;

    use super::*;

    #[test]
    fn the_task_stands_in_the_prompt_however_long_it_is() {
        let approval = |text: &str| {
            let task = Prompt::new(text.to_owned(), Vec::new()).unwrap();
            approval_of(task).text().to_owned()
        };
        assert_eq!(approval("Do it."), format!("{APPROVED}Do it."));
        let long = "x".repeat(PROMPT_BYTES_MAX);
        assert_eq!(approval(&long), long);
    }
}
