//! The one reader of an agent's new events in this process.
//!
//! It lives as long as a follower of its agent does. What ended it (a fault of the database, the agent's
//! deletion) ends its followers too; whoever comes later starts a new one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use outwork_domain::{AccountId, AgentId, Seq};
use outwork_store::{Error, Store, agents, events};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::item::Item;
use super::tail::{Behind, Tail};

/// How long a bell that did not ring is believed.
const POLL: Duration = Duration::from_secs(1);
/// How long an agent is believed to be there after it was seen.
const PRESENCE: Duration = Duration::from_secs(15);
/// Rows, and characters of their bodies, that are read at once.
pub(crate) const ROWS_MAX: u32 = 128;
pub(crate) const CHARS_MAX: u32 = 16 * 1024;

/// The hubs of all agents that are followed.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<HashMap<AgentId, Weak<Hub>>>);

/// An agent's hub.
pub(crate) struct Hub {
    shared: Arc<Shared>,
    _reader: AbortOnDropHandle<()>,
}

struct Shared {
    tail: Mutex<Tail>,
    news: watch::Sender<News>,
}

/// How far a hub has read, or why it reads no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It goes on from there.
    Until(Seq),
    /// The agent was deleted.
    Gone,
    /// It cannot be read.
    Broken(String),
}

impl Feeds {
    /// The agent's hub, for somebody who has seen everything up to `after` and nothing behind it.
    pub(crate) fn join(&self, store: &Store, whose: (AccountId, AgentId), after: Seq) -> Arc<Hub> {
        let mut hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = hubs.get(&whose.1).and_then(Weak::upgrade);
        if let Some(hub) = found.filter(|hub| matches!(hub.news(), News::Until(_))) {
            return hub;
        }
        hubs.retain(|_, hub| hub.strong_count() > 0);
        let hub = Arc::new(Hub::start(store.clone(), whose, after));
        hubs.insert(whose.1, Arc::downgrade(&hub));
        hub
    }
}

impl Hub {
    fn start(store: Store, whose: (AccountId, AgentId), after: Seq) -> Self {
        let shared = Arc::new(Shared {
            tail: Mutex::new(Tail::new(after)),
            news: watch::channel(News::Until(after)).0,
        });
        let reader = tokio::spawn(read(store, whose, after, Arc::clone(&shared)));
        Self {
            shared,
            _reader: AbortOnDropHandle::new(reader),
        }
    }

    /// What followers wait for.
    pub(crate) fn subscribe(&self) -> watch::Receiver<News> {
        self.shared.news.subscribe()
    }

    /// What there is behind a place.
    pub(crate) fn behind(&self, after: Seq) -> Behind {
        self.shared.tail().behind(after)
    }

    fn news(&self) -> News {
        self.shared.news.borrow().clone()
    }
}

impl Shared {
    fn tail(&self) -> std::sync::MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(store: Store, whose: (AccountId, AgentId), after: Seq, shared: Arc<Shared>) {
    let news = match read_on(&store, whose, after, &shared).await {
        Ok(()) => News::Gone,
        Err(error) => News::Broken(error.to_string()),
    };
    shared.news.send_replace(news);
}

/// Reads until the agent is gone.
async fn read_on(
    store: &Store,
    whose: (AccountId, AgentId),
    mut after: Seq,
    shared: &Shared,
) -> Result<(), Error> {
    let mut bell = store.agent_bell(whose.1);
    // Nobody has looked since the bell was hung up.
    let mut seen_at: Option<Instant> = None;
    loop {
        // Before the read: what happens during it is then seen by the next one.
        bell.borrow_and_update();
        let mut reader = store.read().await?;
        let rows = events::list_some(&mut reader, whose.1, after, ROWS_MAX, CHARS_MAX).await?;
        if let Some((last, _)) = rows.last() {
            after = last.seq;
            drop(reader);
            let mut tail = shared.tail();
            rows.into_iter().for_each(|row| tail.push(Item::new(row)));
            drop(tail);
            shared.news.send_replace(News::Until(after));
            continue;
        }
        if seen_at.is_none_or(|at| at.elapsed() >= PRESENCE) {
            if agents::find(&mut reader, whose.0, whose.1).await?.is_none() {
                return Ok(());
            }
            seen_at = Some(Instant::now());
        }
        drop(reader);
        match timeout(POLL, bell.changed()).await {
            // A bell without an event is how a deleted agent says farewell.
            Ok(Ok(())) => seen_at = None,
            // A bell that nobody can ring any more: the poll is left.
            Ok(Err(_)) => tokio::time::sleep(POLL).await,
            // Whoever keeps up has seen everything by now, and most agents are silent most of the time.
            Err(_) => shared.tail().forget(),
        }
    }
}
