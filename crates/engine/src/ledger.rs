//! The worker's way to the run queue and to everything it must write down.
//!
//! The embedded worker uses [`StoreLedger`]; a remote one would speak HTTP. Every write carries the
//! fence of its attempt, and a stale one changes nothing.

use async_trait::async_trait;
use outwork_domain::{
    Agent, AgentId, Artifact, ArtifactPath, CloudEnvironment, Event, EventBody, Fence, Guidance,
    Image, IsolationLevel, Run, RunId, RunMode, SecretText, Timestamp,
};
use outwork_store::{
    Bases, ChangeSet, Claim, ClaimWish, Damaged, Error, Fate, Guard, RepositoryChange, Standing,
    Store, Transition, WorkerId, accounts, agents, artifacts, change_sets, environments, events,
    guidance, runs, workspaces,
};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tracing::error;

use crate::clock::Clock;
use crate::run_variables::{RunVariables, VariablesError};

/// The run queue as a worker sees it.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Claims up to `max` runs under a lease.
    async fn claim(&self, max: u32) -> Result<Vec<Claim>, Error>;
    /// Renews leases and tells how each attempt stands.
    async fn heartbeat(&self, fences: &[Fence]) -> Result<Vec<(Fence, Standing)>, Error>;
    /// Appends events; durable when it returns.
    async fn append(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error>;
    /// Appends events together with a change of one of the agent's repositories.
    async fn append_with(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
    ) -> Result<(), Error>;
    /// Appends the event of a push together with where the repository's branch is by it, and what the agent
    /// has changed.
    async fn append_push(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
        change_set: ChangeSet,
    ) -> Result<(), Error>;
    /// Appends streamed pieces behind everything more urgent.
    async fn append_deltas(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error>;
    /// Moves the run to its next state, together with events and changes of its agent.
    async fn apply(&self, fence: &Fence, step: Step) -> Result<Run, Error>;
    /// The agent's history without streamed pieces.
    async fn history(&self, agent_id: AgentId) -> Result<Vec<Event>, Error>;
    /// The images of a run's prompt.
    async fn images(&self, run_id: RunId) -> Result<Vec<Image>, Error>;
    /// The commits that the agent's work started from, as far as they are known.
    async fn first_bases(&self, agent_id: AgentId) -> Result<Bases, Error>;
    /// The e-mail address of the user whose agent it is; none for a service's.
    async fn user_email(&self, agent: &Agent) -> Result<Option<String>, Error>;
    /// The agent's runs that only plan.
    async fn plans(&self, agent_id: AgentId) -> Result<HashSet<RunId>, Error>;
    /// Leases the agent's workspace, and with it a user id where there are any.
    async fn lease_workspace(
        &self,
        agent_id: AgentId,
        uids: Option<Range<u32>>,
    ) -> Result<Option<u32>, Error>;
    /// How many attempts in a row ended without progress.
    async fn stalled_attempts(&self, run_id: RunId) -> Result<u32, Error>;
    /// What the run's commands get in their environment, by what is stored now.
    async fn variables(&self, agent: &Agent, run_id: RunId)
    -> Result<RunVariables, VariablesError>;
    /// What the agent is told beyond its prompts.
    async fn guidance(&self, agent_id: AgentId) -> Result<Guidance, Error>;
    /// The environment that the agent was created with, unless it was deleted since.
    async fn environment(&self, agent: &Agent) -> Result<Option<CloudEnvironment>, Error>;
    /// The artifact that was collected last under that path, and the name of the file that holds it.
    async fn find_artifact(
        &self,
        agent_id: AgentId,
        path: &ArtifactPath,
    ) -> Result<Option<(Artifact, String)>, Error>;
    /// Notes a collected artifact and the name of the file that holds it; gives the file that it
    /// replaces.
    async fn put_artifact(
        &self,
        fence: &Fence,
        artifact: Artifact,
        file: String,
    ) -> Result<Option<String>, Error>;
}

/// One step of a run: a transition, what goes with it into the transcript, and what of the
/// agent's repositories changes by it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The transition.
    pub transition: Transition,
    /// Events written before the change of state, in the same transaction.
    pub events: Vec<EventBody>,
    /// What of the agent's repositories changes.
    pub repositories: Vec<RepositoryChange>,
}

