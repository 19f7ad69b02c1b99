//! What the tools of a run may touch, as the loop sees it.
//!
//! The loop reaches files and commands through this trait only; sandbox, tool host and their
//! restarts are the implementer's matter.

use async_trait::async_trait;
use outwork_domain::{ToolCall, ToolDefinition, ToolResult};

/// The environment is gone for good; the attempt ends and the run is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment was lost: {message}")]
pub struct EnvironmentLost {
    /// What happened, for people.
    pub message: String,
}

/// Carries out tool calls.
#[async_trait]
pub trait Environment: Send {
    /// Lists the tools that the model may call.
    fn tools(&self) -> Vec<ToolDefinition>;

    /// Carries out one call; `output` gets pieces of a command's output while it runs.
    ///
    /// Whatever goes wrong inside is a [`ToolResult`] with an error.
    ///
    /// # Errors
    ///
    /// [`EnvironmentLost`] if no further call can be carried out.
    async fn call(
        &mut self,
        call: &ToolCall,
        output: &mut (dyn for<'text> FnMut(&'text str) + Send),
    ) -> Result<ToolResult, EnvironmentLost>;
}
