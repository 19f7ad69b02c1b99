//! Databases for tests, things to put into them, and verbs to do so.

use std::future::Future;
use std::time::Duration;

use outwork_domain::run_state::RunEvent;
use outwork_domain::{
    AccountId, Agent, AgentId, AgentRepository, BranchWish, Dialect, EventBody, Fence,
    IsolationLevel, ModelChoice, ModelId, Origin, Prompt, PullRequestCreation, PullRequestIdentity,
    PullRequestWish, Readiness, Repository, ReviewerRequest, Run, RunId, RunMode, Seq, Source,
    Timestamp,
};
use outwork_stand_ins::postgres::PostgresDatabase;
use outwork_store::{
    BoxFuture, Claim, ClaimWish, Claimed, Database, Error, Guard, NewRun, Reader, Sealer,
    SealingKey, Store, Transition, Tx, WorkerId, accounts, agents, attempts, events, runs,
};
use uuid::Uuid;

pub const LEASE: Duration = Duration::from_secs(60);

/// A test that takes an open store, once on each database.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident: &World) $body:block)*) => {
        $(
            async fn $name($world: &World) $body

            mod $name {
                use crate::support::{World, run};

                #[test]
                fn sqlite() {
                    run(World::sqlite, |world| Box::pin(super::$name(world)));
                }

                #[test]
                fn postgres() {
                    run(World::postgres, |world| Box::pin(super::$name(world)));
                }
            }
        )*
    };
}
pub(crate) use on_both;

/// An open store with one account.
pub struct World {
    pub store: Store,
    pub database: Database,
    pub account: AccountId,
    home: Home,
}

enum Home {
    Folder(tempfile::TempDir),
    Server(PostgresDatabase),
}

pub fn run<F, O>(open: fn() -> O, test: F)
where
    O: Future<Output = World>,
    F: FnOnce(&World) -> BoxFuture<'_, ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let world = open().await;
        let deadline = Duration::from_secs(120);
        tokio::time::timeout(deadline, test(&world))
            .await
            .expect("the test hangs");
        world.store.close().await;
    });
}

