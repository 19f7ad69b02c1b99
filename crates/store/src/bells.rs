//! Bells: hints within this process that something was committed.
//!
//! A bell may ring too often and may be missed; the tables are the truth, and readers look at them
//! each second anyway. Bells ring only after the commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::{AgentId, Seq};
use tokio::sync::{Notify, watch};

/// All bells of a store.
#[derive(Default)]
pub(crate) struct Bells {
    agents: Mutex<HashMap<AgentId, watch::Sender<Seq>>>,
    queue: Arc<Notify>,
    deliveries: Arc<Notify>,
}

/// What a transaction will ring once it is committed.
#[derive(Default, Debug)]
pub(crate) struct Rings {
    agents: Vec<(AgentId, Option<Seq>)>,
    queue: Table,
    deliveries: Table,
}

#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    #[default]
    Unchanged,
    Changed,
}

impl Rings {
    /// The agent has events up to that one.
    pub(crate) fn agent(&mut self, agent_id: AgentId, seq: Seq) {
        self.agents.push((agent_id, Some(seq)));
    }

    /// The agent is gone.
    pub(crate) fn gone(&mut self, agent_id: AgentId) {
        self.agents.push((agent_id, None));
    }

    /// A run may be there to be claimed.
    pub(crate) fn queue(&mut self) {
        self.queue = Table::Changed;
    }

    /// A delivery may be there to be sent.
    pub(crate) fn deliveries(&mut self) {
        self.deliveries = Table::Changed;
    }

    /// Takes over what another transaction rings.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.agents.append(&mut other.agents);
        if other.queue == Table::Changed {
            self.queue = Table::Changed;
        }
        if other.deliveries == Table::Changed {
            self.deliveries = Table::Changed;
        }
    }
}

impl Bells {
    /// The bell of an agent.
    pub(crate) fn agent(&self, agent_id: AgentId) -> watch::Receiver<Seq> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.retain(|id, bell| *id == agent_id || bell.receiver_count() > 0);
        agents
            .entry(agent_id)
            .or_insert_with(|| watch::channel(Seq::default()).0)
            .subscribe()
    }

    /// The bell of the queue; it keeps one ring for a worker that is busy.
    pub(crate) fn queue(&self) -> Arc<Notify> {
        Arc::clone(&self.queue)
    }

    /// The bell of the outbox; it keeps one ring for a dispatcher that is busy.
    pub(crate) fn deliveries(&self) -> Arc<Notify> {
        Arc::clone(&self.deliveries)
    }

    /// Rings for a committed transaction.
    pub(crate) fn ring(&self, rings: Rings) {
        if rings.queue == Table::Changed {
            self.queue.notify_one();
        }
        if rings.deliveries == Table::Changed {
            self.deliveries.notify_one();
        }
        if rings.agents.is_empty() {
            return;
        }
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        for (agent_id, seq) in rings.agents {
            let Some(bell) = agents.get(&agent_id) else {
                continue;
            };
            if bell.receiver_count() == 0 {
                agents.remove(&agent_id);
                continue;
            }
            bell.send_modify(|latest| *latest = seq.unwrap_or(*latest).max(*latest));
        }
    }
}
