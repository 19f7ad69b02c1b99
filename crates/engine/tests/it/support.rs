//! A small world: one account, one repository, a clock that is set by hand, a worker by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use outwork_agent::Models;
use outwork_domain::{
    AccountId, AgentId, BranchWish, Dialect, Guidance, ModelId, Origin, Prices, Prompt,
    PullRequestCreation, PullRequestIdentity, PullRequestWish, Readiness, Repository,
    ReviewerRequest, Run, RunMode, Source, Timestamp,
};
use outwork_engine::outbound::OutboundOptions;
use outwork_engine::{
    Clock, CommandError, Engine, EngineOptions, FollowUp, Forges, LocalForge, NewAgent,
    NewRepository, Reconciler, ReconcilerOptions, StoreLedger, WaitingPlan, WhenBusy,
};
use outwork_forge::Forge;
use outwork_store::{AgentView, Database, Sealer, SealingKey, Store, WorkerId, accounts};
use outwork_workspace::{Git, GitOptions};
use uuid::Uuid;

/// A clock that stands still until it is moved.
#[derive(Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn move_on(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

pub struct World {
    pub engine: Engine,
    pub clock: Arc<HandClock>,
    pub account: AccountId,
    pub folder: Arc<tempfile::TempDir>,
}

const PUBLIC_URL: &str = "http://127.0.0.1:1";

pub const DAY: Duration = Duration::from_secs(24 * 3600);

impl World {
    pub async fn new() -> Self {
        Self::calling(OutboundOptions::default()).await
    }

    /// A world that calls what those options open.
    pub async fn calling(outbound: OutboundOptions) -> Self {
        Self::in_folder(Arc::new(tempfile::tempdir().unwrap()), outbound).await
    }

    /// The world of a folder, which may have had one before.
    pub async fn in_folder(folder: Arc<tempfile::TempDir>, outbound: OutboundOptions) -> Self {
        Self::with(folder, outbound, Vec::new()).await
    }

    /// A world with those forges, in a folder that may have had one before.
    pub async fn with_forges(folder: Arc<tempfile::TempDir>, hosted: Vec<Arc<dyn Forge>>) -> Self {
        Self::with(folder, OutboundOptions::default(), hosted).await
    }

    async fn with(
        folder: Arc<tempfile::TempDir>,
        outbound: OutboundOptions,
        hosted: Vec<Arc<dyn Forge>>,
    ) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let data_dir = folder.path().join("data");
        std::fs::create_dir_all(&data_dir).unwrap();
        let store = Database::Sqlite {
            path: data_dir.join("outwork.db"),
        };
        let sealer = Sealer::new(SealingKey::new([7; 32]), Vec::new());
        let store = Store::open(&store, sealer).await.unwrap();
        let repository = folder.path().join("repos/r.git");
        if !repository.exists() {
            make_repository(&repository);
        }
        let clock = Arc::new(HandClock::default());
        let now = clock.now();
        let account = store
            .write(move |tx| {
                Box::pin(async move {
                    let id = AccountId::new(Uuid::new_v4());
                    accounts::find_or_create(tx, "dev@example.com", id, now).await
                })
            })
            .await
            .unwrap()
            .id;
        let engine = engine(store, folder.path(), &clock, outbound, hosted).await;
        Self {
            engine,
            clock,
            account,
            folder,
        }
    }

    /// Another server on the same database.
    pub async fn another_server(&self) -> Engine {
        let store = self.engine.store().clone();
        let outbound = OutboundOptions::default();
        let hosted = self.engine.forges().hosted().to_vec();
        engine(store, self.folder.path(), &self.clock, outbound, hosted).await
    }

    pub fn repository(&self) -> Repository {
        self.folder
            .path()
            .join("repos/r.git")
            .to_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Another repository beside it.
    pub fn another_repository(&self, name: &str) -> Repository {
        let path = self.folder.path().join("repos").join(name);
        make_repository(&path);
        path.to_str().unwrap().parse().unwrap()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn new_agent(&self) -> NewAgent {
        NewAgent {
            id: None,
            name: None,
            prompt: prompt("Do it"),
            mode: RunMode::Agent,
            model: None,
            repositories: vec![new_repository(self.repository())],
            pull_request: PullRequestWish {
                creation: PullRequestCreation::Automatic,
                readiness: Readiness::Ready,
                identity: PullRequestIdentity::User,
                reviewer: ReviewerRequest::Asked,
            },
            origin: Origin::of(Dialect::CursorV0),
            guidance: Guidance::default(),
            webhook: None,
            environment: None,
            variables: Vec::new(),
            run_variables: Vec::new(),
            metadata: BTreeMap::new(),
            request_id: "request-1".to_owned(),
        }
    }

    pub async fn create(&self) -> AgentId {
        self.engine
            .create_agent(self.account, self.new_agent(), None)
            .await
            .unwrap()
            .done()
            .unwrap()
            .agent
            .id
    }

    pub async fn follow_up(&self, agent_id: AgentId) -> Result<(), CommandError> {
        self.engine
            .add_follow_up(self.account, agent_id, follow_up("More"), None)
            .await
            .map(drop)
    }

    pub async fn view(&self, agent_id: AgentId) -> Option<AgentView> {
        let mut reader = self.engine.store().read().await.unwrap();
        outwork_store::agents::find(&mut reader, self.account, agent_id)
            .await
            .unwrap()
    }

    /// An agent's runs, in their order.
    pub async fn runs(&self, agent_id: AgentId) -> Vec<Run> {
        let mut reader = self.engine.store().read().await.unwrap();
        outwork_store::runs::list(&mut reader, agent_id)
            .await
            .unwrap()
    }

    /// The states of an agent's runs, in their order.
    pub async fn states(&self, agent_id: AgentId) -> Vec<&'static str> {
        let runs = self.runs(agent_id).await;
        runs.into_iter().map(|run| run.state.word()).collect()
    }

    /// A worker by hand, whose leases hold for that long.
    pub fn ledger(&self, name: &str, lease: Duration) -> StoreLedger {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        StoreLedger::new(
            self.engine.store().clone(),
            clock,
            WorkerId(name.to_owned()),
            lease,
        )
    }

    pub fn reconciler(&self, worker: &str) -> Reconciler {
        Reconciler::new(
            self.engine.clone(),
            ReconcilerOptions {
                worker: WorkerId(worker.to_owned()),
                workspace_retention: 7 * DAY,
                workspaces_max: 3,
                queue_wait_max: DAY,
            },
        )
    }
}

