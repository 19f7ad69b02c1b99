//! A transaction that writes, and a reader; queries take either.

use outwork_domain::{AgentId, Seq};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Postgres, Transaction};

use crate::announcer::Announcer;
use crate::bells::Rings;
use crate::database::{Clock, Connected, Connection, Kind, Read};
use crate::sealer::Sealer;
use crate::sqlite::PooledReader;

/// A transaction: what it writes is there as a whole or not at all.
pub struct Tx {
    pub(crate) link: Link,
    pub(crate) clock: Clock,
    sealer: Sealer,
    announcer: Announcer,
    rings: Rings,
}

/// The connection that a transaction runs on.
pub(crate) enum Link {
    /// The writer's only one.
    Sqlite(SqliteConnection),
    /// One of the pool's, inside a transaction of its own.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// A transaction on that connection.
    pub(crate) fn new(link: Link, clock: Clock, sealer: Sealer, announcer: Announcer) -> Self {
        Self {
            link,
            clock,
            sealer,
            announcer,
            rings: Rings::default(),
        }
    }

    /// Which database it writes to.
    pub(crate) fn kind(&self) -> Kind {
        match self.link {
            Link::Sqlite(_) => Kind::Sqlite,
            Link::Postgres(_) => Kind::Postgres,
        }
    }

    /// Rings the agent's bell after the commit.
    pub(crate) fn ring_agent(&mut self, agent_id: AgentId, seq: Seq) {
        self.rings.agent(agent_id, seq);
    }

    /// Rings the bell of an agent that is gone.
    pub(crate) fn ring_gone(&mut self, agent_id: AgentId) {
        self.rings.gone(agent_id);
    }

    /// Rings the bell of the queue after the commit.
    pub(crate) fn ring_queue(&mut self) {
        self.rings.queue();
    }

    /// Rings the bell of the outbox after the commit.
    pub(crate) fn ring_deliveries(&mut self) {
        self.rings.deliveries();
    }

    /// Who writes what webhooks are told.
    pub(crate) fn announcer(&self) -> &Announcer {
        &self.announcer
    }

    /// What is to be rung, and leaves nothing.
    pub(crate) fn take_rings(&mut self) -> Rings {
        std::mem::take(&mut self.rings)
    }
}

impl Connected for Tx {
    fn connection(&mut self) -> Connection<'_> {
        match &mut self.link {
            Link::Sqlite(connection) => Connection::Sqlite(connection),
            Link::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    fn clock(&self) -> Clock {
        self.clock
    }

    fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

impl Read for Tx {}

/// A connection that only reads; each query sees what was committed before it began.
pub struct Reader {
    link: ReaderLink,
    clock: Clock,
    sealer: Sealer,
}

/// The connection that a reader uses.
pub(crate) enum ReaderLink {
    /// Goes back to its pool when dropped.
    Sqlite(PooledReader),
    /// The same.
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    /// A reader on that connection.
    pub(crate) fn new(link: ReaderLink, clock: Clock, sealer: Sealer) -> Self {
        Self {
            link,
            clock,
            sealer,
        }
    }
}

impl Connected for Reader {
    fn connection(&mut self) -> Connection<'_> {
        match &mut self.link {
            ReaderLink::Sqlite(reader) => Connection::Sqlite(reader.connection()),
            ReaderLink::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    fn clock(&self) -> Clock {
        self.clock
    }

    fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

impl Read for Reader {}
