//! What every handler may use: the engine and the server's own small stores.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use outwork_domain::Timestamp;
use outwork_engine::Engine;
use outwork_store::Store;

use crate::activities::KeptTimelines;
use crate::body_room::BodyRoom;
use crate::compressed::Compressed;
use crate::feed::Feeds;
use crate::findings::Findings;
use crate::keys::{KeyCache, SessionCache};
use crate::links::Links;
use crate::openapi::Description;
use crate::options::ServerOptions;
use crate::rate_limit::{Counts, Meters, ProjectUses, Strangers};
use crate::readiness::Readiness;
use crate::watched_key::WatchedKeys;

/// The state behind all routes; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

struct Parts {
    engine: Engine,
    options: ServerOptions,
    credentials: Credentials,
    links: Links,
    started_at: Timestamp,
    state: State,
    feeds: Feeds,
    body_room: BodyRoom,
    description: Description,
    reference_page: OnceLock<Bytes>,
    compressed: Compressed,
    counts: Counts,
}

/// What is known of the store and of the machine.
#[derive(Default)]
struct State {
    readiness: Readiness,
    findings: Findings,
    timelines: KeptTimelines,
}

/// What is known of those who ask.
#[derive(Default)]
struct Credentials {
    keys: KeyCache,
    sessions: SessionCache,
    watched_keys: WatchedKeys,
}

impl App {
    pub(crate) fn new(engine: Engine, options: ServerOptions, description: Description) -> Self {
        let started_at = engine.now();
        let counts = Counts::new(&options.rate_limits);
        Self(Arc::new(Parts {
            engine,
            options,
            credentials: Credentials::default(),
            links: Links::default(),
            started_at,
            state: State::default(),
            feeds: Feeds::default(),
            body_room: BodyRoom::default(),
            description,
            reference_page: OnceLock::new(),
            compressed: Compressed::default(),
            counts,
        }))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn store(&self) -> &Store {
        self.0.engine.store()
    }

    pub(crate) fn options(&self) -> &ServerOptions {
        &self.0.options
    }

    pub(crate) fn keys(&self) -> &KeyCache {
        &self.0.credentials.keys
    }

    /// The sessions that were looked up lately.
    pub(crate) fn sessions(&self) -> &SessionCache {
        &self.0.credentials.sessions
    }

    /// The keys that streams were opened with.
    pub(crate) fn watched_keys(&self) -> &WatchedKeys {
        &self.0.credentials.watched_keys
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    /// What all routes are described as.
    pub(crate) fn description(&self) -> &Description {
        &self.0.description
    }

    /// The same as a page, once somebody has asked for it.
    pub(crate) fn reference_page(&self) -> &OnceLock<Bytes> {
        &self.0.reference_page
    }

    /// The page's files as they go over the wire.
    pub(crate) fn compressed(&self) -> &Compressed {
        &self.0.compressed
    }

    /// What happens to agents, for streams.
    pub(crate) fn feeds(&self) -> &Feeds {
        &self.0.feeds
    }

    /// What agents have come past, for those who follow them from afar.
    pub(crate) fn timelines(&self) -> &KeptTimelines {
        &self.0.state.timelines
    }

    /// What large request bodies share.
    pub(crate) fn body_room(&self) -> &BodyRoom {
        &self.0.body_room
    }

    pub(crate) fn readiness(&self) -> &Readiness {
        &self.0.state.readiness
    }

    /// What was found on the machine.
    pub(crate) fn findings(&self) -> &Findings {
        &self.0.state.findings
    }

    /// When this server began to answer.
    pub(crate) fn started_at(&self) -> Timestamp {
        self.0.started_at
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.counts.meters
    }

    /// What projects were used for lately.
    pub(crate) fn uses(&self) -> &ProjectUses {
        &self.0.counts.uses
    }

    pub(crate) fn strangers(&self) -> &Strangers {
        &self.0.counts.strangers
    }
}
