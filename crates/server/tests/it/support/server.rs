//! A server of one test: store, engine and routes in a temporary folder.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use outwork_agent::Models;
use outwork_domain::{
    Account, AccountId, AgentId, ApiKey, IsolationLevel, KeyId, KeyKind, KeyRules, Project,
};
use outwork_engine::outbound::OutboundOptions;
use outwork_engine::{
    Clock, Engine, EngineOptions, Forge, Forges, HookRules, Hooks, LocalForge, People,
};
use outwork_forge::{Gitea, HostOptions};
use outwork_server::{
    Dialects, Finding, Health, OwnWorker, RateLimitOptions, ServerOptions, router,
};
use outwork_store::{
    Database, Error, KeySecret, Sealer, SealingKey, Store, WorkerId, accounts, keys, projects,
};
use outwork_workspace::{Git, GitOptions, find_git};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use super::clock::TestClock;
use super::{Ask, Reply, Repositories, description, oracle_of, post};

pub const PUBLIC_URL: &str = "https://outwork.example.com";
/// The forge that every server knows; nobody is there.
pub const FORGE: &str = "git.example.com";
/// What its webhooks are signed with.
pub const HOOK_SECRET: &str = "webhook secret";

pub struct Server {
    pub router: Router,
    pub store: Store,
    pub clock: TestClock,
    pub shutdown: CancellationToken,
    pub working: Arc<AtomicBool>,
    pub repositories: Repositories,
    pub folder: TempDir,
}

