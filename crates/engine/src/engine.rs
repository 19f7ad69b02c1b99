//! The handle through which the server gives commands.

use std::path::PathBuf;
use std::sync::Arc;

use outwork_agent::Models;
use outwork_domain::{Project, Timestamp};
use outwork_forge::Forges;
use outwork_store::Store;
use outwork_workspace::Git;
use uuid::Uuid;

use crate::admission::Admission;
use crate::announcement::status_change;
use crate::branch_lists::BranchLists;
use crate::clock::Clock;
use crate::flights::Flights;
use crate::outbound::{Outbound, OutboundOptions};
use crate::repository_list::RepositoryList;
use crate::running::Running;

/// What the command side needs to know.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Where clients reach the server, without a slash at the end.
    pub public_url: String,
    /// What generated branch names begin with, such as `outwork`.
    pub branch_prefix: String,
    /// The projects of the configuration.
    pub projects: Vec<Project>,
    /// What may be called for users beyond public addresses.
    pub outbound: OutboundOptions,
}

/// Carries out what users ask for; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) git: Git,
    pub(crate) models: Arc<Models>,
    pub(crate) forges: Forges,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: EngineOptions,
    pub(crate) running: Running,
    pub(crate) flights: Flights,
    pub(crate) admission: Admission,
    pub(crate) outbound: Outbound,
    pub(crate) repositories: RepositoryList,
    pub(crate) branch_lists: BranchLists,
}

impl Engine {
    /// Puts the parts together; starts nothing.
    #[must_use]
    pub fn new(
        store: Store,
        git: Git,
        models: Arc<Models>,
        forges: Forges,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
    ) -> Self {
        let running = Running::default();
        let admission = Admission::new(options.data_dir.clone());
        let outbound = Outbound::new(options.outbound.clone());
        let public_url = options.public_url.clone();
        let repositories = RepositoryList::of(&forges);
        store.announce_with(Box::new(move |agent, run| {
            status_change(agent, run, &public_url)
        }));
        let inner = Inner {
            store,
            git,
            models,
            forges,
            clock,
            options,
            running,
            flights: Flights::default(),
            admission,
            outbound,
            repositories,
            branch_lists: BranchLists::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The store that this engine works on.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The models that answer prompts.
    #[must_use]
    pub fn models(&self) -> &Models {
        &self.inner.models
    }

    /// Who keeps repositories and pull requests.
    #[must_use]
    pub fn forges(&self) -> &Forges {
        &self.inner.forges
    }

    /// What judges and calls addresses that users supply.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &self.inner.outbound
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Where clients reach the server, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.inner.options.public_url
    }
}

/// A random number for jitter and names.
pub(crate) fn random_u32() -> u32 {
    let bytes = Uuid::new_v4().into_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