pub fn new_repository(repository: Repository) -> NewRepository {
    NewRepository {
        source: Source {
            repository,
            base_ref: None,
            pull_request_url: None,
        },
        branch_wish: BranchWish::Generated,
    }
}

pub fn follow_up(text: &str) -> FollowUp {
    FollowUp {
        prompt: prompt(text),
        mode: None,
        model: None,
        variables: Vec::new(),
        when_busy: WhenBusy::Queue,
        waiting_plan: WaitingPlan::Drop,
        request_id: "request-2".to_owned(),
    }
}

/// What the script would cost if it were a model.
fn prices() -> Prices {
    let price = |text: &str| text.parse().unwrap();
    Prices {
        input: price("3"),
        output: price("15"),
        cache_read: price("0.3"),
        cache_write: price("3.75"),
    }
}

pub fn prompt(text: &str) -> Prompt {
    Prompt::new(text.to_owned(), Vec::new()).unwrap()
}

fn make_repository(path: &Path) {
    let script = "git init -q --bare -b main \"$1\" && cd \"$1\" && \
        tree=$(printf 'one\\ntwo\\nthree\\n' | git hash-object -w --stdin | \
               xargs -I{} printf '100644 blob {}\\tfile\\n' | git mktree) && \
        git update-ref refs/heads/main $(git commit-tree -m base $tree)";
    git_script(script, path);
}

/// Runs a shell script with a repository as its first argument and gives what it printed.
pub fn git_script(script: &str, repository: &Path) -> String {
    let mut command = Command::new("sh");
    command.args(["-euc", script, "sh"]).arg(repository);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "T")
            .env(format!("GIT_{who}_EMAIL"), "t@example.com");
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn engine(
    store: Store,
    folder: &Path,
    clock: &Arc<HandClock>,
    outbound: OutboundOptions,
    hosted: Vec<Arc<dyn Forge>>,
) -> Engine {
    let data_dir = folder.join("data");
    let path = std::env::split_paths("/usr/local/bin:/usr/bin:/bin");
    let git = outwork_workspace::find_git(&std::env::join_paths(path).unwrap()).unwrap();
    let mut options = GitOptions::new(git, data_dir.clone());
    options.local_repositories = vec![folder.join("repos")];
    let git = Git::open(options).await.unwrap();
    let models = Models::new(Vec::new()).unwrap();
    let prices = [(ModelId::script(), prices())].into_iter().collect();
    let models = Arc::new(models.with_prices(prices));
    let options = EngineOptions {
        data_dir,
        public_url: PUBLIC_URL.to_owned(),
        branch_prefix: "outwork".to_owned(),
        projects: Vec::new(),
        outbound,
    };
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let local = LocalForge::new(store.clone(), Arc::clone(&clock), PUBLIC_URL.to_owned());
    let forges = Forges::new(hosted, Arc::new(local));
    Engine::new(store, git, models, forges, clock, options)
}
