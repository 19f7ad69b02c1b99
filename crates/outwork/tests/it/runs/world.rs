//! Engine and worker in this process, real git and real sandboxes below them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outwork_agent::{ModelOptions, Models, Provider};
use outwork_domain::limits::LEASE;
use outwork_domain::{
    AccountId, Agent, AgentId, AgentRepository, Artifact, BranchWish, Budget, Cause, Event,
    EventBody, IsolationLevel, ModelChoice, Prompt, PullRequest, PullRequestCreation,
    PullRequestIdentity, PullRequestWish, ReviewerRequest, Run, RunMode, SecretHolder, SecretText,
    SecretWish, Seq, Source,
};
use outwork_engine::outbound::OutboundOptions;
use outwork_engine::{
    Author, Clock, CoAuthor, EgressOptions, Engine, EngineOptions, FollowUp, Forges, Ledger,
    LocalForge, NewAgent, NewRepository, PullRequestOptions, Reconciler, ReconcilerOptions,
    RunOptions, SecretTarget, StoreLedger, SystemClock, WaitingPlan, WhenBusy, Worker,
    WorkerOptions, WorkerParts,
};
use outwork_sandbox::{Groups, Launcher, LauncherOptions, LimitsMode, ResourceLimits};
use outwork_stand_ins::model_server::ModelServer;
use outwork_store::{
    AgentView, Database, Sealer, SealingKey, Store, WorkerId, accounts, agents, artifacts,
    attempts, events, pull_requests, runs,
};
use outwork_workspace::{Git, GitOptions, Signing, SigningKey};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::repository::Repository;
use crate::support::server::{Database as Kind, Ground};

pub const PATIENCE: Duration = Duration::from_secs(120);
const PUBLIC_URL: &str = "http://127.0.0.1:1";
/// The variable of the folder with the program, where the one that was built cannot be reached.
pub const PROGRAMS: &str = "OUTWORK_TEST_PROGRAMS";
/// The program's name in there.
pub const PROGRAM: &str = "outwork";
/// Whose the commits are.
pub const AUTHOR_EMAIL: &str = "agent@example.com";

pub struct World {
    pub engine: Engine,
    pub ground: Ground,
    pub account: AccountId,
    /// What commands may reach.
    pub egress: EgressOptions,
    /// What the sandbox of a run may use up.
    pub limits: ResourceLimits,
    launcher: Launcher,
}

