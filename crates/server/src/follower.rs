//! One stream's place in an agent's history.
//!
//! Nothing is given to a follower whose key no longer holds.

use std::sync::Arc;
use std::time::Duration;

use outwork_domain::{AccountId, AgentId, Seq};
use outwork_store::events;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::auth::{Caller, wrong_key};
use crate::errors::Failure;
use crate::feed::{Behind, CHARS_MAX, Hub, Item, News, ROWS_MAX};
use crate::watched_key::WatchedKey;

/// After how much silence a stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A stream's place, and how it learns what follows.
pub(crate) struct Follower {
    app: App,
    key: Arc<WatchedKey>,
    whose: (AccountId, AgentId),
    after: Seq,
    source: Source,
    heartbeat_at: Instant,
}

enum Source {
    Table,
    Hub(Arc<Hub>, watch::Receiver<News>),
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// There may be more.
    News,
    /// Nothing was sent for so long that clients may doubt that the stream lives.
    Silence,
    /// The agent was deleted.
    Gone,
    /// The server stops.
    Stop,
}

impl Follower {
    /// A follower that has seen everything of an agent up to `after`.
    pub(crate) fn new(app: App, caller: &Caller, agent_id: AgentId, after: Seq) -> Self {
        Self {
            key: app.watched_keys().watch(caller.credential()),
            whose: (caller.account_id(), agent_id),
            app,
            after,
            source: Source::Table,
            heartbeat_at: Instant::now() + HEARTBEAT,
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn agent_id(&self) -> AgentId {
        self.whose.1
    }

    /// The account that follows.
    pub(crate) fn account_id(&self) -> AccountId {
        self.whose.0
    }

    /// The events that follow, in order; none if there are none yet.
    pub(crate) async fn look(&mut self) -> Result<Vec<Arc<Item>>, Failure> {
        if let Source::Hub(hub, news) = &mut self.source {
            // Before the look: what comes after it is then news.
            let state = news.borrow_and_update().clone();
            match (hub.behind(self.after), state) {
                (Behind::Items(items), _) => {
                    self.pass(&items).await?;
                    return Ok(items);
                }
                (Behind::Nothing, News::Broken(fault)) => return Err(Failure::unavailable(fault)),
                (Behind::Nothing, News::Until(_) | News::Gone) => return Ok(Vec::new()),
                (Behind::Missed, _) => self.source = Source::Table,
            }
        }
        self.look_at_table().await
    }

    /// The same, from the table whatever the hub has: whatever was committed before is among it.
    pub(crate) async fn look_at_table(&mut self) -> Result<Vec<Arc<Item>>, Failure> {
        let mut reader = self.app.store().read().await?;
        let (id, after) = (self.whose.1, self.after);
        let rows = events::list_some(&mut reader, id, after, ROWS_MAX, CHARS_MAX).await?;
        drop(reader);
        let items: Vec<_> = rows.into_iter().map(Item::new).map(Arc::new).collect();
        self.pass(&items).await?;
        if items.is_empty() && matches!(self.source, Source::Table) {
            let hub = self.app.feeds().join(self.app.store(), self.whose, after);
            let mut news = hub.subscribe();
            // What it read meanwhile is no longer news when this one waits.
            news.mark_changed();
            self.source = Source::Hub(hub, news);
        }
        Ok(items)
    }

    /// Waits until there may be more; call it after a look that gave nothing.
    pub(crate) async fn wait(&mut self) -> Result<Wake, Failure> {
        let Source::Hub(_, news) = &mut self.source else {
            return Ok(Wake::News);
        };
        let stop = &self.app.options().shutdown;
        if stop.is_cancelled() {
            return Ok(Wake::Stop);
        }
        if *news.borrow() == News::Gone {
            return Ok(Wake::Gone);
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Wake::Stop),
            _ = news.changed() => return Ok(Wake::News),
            () = sleep_until(self.heartbeat_at) => {}
        }
        self.check_key().await?;
        Ok(Wake::Silence)
    }

    /// Notes that something was sent, so that silence begins anew.
    pub(crate) fn note_sent(&mut self) {
        self.heartbeat_at = Instant::now() + HEARTBEAT;
    }

    /// Whether the server is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.app.options().shutdown.is_cancelled()
    }

    /// Moves on to behind what is about to be given.
    async fn pass(&mut self, items: &[Arc<Item>]) -> Result<(), Failure> {
        if let Some(last) = items.last() {
            self.check_key().await?;
            self.after = last.event.seq;
        }
        Ok(())
    }

    async fn check_key(&self) -> Result<(), Failure> {
        let now = self.app.engine().now();
        if self.key.holds(self.app.store(), now).await? {
            Ok(())
        } else {
            Err(wrong_key())
        }
    }
}