impl World {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite {
            path: folder.path().join("outwork.db"),
        };
        Self::open(database, Home::Folder(folder)).await
    }

    pub async fn postgres() -> Self {
        let home = PostgresDatabase::create().expect("PostgreSQL is needed for these tests");
        let database = Database::Postgres {
            url: home.url().to_owned(),
        };
        Self::open(database, Home::Server(home)).await
    }

    async fn open(database: Database, home: Home) -> Self {
        let store = Store::open(&database, sealer()).await.unwrap();
        let mut world = Self {
            store,
            database,
            account: AccountId::new(Uuid::nil()),
            home,
        };
        world.account = world.account("owner@example.com").await;
        world
    }

    /// Writes with SQL past the store, as an accident or somebody else would.
    pub async fn tamper(&self, sql: &'static str) {
        match &self.home {
            Home::Folder(folder) => {
                use sqlx::Connection as _;
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(folder.path().join("outwork.db"))
                    .foreign_keys(false);
                let mut connection = sqlx::SqliteConnection::connect_with(&options)
                    .await
                    .unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Home::Server(database) => database.execute(sql).unwrap(),
        }
    }

    /// Holds rows for an accident's time on PostgreSQL; on SQLite nothing can, there is one writer.
    pub async fn hold(&self, sql: &'static str) -> Option<sqlx::PgConnection> {
        let mut connection = self.past_the_store().await?;
        let held = format!("BEGIN; {sql}");
        let held = sqlx::raw_sql(sqlx::AssertSqlSafe(held));
        held.execute(&mut connection).await.unwrap();
        Some(connection)
    }

    /// Waits until so many transactions wait for rows of others, or `over` says that they will not.
    pub async fn wait_for_waiting(&self, count: i64, over: impl Fn() -> bool) {
        let Some(mut connection) = self.past_the_store().await else {
            return;
        };
        let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while !over() {
            let waiting: i64 = sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            if waiting >= count {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn past_the_store(&self) -> Option<sqlx::PgConnection> {
        use sqlx::Connection as _;
        match &self.home {
            Home::Folder(_) => None,
            Home::Server(database) => {
                Some(sqlx::PgConnection::connect(database.url()).await.unwrap())
            }
        }
    }

    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    {
        self.store.write(work).await
    }

    pub async fn read(&self) -> Reader {
        self.store.read().await.unwrap()
    }

    pub async fn account(&self, email: &'static str) -> AccountId {
        let account = self
            .write(move |tx| {
                Box::pin(async move {
                    let id = AccountId::new(Uuid::new_v4());
                    accounts::find_or_create(tx, email, id, at(0)).await
                })
            })
            .await;
        account.unwrap().id
    }

    /// An agent with its first run queued.
    pub async fn agent(&self) -> AgentId {
        self.agent_at(1).await
    }

    pub async fn agent_at(&self, millis: i64) -> AgentId {
        let agent = plain_agent(self.account, millis);
        let id = agent.id;
        self.insert_agent(agent).await;
        id
    }

    pub async fn insert_agent(&self, agent: Agent) -> Run {
        let inserted = self.write(move |tx| {
            Box::pin(async move {
                agents::insert(tx, &agent).await?;
                runs::insert(tx, &new_run(agent.id, agent.created_at)).await
            })
        });
        inserted.await.unwrap()
    }

    pub async fn follow_up(&self, agent_id: AgentId, millis: i64) -> Run {
        let new = new_run(agent_id, at(millis));
        self.write(move |tx| Box::pin(async move { runs::insert(tx, &new).await }))
            .await
            .unwrap()
    }

    pub async fn claim(&self, max: u32) -> Vec<Claim> {
        self.claim_for("worker", max, LEASE).await
    }

    pub async fn claim_for(&self, worker: &'static str, max: u32, lease: Duration) -> Vec<Claim> {
        let wish = ClaimWish {
            worker: WorkerId(worker.into()),
            max,
            per_account_max: None,
            lease,
            isolation: IsolationLevel::Full,
        };
        let claimed = self.claim_as(wish).await;
        assert!(claimed.damaged.is_empty(), "{:?}", claimed.damaged);
        claimed.claims
    }

    pub async fn claim_as(&self, wish: ClaimWish) -> Claimed {
        let claimed =
            self.write(move |tx| Box::pin(async move { runs::claim(tx, &wish, at(5_000)).await }));
        claimed.await.unwrap()
    }

    /// How the latest attempts of an agent's runs are confined.
    pub async fn isolation(&self, id: AgentId) -> Vec<(RunId, IsolationLevel)> {
        let mut reader = self.store.read().await.unwrap();
        attempts::latest_isolation(&mut reader, id).await.unwrap()
    }

    /// A new agent whose first run was just claimed.
    pub async fn claimed(&self) -> Claim {
        let agent_id = self.agent().await;
        let claims = self.claim(100).await;
        claims
            .into_iter()
            .find(|claim| claim.agent.id == agent_id)
            .expect("it is claimable")
    }

    pub async fn apply(&self, guard: Guard, transition: Transition) -> Result<Run, Error> {
        let applied = self.write(move |tx| {
            Box::pin(async move { runs::apply(tx, &guard, &transition, at(9_000)).await })
        });
        applied.await
    }

    pub async fn step(&self, fence: &Fence, event: RunEvent) -> Result<Run, Error> {
        self.apply(Guard::Fence(*fence), Transition::of(event))
            .await
    }

    /// From claimed to succeeded.
    pub async fn succeed(&self, fence: &Fence, summary: &str) {
        for event in [RunEvent::WorkspacePrepared, RunEvent::LoopFinished] {
            self.step(fence, event).await.unwrap();
        }
        let mut published = Transition::of(RunEvent::Published);
        published.summary = Some(summary.to_owned());
        self.apply(Guard::Fence(*fence), published).await.unwrap();
    }

    pub async fn append(&self, fence: &Fence, bodies: Vec<EventBody>) -> Result<u64, Error> {
        let fence = *fence;
        let appended = self.write(move |tx| {
            Box::pin(async move { events::append(tx, &fence, &bodies, at(7_000)).await })
        });
        appended.await.map(|seq| seq.0)
    }

    pub async fn events(&self, agent_id: AgentId) -> Vec<EventBody> {
        let reader = &mut self.read().await;
        events::list(reader, agent_id, Seq(0), 1_000)
            .await
            .unwrap()
            .into_iter()
            .map(|event| event.body)
            .collect()
    }

    pub async fn run(&self, run_id: RunId) -> Run {
        runs::find(&mut self.read().await, run_id)
            .await
            .unwrap()
            .unwrap()
    }

    pub async fn delete(&self, agent_id: AgentId) -> bool {
        let account = self.account;
        let deleted = self
            .write(move |tx| Box::pin(async move { agents::delete(tx, account, agent_id).await }));
        deleted.await.unwrap()
    }
}

/// The key that all worlds seal with.
pub fn sealer() -> Sealer {
    Sealer::new(SealingKey::new([7; 32]), Vec::new())
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

pub fn note(text: &str) -> EventBody {
    EventBody::Note {
        text: text.to_owned(),
    }
}

pub fn prompt(text: &str) -> Prompt {
    Prompt::new(text.to_owned(), Vec::new()).unwrap()
}

pub fn new_run(agent_id: AgentId, now: Timestamp) -> NewRun {
    NewRun {
        id: RunId::new(Uuid::now_v7()),
        agent_id,
        prompt: prompt("do it"),
        mode: RunMode::Agent,
        approved: None,
        model: ModelChoice::of(ModelId::script()),
        request_id: "request-1".into(),
        now,
    }
}

/// An agent with as little as an agent can have.
pub fn plain_agent(account_id: AccountId, millis: i64) -> Agent {
    Agent {
        id: AgentId::new(Uuid::new_v4()),
        account_id,
        name: "Do it".into(),
        model: ModelChoice::of(ModelId::script()),
        repositories: vec![plain_repository("tools")],
        pull_request: PullRequestWish {
            creation: PullRequestCreation::Manual,
            readiness: Readiness::Ready,
            identity: PullRequestIdentity::User,
            reviewer: ReviewerRequest::Asked,
        },
        origin: Origin::of(Dialect::CursorV0),
        webhook: None,
        environment: None,
        metadata: std::collections::BTreeMap::new(),
        created_at: at(millis),
        archived_at: None,
    }
}

pub fn repository(name: &str) -> Repository {
    format!("https://git.example.com/acme/{name}")
        .parse()
        .unwrap()
}

/// A repository with as little as an agent's repository can have.
pub fn plain_repository(name: &str) -> AgentRepository {
    AgentRepository {
        source: Source {
            repository: repository(name),
            base_ref: None,
            pull_request_url: None,
        },
        folder: None,
        branch_wish: BranchWish::Generated,
        branch: None,
        head: None,
        pull_request_url: None,
    }
}

pub fn commit(digit: char) -> outwork_domain::CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}