/// A worker that works until it is dropped.
pub struct AtWork(tokio::task::JoinHandle<()>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(Vec::new(), None).await
    }

    /// A world whose runs are confined at another level.
    pub async fn at(level: IsolationLevel) -> Self {
        let mut world = Self::new().await;
        world.launcher = launcher(level);
        world
    }

    /// A world whose commits are signed with the key in that file.
    pub async fn signing(key: &Path) -> Self {
        let key = SigningKey::read(key).unwrap();
        let email = AUTHOR_EMAIL.to_owned();
        Self::with(Vec::new(), Some(Signing { key, email })).await
    }

    /// A world in which `asked` is what that server answers.
    pub async fn asking(server: &ModelServer) -> Self {
        let model = ModelOptions {
            id: "asked".parse().unwrap(),
            provider: Provider::OpenAi,
            model: "gpt-4.1".to_owned(),
            base_url: Some(server.base_url()),
            api_key: Some("sk-test".to_owned().into()),
            context_tokens: None,
            effort: None,
        };
        Self::with(vec![model], None).await
    }

    async fn with(models: Vec<ModelOptions>, signing: Option<Signing>) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let ground = Ground::new(Kind::Sqlite);
        let data_dir = ground.data_dir();
        std::fs::create_dir_all(&data_dir).unwrap();
        let path = data_dir.join("outwork.db");
        let sealer = Sealer::new(SealingKey::new([7; 32]), Vec::new());
        let store = Store::open(&Database::Sqlite { path }, sealer)
            .await
            .unwrap();
        let program = outwork_workspace::find_git("/usr/local/bin:/usr/bin:/bin".as_ref()).unwrap();
        let mut options = GitOptions::new(program, data_dir.clone());
        options.local_repositories = vec![ground.repositories()];
        options.signing = signing;
        let git = Git::open(options).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = EngineOptions {
            data_dir,
            public_url: PUBLIC_URL.to_owned(),
            branch_prefix: "outwork".to_owned(),
            projects: Vec::new(),
            outbound: OutboundOptions::default(),
        };
        let models = Arc::new(Models::new(models).unwrap());
        let local = LocalForge::new(store.clone(), Arc::clone(&clock), PUBLIC_URL.to_owned());
        let forges = Forges::new(Vec::new(), Arc::new(local));
        let engine = Engine::new(store.clone(), git, models, forges, clock, options);
        let now = engine.now();
        let account = store.write(move |tx| {
            Box::pin(async move {
                let id = AccountId::new(Uuid::new_v4());
                accounts::find_or_create(tx, "dev@example.com", id, now).await
            })
        });
        let account: Result<_, outwork_store::Error> = account.await;
        let launcher = launcher(IsolationLevel::Full);
        Self {
            engine,
            ground,
            account: account.unwrap().id,
            egress: EgressOptions::default(),
            limits: ResourceLimits::default(),
            launcher,
        }
    }

    /// A repository that the world's agents may use.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::with_files(&self.ground.repositories(), name, 12)
    }

    pub fn store_ledger(&self) -> StoreLedger {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let worker = WorkerId("worker".to_owned());
        StoreLedger::new(self.engine.store().clone(), clock, worker, LEASE)
            .with_isolation(self.launcher.level())
    }

    /// Lets a worker work.
    pub fn work(&self) -> AtWork {
        self.work_on(Arc::new(self.store_ledger()))
    }

    /// The same over a ledger of the caller's.
    pub fn work_on(&self, ledger: Arc<dyn Ledger>) -> AtWork {
        let parts = WorkerParts {
            ledger,
            launcher: self.launcher.clone(),
        };
        let options = WorkerOptions {
            runs_max: 4,
            run: RunOptions {
                program: self.program(),
                users: users(),
                budget: Budget::default(),
                limits: self.limits,
                pull_requests: PullRequestOptions::default(),
                egress: self.egress.clone(),
                author: Author {
                    name: "Outwork".to_owned(),
                    email: AUTHOR_EMAIL.to_owned(),
                    co_author: CoAuthor::User,
                },
            },
        };
        let worker = Worker::new(&self.engine, parts, options);
        AtWork(tokio::spawn(async move {
            worker.work(CancellationToken::new()).await;
        }))
    }

    /// What holds runs to their limits on this machine.
    pub fn limits_mode(&self) -> LimitsMode {
        self.launcher.limits()
    }

    /// The tool host, at a place that every user can reach.
    fn program(&self) -> PathBuf {
        let made = std::env::vars().find(|(name, _)| name == PROGRAMS);
        if let Some((_, folder)) = made {
            return Path::new(&folder).join(PROGRAM);
        }
        let (own, here) = (
            env!("CARGO_BIN_EXE_outwork"),
            self.ground.path().join("tool-host"),
        );
        if !here.exists() && std::fs::hard_link(own, &here).is_err() {
            std::fs::copy(own, &here).unwrap();
        }
        here
    }

    pub fn reconciler(&self) -> Reconciler {
        self.reconciler_keeping(Duration::from_secs(3600))
    }

    /// One that keeps idle workspaces for so long.
    pub fn reconciler_keeping(&self, workspace_retention: Duration) -> Reconciler {
        let options = ReconcilerOptions {
            worker: WorkerId("worker".to_owned()),
            workspace_retention,
            workspaces_max: 100,
            queue_wait_max: Duration::from_secs(3600),
        };
        Reconciler::new(self.engine.clone(), options)
    }

    /// Puts a secret of the account.
    pub async fn put_secret(&self, name: &str, value: &str) {
        let target = SecretTarget {
            holder: SecretHolder::User(self.account),
            name: name.parse().unwrap(),
            id: None,
        };
        let wish = SecretWish {
            value: SecretText::new(value.to_owned()),
            kind: None,
            repositories: None,
        };
        let put = self.engine.put_secret(self.account, target, wish).await;
        put.unwrap();
    }

    /// The notes of an agent, in their order.
    pub async fn notes(&self, id: AgentId) -> Vec<String> {
        let texts = self.events(id).await.into_iter().filter_map(|event| {
            if let EventBody::Note { text } = event.body {
                return Some(text);
            }
            None
        });
        texts.collect()
    }

    /// Creates an agent; its first run is queued.
    pub async fn create(&self, new: NewAgent) -> AgentId {
        let created = self.engine.create_agent(self.account, new, None).await;
        created.unwrap().done().unwrap().agent.id
    }

    pub async fn follow_up(&self, id: AgentId, new: FollowUp) {
        let added = self.engine.add_follow_up(self.account, id, new, None).await;
        added.unwrap();
    }

    pub async fn view(&self, id: AgentId) -> AgentView {
        let mut reader = self.engine.store().read().await.unwrap();
        let view = agents::find(&mut reader, self.account, id).await.unwrap();
        view.unwrap()
    }

    pub async fn agent(&self, id: AgentId) -> Agent {
        self.view(id).await.agent
    }

    /// How the latest attempts of an agent's runs were confined, in the order of the runs.
    pub async fn isolation(&self, id: AgentId) -> Vec<IsolationLevel> {
        let mut reader = self.engine.store().read().await.unwrap();
        let found = attempts::latest_isolation(&mut reader, id).await.unwrap();
        found.into_iter().map(|(_, level)| level).collect()
    }

    /// The events of an agent.
    pub async fn events(&self, id: AgentId) -> Vec<Event> {
        let mut reader = self.engine.store().read().await.unwrap();
        events::list(&mut reader, id, Seq(0), 10_000).await.unwrap()
    }

    /// The pull requests that were opened, in their order.
    pub async fn pull_requests(&self) -> Vec<PullRequest> {
        let mut reader = self.engine.store().read().await.unwrap();
        let list = pull_requests::list(&mut reader, self.account, None, None, 100).await;
        let mut list = list.unwrap();
        list.reverse();
        list
    }

    /// Waits until all runs of an agent have ended, and gives the last.
    pub async fn ended(&self, id: AgentId) -> Run {
        let waiting = async {
            let mut bell = self.engine.store().agent_bell(id);
            loop {
                let mut reader = self.engine.store().read().await.unwrap();
                let all = runs::list(&mut reader, id).await.unwrap();
                drop(reader);
                if all.iter().all(|run| run.state.is_final()) {
                    return all.into_iter().last().unwrap();
                }
                drop(tokio::time::timeout(Duration::from_secs(1), bell.changed()).await);
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(ended) => ended,
            Err(_) => panic!("the run does not end: {:#?}", self.events(id).await),
        }
    }

    /// The same for a run that must fail: its cause and its sentence.
    pub async fn failed(&self, id: AgentId) -> (Cause, String) {
        let run = self.ended(id).await;
        assert_eq!(run.state.word(), "failed", "{run:?}");
        run.failure.expect("a failed run has a cause")
    }

    /// The artifacts of an agent, the newest first.
    pub async fn artifacts(&self, id: AgentId) -> Vec<Artifact> {
        let mut reader = self.engine.store().read().await.unwrap();
        artifacts::list(&mut reader, id, 100).await.unwrap()
    }

    /// The same for a run that must end well.
    pub async fn succeeded(&self, id: AgentId) -> Run {
        let run = self.ended(id).await;
        assert_eq!(run.state.word(), "succeeded", "{run:?}");
        run
    }
}

