//! The runs that this process is executing, so that a command can reach them without waiting for the
//! next heartbeat. A hint only: the rows decide.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::{AgentId, Attempt, Fence, RunId};
use tokio_util::sync::CancellationToken;

/// Why a run's attempt is to stop before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// Somebody asked to stop the run.
    Cancel,
    /// The run is no longer ours: deleted, or taken over.
    Lost,
    /// The process stops in order.
    Shutdown,
}

/// The way to one attempt that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    token: CancellationToken,
    reason: Arc<Mutex<Option<Halt>>>,
    attempt: Attempt,
    agent_id: AgentId,
}

impl Handle {
    /// Asks the attempt to stop; the first reason counts.
    pub(crate) fn halt(&self, why: Halt) {
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(why);
        self.token.cancel();
    }

    /// Waits until the attempt is asked to stop and says why.
    pub(crate) async fn halted(&self) -> Halt {
        self.token.cancelled().await;
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .unwrap_or(Halt::Lost)
    }
}

/// All attempts that are under way in this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running(Arc<Mutex<HashMap<RunId, Handle>>>);

impl Running {
    /// Notes an attempt that begins.
    pub(crate) fn begin(&self, fence: &Fence) -> Handle {
        let handle = Handle {
            token: CancellationToken::new(),
            reason: Arc::default(),
            attempt: fence.attempt,
            agent_id: fence.agent_id,
        };
        if let Some(superseded) = self.lock().insert(fence.run_id, handle.clone()) {
            superseded.halt(Halt::Lost);
        }
        handle
    }

    /// Forgets an attempt that ended; a later attempt of the same run stays.
    pub(crate) fn end(&self, fence: &Fence) {
        let mut all = self.lock();
        if all
            .get(&fence.run_id)
            .is_some_and(|handle| handle.attempt == fence.attempt)
        {
            all.remove(&fence.run_id);
        }
    }

    /// Asks the attempt of a run to stop, if it is here.
    pub(crate) fn halt(&self, run_id: RunId, why: Halt) {
        if let Some(handle) = self.lock().get(&run_id) {
            handle.halt(why);
        }
    }

    /// Asks all attempts of an agent to stop.
    pub(crate) fn halt_agent(&self, agent_id: AgentId, why: Halt) {
        self.lock()
            .values()
            .filter(|h| h.agent_id == agent_id)
            .for_each(|h| h.halt(why));
    }

    /// Asks all attempts to stop.
    pub(crate) fn halt_all(&self, why: Halt) {
        self.lock().values().for_each(|handle| handle.halt(why));
    }

    /// The fences of all attempts, for the heartbeat.
    pub(crate) fn fences(&self) -> Vec<Fence> {
        let fence = |(run_id, handle): (&RunId, &Handle)| Fence {
            agent_id: handle.agent_id,
            run_id: *run_id,
            attempt: handle.attempt,
        };
        self.lock().iter().map(fence).collect()
    }

    /// How many attempts are under way.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Whether an attempt of that agent is under way here.
    pub(crate) fn has_agent(&self, agent_id: AgentId) -> bool {
        self.lock()
            .values()
            .any(|handle| handle.agent_id == agent_id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Handle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