impl Step {
    /// A step that only moves the run.
    #[must_use]
    pub fn of(transition: Transition) -> Self {
        Self {
            transition,
            events: Vec::new(),
            repositories: Vec::new(),
        }
    }

    /// The same step with events before it.
    #[must_use]
    pub fn with_events(mut self, events: Vec<EventBody>) -> Self {
        self.events = events;
        self
    }
}

/// The ledger of an embedded worker: the store itself.
#[derive(Clone)]
pub struct StoreLedger {
    store: Store,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    lease: Duration,
    per_account_max: Option<u32>,
    isolation: IsolationLevel,
    own_secrets: Arc<[(String, SecretText)]>,
}

impl StoreLedger {
    /// A ledger for one worker.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, worker: WorkerId, lease: Duration) -> Self {
        Self {
            store,
            clock,
            worker,
            lease,
            per_account_max: None,
            isolation: IsolationLevel::Full,
            own_secrets: Arc::default(),
        }
    }

    /// The same ledger, which claims no run of an account that has so many active ones.
    #[must_use]
    pub fn with_active_runs_max(self, per_account_max: Option<u32>) -> Self {
        Self {
            per_account_max,
            ..self
        }
    }

    /// The same ledger of a worker that confines what runs execute in another way than fully.
    #[must_use]
    pub fn with_isolation(self, isolation: IsolationLevel) -> Self {
        Self { isolation, ..self }
    }

    /// The same ledger, whose runs do not tell these secrets of the server's, should they ever see one.
    #[must_use]
    pub fn with_own_secrets(self, own_secrets: Vec<(String, SecretText)>) -> Self {
        Self {
            own_secrets: own_secrets.into(),
            ..self
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn claim(&self, max: u32) -> Result<Vec<Claim>, Error> {
        let wish = ClaimWish {
            worker: self.worker.clone(),
            max,
            per_account_max: self.per_account_max,
            lease: self.lease,
            isolation: self.isolation,
        };
        let now = self.now();
        let claimed = self
            .store
            .write(move |tx| Box::pin(async move { runs::claim(tx, &wish, now).await }))
            .await?;
        for Damaged {
            run_id,
            fate,
            error,
        } in claimed.damaged
        {
            match fate {
                Fate::Failed => error!(%run_id, %error, "a run that cannot be read was ended"),
                Fate::PutAside => {
                    error!(%run_id, %error, "a run that cannot be read was put aside")
                }
            }
        }
        Ok(claimed.claims)
    }

    async fn heartbeat(&self, fences: &[Fence]) -> Result<Vec<(Fence, Standing)>, Error> {
        let (worker, lease, fences) = (self.worker.clone(), self.lease, fences.to_vec());
        self.store
            .write(move |tx| {
                Box::pin(async move { runs::heartbeat(tx, &worker, &fences, lease).await })
            })
            .await
    }

    async fn append(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        let (fence, now) = (*fence, self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move { events::append(tx, &fence, &bodies, now).await.map(drop) })
            })
            .await
    }

    async fn append_with(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
    ) -> Result<(), Error> {
        let (fence, now) = (*fence, self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    events::append(tx, &fence, &bodies, now).await?;
                    agents::update_repository(tx, fence.agent_id, &change, now).await
                })
            })
            .await
    }

    async fn append_push(
        &self,
        fence: &Fence,
        bodies: Vec<EventBody>,
        change: RepositoryChange,
        change_set: ChangeSet,
    ) -> Result<(), Error> {
        let (fence, now) = (*fence, self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    events::append(tx, &fence, &bodies, now).await?;
                    change_sets::put(tx, &fence, &change_set).await?;
                    agents::update_repository(tx, fence.agent_id, &change, now).await
                })
            })
            .await
    }

    async fn append_deltas(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<(), Error> {
        let (fence, now) = (*fence, self.now());
        self.store
            .write_later(move |tx| {
                Box::pin(async move { events::append(tx, &fence, &bodies, now).await.map(drop) })
            })
            .await
    }

    async fn apply(&self, fence: &Fence, step: Step) -> Result<Run, Error> {
        let (fence, now) = (*fence, self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !step.events.is_empty() {
                        events::append(tx, &fence, &step.events, now).await?;
                    }
                    agents::lock(tx, fence.agent_id).await?;
                    // Before the end of the run, whose announcement tells of it; a stale fence undoes all.
                    for change in &step.repositories {
                        agents::update_repository(tx, fence.agent_id, change, now).await?;
                    }
                    runs::apply(tx, &Guard::Fence(fence), &step.transition, now).await
                })
            })
            .await
    }

    async fn history(&self, agent_id: AgentId) -> Result<Vec<Event>, Error> {
        let mut reader = self.store.read().await?;
        events::list_without_deltas(&mut reader, agent_id).await
    }

    async fn images(&self, run_id: RunId) -> Result<Vec<Image>, Error> {
        let mut reader = self.store.read().await?;
        runs::images(&mut reader, run_id).await
    }

    async fn first_bases(&self, agent_id: AgentId) -> Result<Bases, Error> {
        let mut reader = self.store.read().await?;
        runs::first_bases(&mut reader, agent_id).await
    }

    async fn user_email(&self, agent: &Agent) -> Result<Option<String>, Error> {
        let mut reader = self.store.read().await?;
        accounts::find_email_of_user(&mut reader, agent.account_id).await
    }

    async fn plans(&self, agent_id: AgentId) -> Result<HashSet<RunId>, Error> {
        let mut reader = self.store.read().await?;
        let runs = runs::list(&mut reader, agent_id).await?;
        let plans = runs.iter().filter(|run| run.mode == RunMode::Plan);
        Ok(plans.map(|run| run.id).collect())
    }

    async fn lease_workspace(
        &self,
        agent_id: AgentId,
        uids: Option<Range<u32>>,
    ) -> Result<Option<u32>, Error> {
        let now = self.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let lease = workspaces::lease(tx, agent_id, uids, now).await?;
                    Ok(lease.uid)
                })
            })
            .await
    }

    async fn stalled_attempts(&self, run_id: RunId) -> Result<u32, Error> {
        let mut reader = self.store.read().await?;
        runs::stalled_attempts(&mut reader, run_id).await
    }

    async fn variables(
        &self,
        agent: &Agent,
        run_id: RunId,
    ) -> Result<RunVariables, VariablesError> {
        let mut reader = self.store.read().await?;
        RunVariables::read(&mut reader, agent, run_id, &self.own_secrets).await
    }

    async fn guidance(&self, agent_id: AgentId) -> Result<Guidance, Error> {
        let mut reader = self.store.read().await?;
        guidance::of_agent(&mut reader, agent_id).await
    }

    async fn environment(&self, agent: &Agent) -> Result<Option<CloudEnvironment>, Error> {
        let Some(named) = &agent.environment else {
            return Ok(None);
        };
        let mut reader = self.store.read().await?;
        environments::find(&mut reader, agent.account_id, named.id).await
    }

    async fn find_artifact(
        &self,
        agent_id: AgentId,
        path: &ArtifactPath,
    ) -> Result<Option<(Artifact, String)>, Error> {
        let mut reader = self.store.read().await?;
        artifacts::find(&mut reader, agent_id, path).await
    }

    async fn put_artifact(
        &self,
        fence: &Fence,
        artifact: Artifact,
        file: String,
    ) -> Result<Option<String>, Error> {
        let (fence, now) = (*fence, self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    // An append of nothing still insists that the attempt is the run's.
                    events::append(tx, &fence, &[], now).await?;
                    let old = artifacts::find(tx, fence.agent_id, &artifact.path).await?;
                    artifacts::upsert(tx, fence.agent_id, &artifact, &file).await?;
                    Ok(old.map(|(_, file)| file))
                })
            })
            .await
    }
}
