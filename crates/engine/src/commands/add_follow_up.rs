//! Gives an agent another prompt.

use outwork_domain::run_state::RunState;
use outwork_domain::{
    AccountId, AgentId, Awaiting, ModelChoice, PlanApproval, Prompt, Run, RunId, RunMode, Variable,
    limits::QUEUED_FOLLOW_UPS_MAX,
};
use outwork_store::{AgentView, Tx, agents, new_id, runs, variables};

use super::CommandError;
use super::locked_view::locked_view;
use super::once::{Once, Receipt};
use crate::Engine;

/// What a caller wants of an agent next.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// The prompt.
    pub prompt: Prompt,
    /// Whether it changes something; decided by `waiting_plan` if absent.
    pub mode: Option<RunMode>,
    /// What answers, from this run on; the agent's model if absent.
    pub model: Option<ModelChoice>,
    /// Variables of this run only.
    pub variables: Vec<Variable>,
    /// What becomes of it while the agent is at work.
    pub when_busy: WhenBusy,
    /// What becomes of a plan that waits for approval, or of a question.
    pub waiting_plan: WaitingPlan,
    /// The id of the request that asks for it.
    pub request_id: String,
}

/// What becomes of a plan that waits for approval, or of a question that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingPlan {
    /// The prompt is about it: an agent whose plans want approval goes on as in its latest run, so that it
    /// plans again; any other works, since nobody could approve what it planned.
    Revise,
    /// It is dropped: the caller has no way to approve it, so the agent works. Without one that waits it goes
    /// on as in its latest run.
    Drop,
}

/// What becomes of a prompt while its agent is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenBusy {
    /// It waits until those before it have ended.
    Queue,
    /// It is refused.
    Refuse,
}

impl Engine {
    /// Queues another run of an agent; it starts when those before it have ended.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`], [`CommandError::AgentArchived`], [`CommandError::AgentBusy`],
    /// [`CommandError::InvalidModel`], [`CommandError::TooManyQueued`].
    pub async fn add_follow_up(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        new: FollowUp,
        receipt: Option<Receipt<Run>>,
    ) -> Result<Once<Run>, CommandError> {
        self.admit()?;
        let wish = new.model.as_ref();
        let model = wish.map(|wish| self.choose_model(Some(wish))).transpose()?;
        let new = FollowUp { model, ..new };
        let now = self.now();
        let id = RunId::new(new_id(now));
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                let view = locked_view(tx, account_id, agent_id).await?;
                check(tx, &view, new.when_busy).await?;
                let run = runs::NewRun {
                    id,
                    agent_id,
                    prompt: new.prompt,
                    mode: mode_of(tx, &view, new.mode, new.waiting_plan).await?,
                    approved: None,
                    model: new.model.clone().unwrap_or(view.agent.model),
                    request_id: new.request_id,
                    now,
                };
                if new.model.is_some() {
                    agents::set_model(tx, agent_id, &run.model).await?;
                }
                let run = runs::insert(tx, &run).await?;
                variables::insert_of_run(tx, run.id, &new.variables).await?;
                Ok(run)
            })
        })
        .await
    }
}

/// Whether the agent's state allows another run.
async fn check(tx: &mut Tx, view: &AgentView, when_busy: WhenBusy) -> Result<(), CommandError> {
    // Whoever has cancelled a run has been told so, and need not wait until the last of it is cleared away.
    let state = view.deciding.state;
    let is_ending = state.is_final() || state == RunState::Cancelling;
    if when_busy == WhenBusy::Refuse && !is_ending {
        return Err(CommandError::AgentBusy);
    }
    let queued = runs::count_queued(tx, view.agent.id).await?;
    if queued >= QUEUED_FOLLOW_UPS_MAX {
        return Err(CommandError::TooManyQueued(queued));
    }
    Ok(())
}

/// The mode that is asked for, else that of the latest run; a plan that is dropped, or that nobody could
/// approve, is not made again.
async fn mode_of(
    tx: &mut Tx,
    view: &AgentView,
    wish: Option<RunMode>,
    waiting_plan: WaitingPlan,
) -> Result<RunMode, CommandError> {
    if let Some(mode) = wish {
        return Ok(mode);
    }
    let terms = view.agent.origin.terms;
    let is_work = match waiting_plan {
        WaitingPlan::Revise => terms.plans == PlanApproval::Implied,
        WaitingPlan::Drop => Awaiting::of(terms, &view.deciding).is_some(),
    };
    if is_work {
        return Ok(RunMode::Agent);
    }
    let latest = runs::find(tx, view.latest_run_id).await?;
    Ok(latest.map_or(view.deciding.mode, |latest| latest.mode))
}