fn launcher(level: IsolationLevel) -> Launcher {
    let options = LauncherOptions {
        level,
        groups: Groups::find(&format!("runs{}", std::process::id())),
        ..LauncherOptions::default()
    };
    Launcher::start(options).unwrap()
}

/// User ids that no other test has; none where the test is an ordinary user itself.
fn users() -> Option<(Range<u32>, u32)> {
    let first = 300_000_000 + (std::process::id() % 1_000_000) * 100;
    nix::unistd::Uid::effective()
        .is_root()
        .then(|| (first..first + 100, 0))
}

/// An agent of the `script` model on these repositories.
pub fn on(repositories: &[&Repository], prompt: &str) -> NewAgent {
    let start = |repository: &&Repository| NewRepository {
        source: Source {
            repository: repository.url().parse().unwrap(),
            base_ref: None,
            pull_request_url: None,
        },
        branch_wish: BranchWish::Generated,
    };
    NewAgent {
        id: None,
        origin: outwork_domain::Origin::of(outwork_domain::Dialect::CursorV1),
        guidance: outwork_domain::Guidance::default(),
        name: None,
        prompt: Prompt::new(prompt.to_owned(), Vec::new()).unwrap(),
        mode: RunMode::Agent,
        model: Some(ModelChoice::of("script".parse().unwrap())),
        repositories: repositories.iter().map(start).collect(),
        pull_request: PullRequestWish {
            creation: PullRequestCreation::Automatic,
            readiness: outwork_domain::Readiness::Ready,
            identity: PullRequestIdentity::User,
            reviewer: ReviewerRequest::Asked,
        },
        webhook: None,
        environment: None,
        metadata: std::collections::BTreeMap::new(),
        variables: Vec::new(),
        run_variables: Vec::new(),
        request_id: "request-1".to_owned(),
    }
}

/// A later prompt.
pub fn then(prompt: &str) -> FollowUp {
    FollowUp {
        prompt: Prompt::new(prompt.to_owned(), Vec::new()).unwrap(),
        mode: None,
        model: None,
        variables: Vec::new(),
        when_busy: WhenBusy::Queue,
        waiting_plan: WaitingPlan::Drop,
        request_id: "request-2".to_owned(),
    }
}

/// The branch of an agent's repository.
pub fn branch(repository: &AgentRepository) -> &str {
    repository.branch.as_ref().unwrap().as_str()
}
