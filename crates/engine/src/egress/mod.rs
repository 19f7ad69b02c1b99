//! The way out of a sandbox: a proxy that each attempt of a run has for itself.
//!
//! A command reaches it by a socket that only its run's user can open, so the socket says whose connection
//! it is and nothing inside is worth stealing. It carries HTTP: `CONNECT` with TLS behind it, and plain
//! requests. A name must be open by the run's rules; it is looked up here, once, judged by the classifier of
//! outbound calls, and what was judged is what is connected to. Every decision is told in the transcript.

mod connection;
mod dial;
mod headers;
mod hello;
mod journal;
mod listen;
mod meter;
mod plain;
mod refusal;
mod tunnel;

use std::sync::Arc;

use outwork_domain::egress::{
    EgressLayer, EgressPlace, EgressRule, EgressRules, EgressWish, EnvironmentAuthority, registries,
};
use outwork_domain::limits::EGRESS_CONNECTIONS_OF_SERVER_MAX;
use outwork_domain::{AccountId, Agent, Project};
use tokio::sync::Semaphore;

use crate::outbound::{AllowRule, Outbound, OutboundOptions};
use dial::{Dialer, SystemDialer};

pub(crate) use journal::{Journal, Teller};
pub(crate) use listen::OpenEgress;

/// What the operator says about the way out of sandboxes.
#[derive(Clone, Debug, Default)]
pub struct EgressOptions {
    /// What is open on this server.
    pub server: EgressLayer,
    /// The configured forges, which are open with the registries.
    pub forges: Vec<EgressRule>,
    /// Hosts and networks that are not public and may be reached nevertheless; a host still has to be open
    /// by name.
    pub private: Vec<AllowRule>,
    /// Whether environments may open more than the server does.
    pub environments: EnvironmentAuthority,
}

/// Makes the ways out of sandboxes; cheap to clone.
#[derive(Clone)]
pub(crate) struct Egress {
    defaults: Arc<[EgressRule]>,
    server: EgressLayer,
    projects: Arc<[Project]>,
    environments: EnvironmentAuthority,
    shared: Arc<Shared>,
}

/// What all ways out have in common.
struct Shared {
    guard: Outbound,
    dialer: Arc<dyn Dialer>,
    places: Arc<Semaphore>,
}

/// Whose way out it is, and what is open on it.
#[derive(Clone)]
pub(crate) struct EgressRun {
    pub(crate) account_id: AccountId,
    pub(crate) rules: Arc<EgressRules>,
}

impl Egress {
    /// The ways out of a server with these projects; `outbound` says where the server itself listens.
    pub(crate) fn new(
        options: EgressOptions,
        projects: &[Project],
        outbound: &OutboundOptions,
    ) -> Self {
        let guard = Outbound::new(OutboundOptions {
            allow: options.private.clone(),
            own_addresses: outbound.own_addresses.clone(),
            ..OutboundOptions::default()
        });
        Self::with(options, projects, guard, Arc::new(SystemDialer))
    }

    fn with(
        options: EgressOptions,
        projects: &[Project],
        guard: Outbound,
        dialer: Arc<dyn Dialer>,
    ) -> Self {
        let EgressOptions {
            server,
            forges,
            private: _,
            environments,
        } = options;
        Self {
            defaults: registries().into_iter().chain(forges).collect(),
            server,
            projects: projects.into(),
            environments,
            shared: Arc::new(Shared {
                guard,
                dialer,
                places: Arc::new(Semaphore::new(EGRESS_CONNECTIONS_OF_SERVER_MAX)),
            }),
        }
    }

    /// What is open to the runs of an agent: the server's section or that of its project, then what its
    /// environment and the files of its repositories wish, in the order in which they stand.
    pub(crate) fn rules(
        &self,
        agent: &Agent,
        wishes: Vec<(EgressPlace, EgressWish)>,
    ) -> EgressRules {
        let mut own = self.projects.iter().filter(|project| project.has(agent));
        let of_project = own.find_map(|project| Some((project, project.egress.clone()?)));
        let (place, ground) = match of_project {
            Some((project, layer)) => (EgressPlace::Project(project.id.to_string()), layer),
            None => (EgressPlace::Server, self.server.clone()),
        };
        let mut rules = EgressRules::new(Arc::clone(&self.defaults), place, ground);
        for (place, wish) in wishes {
            let authority = match place {
                EgressPlace::Environment(_) => self.environments,
                EgressPlace::Server
                | EgressPlace::Project(_)
                | EgressPlace::File(_)
                | EgressPlace::FirstFile(_)
                | EgressPlace::Unreadable { .. } => EnvironmentAuthority::Narrows,
            };
            rules = rules.with(place, wish, authority);
        }
        rules
    }
}

#[cfg(test)]
mod half_open;
#[cfg(test)]
mod tests;
