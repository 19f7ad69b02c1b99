//! What every handler may use: the engine and the server's own small stores.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use outwork_engine::Engine;
use outwork_store::Store;

use crate::body_room::BodyRoom;
use crate::feed::Feeds;
use crate::keys::KeyCache;
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
    keys: KeyCache,
    watched_keys: WatchedKeys,
    links: Links,
    readiness: Readiness,
    feeds: Feeds,
    body_room: BodyRoom,
    description: Description,
    reference_page: OnceLock<Bytes>,
    counts: Counts,
}

impl App {
    pub(crate) fn new(engine: Engine, options: ServerOptions, description: Description) -> Self {
        let counts = Counts::new(&options.rate_limits);
        Self(Arc::new(Parts {
            engine,
            options,
            keys: KeyCache::default(),
            watched_keys: WatchedKeys::default(),
            links: Links::default(),
            readiness: Readiness::default(),
            feeds: Feeds::default(),
            body_room: BodyRoom::default(),
            description,
            reference_page: OnceLock::new(),
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
        &self.0.keys
    }

    /// The keys that streams were opened with.
    pub(crate) fn watched_keys(&self) -> &WatchedKeys {
        &self.0.watched_keys
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

    /// What happens to agents, for streams.
    pub(crate) fn feeds(&self) -> &Feeds {
        &self.0.feeds
    }

    /// What large request bodies share.
    pub(crate) fn body_room(&self) -> &BodyRoom {
        &self.0.body_room
    }

    pub(crate) fn readiness(&self) -> &Readiness {
        &self.0.readiness
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
