//! What a run starts, or goes on, with.

use outwork_domain::{Budget, Effort, Jitter, ModelId, RunMode, Spending};

use crate::{Briefing, Conversation};

/// What the loop is given beside model, environment and sink.
pub struct Start {
    /// The agent's conversation; its last prompt is the run's.
    pub conversation: Conversation,
    /// What the run has spent in earlier attempts.
    pub spending: Spending,
    /// What it may spend.
    pub budget: Budget,
    /// The id of the model, for the events.
    pub model_id: ModelId,
    /// How hard the model is to think; as it is configured if absent.
    pub effort: Option<Effort>,
    /// Whether the run may change something.
    pub mode: RunMode,
    /// What the model is told about the workspace.
    pub briefing: Briefing,
    /// Draws the randomness of retries.
    pub jitter: Box<dyn FnMut() -> Jitter + Send>,
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start")
            .field("spending", &self.spending)
            .field("budget", &self.budget)
            .field("model_id", &self.model_id)
            .finish_non_exhaustive()
    }
}
