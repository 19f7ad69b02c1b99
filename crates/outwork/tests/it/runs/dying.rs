//! A process that dies at a chosen moment, as its ledger sees it.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use outwork_domain::{
    Agent, AgentId, Artifact, ArtifactPath, CloudEnvironment, Event, EventBody, Fence, Guidance,
    Image, Run, RunId,
};
use outwork_engine::{Ledger, RunVariables, Step, StoreLedger, VariablesError};
use outwork_store::{Bases, ChangeSet, Claim, Error, RepositoryChange, Standing};
use tokio::sync::Notify;

/// Dies between a push and its note.
pub struct DyingLedger {
    ledger: StoreLedger,
    pushes_before: AtomicU32,
    died: Arc<Notify>,
}

impl DyingLedger {
    /// Dies after that many pushes that it lives to note.
    pub fn after(pushes: u32, ledger: StoreLedger, died: Arc<Notify>) -> Self {
        Self {
            ledger,
            pushes_before: AtomicU32::new(pushes),
            died,
        }
    }

    async fn live_or_die(&self, bodies: &[EventBody]) {
        let is_push = |body: &EventBody| matches!(body, EventBody::Pushed { .. });
        if bodies.iter().any(is_push) && self.pushes_before.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Ledger for DyingLedger {
    async fn claim(&self, max: u32) -> Result<Vec<Claim>, Error> {
        self.ledger.claim(max).await
    }

    async fn heartbeat(&self, fences: &[Fence]) -> Result<Vec<(Fence, Standing)>, Error> {
        self.ledger.heartbeat(fences).await
    }

    async fn append(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        self.ledger.append(fence, bodies).await
    }

    async fn append_with(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
    ) -> Result<(), Error> {
        self.ledger.append_with(fence, bodies, change).await
    }

    async fn append_push(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
        change_set: ChangeSet,
    ) -> Result<(), Error> {
        self.live_or_die(&bodies).await;
        let pushed = self.ledger.append_push(fence, bodies, change, change_set);
        pushed.await
    }

    async fn append_deltas(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        self.ledger.append_deltas(fence, bodies).await
    }

    async fn apply(&self, fence: &Fence, step: Step) -> Result<Run, Error> {
        self.ledger.apply(fence, step).await
    }

    async fn history(&self, agent_id: AgentId) -> Result<Vec<Event>, Error> {
        self.ledger.history(agent_id).await
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
}