/// A key and its account.
#[derive(Clone)]
pub struct Key {
    pub token: String,
    pub id: KeyId,
    pub account_id: AccountId,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Arc::new(|| "figures 1\n".to_owned())).await
    }

    pub async fn start_with(metrics: Arc<dyn Fn() -> String + Send + Sync>) -> Self {
        let (limits, dialects) = (RateLimitOptions::unlimited(), Dialects::default());
        Self::start_as(metrics, limits, dialects, Vec::new()).await
    }

    pub async fn start_limited(rate_limits: RateLimitOptions) -> Self {
        Self::start_as(
            Arc::new(|| "figures 1\n".to_owned()),
            rate_limits,
            Dialects::default(),
            Vec::new(),
        )
        .await
    }

    /// A server of these operators.
    pub async fn start_operated(operators: &[&str]) -> Self {
        let operators = operators.iter().map(|one| (*one).to_owned()).collect();
        let metrics = Arc::new(|| "figures 1\n".to_owned());
        let (limits, dialects) = (RateLimitOptions::unlimited(), Dialects::default());
        Self::start_as(metrics, limits, dialects, operators).await
    }

    /// A server of these dialects.
    pub async fn start_serving(dialects: Dialects) -> Self {
        let metrics = Arc::new(|| "figures 1\n".to_owned());
        Self::start_as(metrics, RateLimitOptions::unlimited(), dialects, Vec::new()).await
    }

    async fn start_as(
        metrics: Arc<dyn Fn() -> String + Send + Sync>,
        rate_limits: RateLimitOptions,
        dialects: Dialects,
        operators: Vec<String>,
    ) -> Self {
        // A second installation in the same process is refused, and means nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        std::fs::create_dir(&data_dir).unwrap();
        let data_dir = data_dir.canonicalize().unwrap();
        let place = folder.path().join("repositories");
        let repositories = Repositories::new(&place);
        let database = Database::Sqlite {
            path: data_dir.join("outwork.db"),
        };
        let sealer = Sealer::new(SealingKey::new([7; 32]), Vec::new());
        let store = Store::open(&database, sealer).await.unwrap();
        let git = find_git(OsStr::new("/usr/local/bin:/usr/bin:/bin")).unwrap();
        let mut git = GitOptions::new(git, data_dir.clone());
        git.local_repositories = vec![place.canonicalize().unwrap()];
        let git = Git::open(git).await.unwrap();
        let models = Arc::new(Models::new(Vec::new()).unwrap());
        let clock = TestClock::new();
        let options = EngineOptions {
            data_dir,
            public_url: PUBLIC_URL.to_owned(),
            branch_prefix: "outwork".to_owned(),
            projects: Vec::new(),
            outbound: OutboundOptions::default(),
        };
        let clock_of_engine: Arc<dyn Clock> = Arc::new(clock.clone());
        let local = LocalForge::new(
            store.clone(),
            Arc::clone(&clock_of_engine),
            PUBLIC_URL.to_owned(),
        );
        let forges = Forges::new(vec![forge()], Arc::new(local));
        let engine = Engine::new(store.clone(), git, models, forges, clock_of_engine, options);
        let shutdown = CancellationToken::new();
        let working = Arc::new(AtomicBool::new(true));
        let hooks = Hooks::new(
            engine.clone(),
            engine.forges().clone(),
            HashMap::from([(FORGE.to_owned(), hook_rules())]),
            WorkerId("hooks".to_owned()),
        );
        let options = ServerOptions {
            hooks,
            metrics,
            shutdown: shutdown.clone(),
            working: Arc::clone(&working),
            rate_limits,
            dialects,
            operators,
            worker: OwnWorker {
                id: WorkerId("test".to_owned()),
                slots: 4,
                isolation: IsolationLevel::FullNoproc,
            },
            examine: Arc::new(|| Box::pin(async { findings() })),
            event_retention: outwork_domain::limits::EVENT_RETENTION,
        };
        let router = router(engine, options);
        Self {
            router,
            store,
            clock,
            shutdown,
            working,
            repositories,
            folder,
        }
    }

    /// Makes a key for the account of that address.
    pub async fn key(&self, email: &str) -> Key {
        let (token, _) = KeySecret::generate(random());
        let (email, now) = (email.to_owned(), self.clock.now());
        let account: Result<Account, Error> = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let id = AccountId::new(Uuid::new_v4());
                    accounts::find_or_create(tx, &email, id, now).await
                })
            })
            .await;
        self.import(&token, account.unwrap().id).await
    }

    /// Makes a key of a service, for the account of that address.
    pub async fn service_key(&self, email: &str) -> Key {
        let account_id = self.key(email).await.account_id;
        let (token, _) = KeySecret::generate(random());
        self.import_as(&token, account_id, KeyKind::Service).await
    }

    /// Makes that text a key of an account.
    pub async fn import(&self, token: &str, account_id: AccountId) -> Key {
        self.import_as(token, account_id, KeyKind::User).await
    }

    /// Ends a key.
    pub async fn revoke(&self, key: &Key) {
        let (id, now) = (key.id, self.clock.now());
        let revoked: Result<bool, Error> = self
            .store
            .write(move |tx| Box::pin(async move { keys::revoke(tx, id, now).await }))
            .await;
        assert!(revoked.unwrap());
    }

    /// Makes another key of the same account, which may be used for no more than that.
    pub async fn limited(&self, key: &Key, rules: KeyRules) -> Key {
        let (token, _) = KeySecret::generate(random());
        let kind = KeyKind::User;
        self.import_with(&token, key.account_id, kind, rules).await
    }

    /// Adds the project `docs`, changed as the caller wishes, whose repository is on the server's disk; gives
    /// its address, and a key.
    pub async fn docs(&self, change: impl FnOnce(&mut Project)) -> (Key, String) {
        let key = self.key("dev@example.com").await;
        let repository = self.repositories.make("docs.git");
        let mut project = Project::new("docs".parse().unwrap(), repository.parse().unwrap());
        change(&mut project);
        self.project(project).await;
        (key, repository)
    }

    /// Adds a project.
    pub async fn project(&self, project: Project) {
        let now = self.clock.now();
        let done: Result<(), Error> = self
            .store
            .write(move |tx| Box::pin(async move { projects::insert(tx, &project, now).await }))
            .await;
        done.unwrap();
    }

    async fn import_as(&self, token: &str, account_id: AccountId, kind: KeyKind) -> Key {
        let rules = KeyRules::default();
        self.import_with(token, account_id, kind, rules).await
    }

    async fn import_with(
        &self,
        token: &str,
        account_id: AccountId,
        kind: KeyKind,
        rules: KeyRules,
    ) -> Key {
        let secret = KeySecret::from_token(token);
        let id = KeyId::new(Uuid::new_v4());
        let key = ApiKey {
            id,
            account_id,
            email: String::new(),
            name: "Test key".to_owned(),
            kind,
            rules,
            created_at: self.clock.now(),
            revoked_at: None,
        };
        let done: Result<(), Error> = self
            .store
            .write(move |tx| Box::pin(async move { keys::insert(tx, &key, &secret).await }))
            .await;
        done.unwrap();
        Key {
            token: token.to_owned(),
            id,
            account_id,
        }
    }

    /// Sends a request and reads the whole response; answers of v0 and v1 go before the oracle.
    pub async fn ask(&self, ask: Ask) -> Reply {
        let (method, path) = (ask.method.clone(), ask.path.clone());
        let response = self.send(ask.request()).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .unwrap()
            .to_vec();
        let reply = Reply {
            status: parts.status,
            headers: parts.headers,
            bytes,
        };
        let id = reply.header("x-request-id").unwrap();
        assert!(id.parse::<Uuid>().is_ok(), "{id}");
        if reply.status == axum::http::StatusCode::NO_CONTENT {
            assert!(reply.bytes.is_empty(), "{path}");
        } else if let Some(oracle) = oracle_of(&path)
            && method != axum::http::Method::HEAD
        {
            assert_eq!(
                reply.header("content-type"),
                Some("application/json"),
                "{path}"
            );
            oracle.judge(&method, &path, reply.status, &reply.bytes);
        }
        description().judge(&method, &path, &reply);
        reply
    }

    /// Sends a request; the response may go on for ever.
    pub async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Launches an agent on a new repository and gives its id as the wire has it.
    pub async fn launch(&self, key: &Key, prompt: &str) -> String {
        let name = format!("r{}.git", Uuid::new_v4().simple());
        let repository = self.repositories.make(&name);
        self.launch_on(key, &repository, prompt).await
    }

    /// Launches an agent on a repository.
    pub async fn launch_on(&self, key: &Key, repository: &str, prompt: &str) -> String {
        let body = json!({"prompt": {"text": prompt}, "source": {"repository": repository}});
        let agent = self
            .ask(post("/v0/agents").by(key).json(&body))
            .await
            .good();
        agent["id"].as_str().unwrap().to_owned()
    }

    /// Creates an agent through v1 and gives the whole answer.
    pub async fn create(&self, key: &Key, body: &Value) -> Value {
        self.ask(post("/v1/agents").by(key).json(body)).await.good()
    }

    /// Reads something.
    pub async fn read(&self, key: &Key, path: &str) -> Value {
        self.ask(super::get(path).by(key)).await.good()
    }

    /// An agent as v0 shows it.
    pub async fn agent(&self, key: &Key, id: &str) -> Value {
        self.ask(super::get(format!("/v0/agents/{id}")).by(key))
            .await
            .good()
    }
}

fn findings() -> Vec<Finding> {
    let finding = |name, health, remedy: Option<&str>| Finding {
        name,
        health,
        found: "as it is".to_owned(),
        remedy: remedy.map(ToOwned::to_owned),
    };
    vec![
        finding("git", Health::Ok, None),
        finding("disk space", Health::Missing, Some("Free some.")),
    ]
}

fn forge() -> Arc<dyn Forge> {
    let mut options = HostOptions::new(FORGE, format!("https://{FORGE}"));
    options.hook_secret = Some(HOOK_SECRET.into());
    Arc::new(Gitea::new(&options, "0123456789".into()).unwrap())
}

fn hook_rules() -> HookRules {
    HookRules {
        mention: "@outwork".parse().unwrap(),
        people: People::Collaborators,
        account_id: None,
        check_follow_ups_max: 0,
    }
}

/// The agent behind an id of the wire.
pub fn agent_id(wire: &str) -> AgentId {
    wire.strip_prefix("bc-").unwrap().parse().unwrap()
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    bytes
}
