//! A forge with a repository, and the real program configured for it.
//!
//! The forge is the stand-in, unless the variables of that kind name a live one:
//! `OUTWORK_TEST_GITEA_URL`, `…_TOKEN` and `…_REPOSITORY` (owner and name), likewise `GITHUB` and `GITLAB`.
//! What needs faults, or people who say something, is always told to the stand-in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use outwork_domain::{AgentId, BranchName, PullRequestIdentity};
use outwork_forge::{Forge, Found, GitHub, GitHubCredentials, GitLab, Gitea, HostOptions, Wanted};
use outwork_stand_ins::forge_server::{
    APP_PRIVATE_KEY, Delivery, ForgeServer, Kind, Permission, Reply, Repository,
};
use serde_json::{Value, json};

use crate::support::server::{Database, Ground, Server};

/// Whose token the server shows to the stand-in.
pub const LOGIN: &str = "outwork-bot";
/// Who may push to the repository of the stand-in.
pub const COLLABORATOR: &str = "ada";
/// Whose the agents are.
pub const EMAIL: &str = "dev@example.com";
/// The forge's name in the configuration.
pub const NAME: &str = "forge";
/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(120);
const HOOK_SECRET: &str = "webhook secret";

/// The stand-in.
pub struct Fake {
    pub server: ForgeServer,
    /// The repository as the stand-in has it.
    pub there: Repository,
    /// What our server shows.
    pub token: String,
}

/// A forge with a repository, and where servers of ours that know it keep everything.
pub struct Scene {
    pub ground: Ground,
    /// An API key of every server here.
    pub key: String,
    /// The repository's address, as clients name it.
    pub repository: String,
    /// A client of our own, to look at what the forge has.
    pub forge: Arc<dyn Forge>,
    fake: Option<Fake>,
    config: PathBuf,
}

/// Where a live forge is.
struct Live {
    url: String,
    token: String,
    repository: String,
}

impl Live {
    /// The one of that kind, if the variables name one.
    fn find(kind: Kind) -> Option<Self> {
        let kind = word(kind).to_uppercase();
        let variable = |what: &str| {
            #[expect(
                clippy::disallowed_methods,
                reason = "how a live forge is named to a test"
            )]
            let value = std::env::var(format!("OUTWORK_TEST_{kind}_{what}"));
            value.ok().filter(|value| !value.is_empty())
        };
        let url = variable("URL")?;
        let needed = |what| {
            let missing = || panic!("OUTWORK_TEST_{kind}_{what} is not set: see CONTRIBUTING.md");
            variable(what).unwrap_or_else(missing)
        };
        Some(Self {
            token: needed("TOKEN"),
            repository: needed("REPOSITORY"),
            url,
        })
    }
}

impl Scene {
    /// A forge of that kind: a live one if the variables name one, else the stand-in.
    pub fn start(kind: Kind) -> Self {
        match Live::find(kind) {
            None => Self::with_fake(kind),
            Some(live) => {
                let repository = format!("{}/{}", live.url, live.repository);
                Self::new(kind, &live.url, &live.token, repository, None)
            }
        }
    }

    /// The stand-in of that kind, with a repository in which [`COLLABORATOR`] may push.
    pub fn with_fake(kind: Kind) -> Self {
        let server = ForgeServer::start(kind).unwrap();
        let path = match kind {
            Kind::GitLab => "acme/team/tools",
            Kind::GitHub | Kind::Gitea => "acme/tools",
        };
        let there = server.repository(path).unwrap();
        let token = server.token(LOGIN);
        there.permit(LOGIN, Permission::Admin).unwrap();
        there.permit(COLLABORATOR, Permission::Write).unwrap();
        server.sign_webhooks_with(HOOK_SECRET);
        let repository = there.clone_url().unwrap();
        let repository = repository.trim_end_matches(".git").to_owned();
        let url = server.base_url();
        let fake = Fake {
            server,
            there,
            token: token.clone(),
        };
        Self::new(kind, &url, &token, repository, Some(fake))
    }

    /// The stand-in of GitHub, which our server knows by an App only.
    pub fn with_app() -> Self {
        let scene = Self::with_fake(Kind::GitHub);
        let fake = scene.fake();
        let id = fake.server.app("outwork");
        fake.server.install("acme", &["acme/tools"]).unwrap();
        std::fs::write(scene.ground.path().join("app.pem"), APP_PRIVATE_KEY).unwrap();
        let text = std::fs::read_to_string(&scene.config).unwrap();
        let app = format!("app = {{ id = {id}, private_key_file = \"app.pem\" }}");
        let text = text.replace("token_file = \"token\"", &app);
        assert!(text.contains("app.pem"), "{text}");
        std::fs::write(&scene.config, text).unwrap();
        scene
    }

    fn new(kind: Kind, url: &str, token: &str, repository: String, fake: Option<Fake>) -> Self {
        let ground = Ground::new(Database::Sqlite);
        let key = ground.key(EMAIL);
        let at = |name: &str, text: &str| {
            let path = ground.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        at("token", token);
        at("hook-secret", HOOK_SECRET);
        let config = at(
            "outwork.toml",
            &format!(
                "[[forges]]\nkind = {:?}\nname = {NAME:?}\nurl = {url:?}\ntoken_file = \"token\"\n\
                 plain_http = \"allowed\"\n[forges.hooks]\nsecret_file = \"hook-secret\"\n\
                 account = {EMAIL:?}\nfailing_checks = 3\n",
                word(kind)
            ),
        );
        Self {
            forge: client(kind, url, token),
            ground,
            key,
            repository,
            fake,
            config,
        }
    }

    /// The stand-in; a test that asks for it has started with it.
    pub fn fake(&self) -> &Fake {
        self.fake.as_ref().expect("this test needs the stand-in")
    }

    /// Adds lines to the configuration.
    pub fn configure(&self, lines: &str) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        std::fs::write(&self.config, format!("{text}\n{lines}\n")).unwrap();
    }

    /// Starts a server and waits until it is ready.
    pub fn serve(&self) -> Server {
        let config = self.config.to_str().unwrap();
        self.ground.serve_with(&self.key, &["--config", config])
    }

    /// What `outwork doctor` says of the forge.
    pub fn doctor(&self) -> Value {
        let config = self.config.to_str().unwrap();
        let report = self.ground.run(&["--json", "doctor", "--config", config]);
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let of_forge = |check: &&Value| check["name"] == "forge";
        checks.iter().find(of_forge).unwrap().clone()
    }

    /// Launches an agent of the `script` model on the repository and gives its id.
    pub async fn launch(&self, server: &Server, prompt: &str) -> String {
        let body = json!({
            "prompt": { "text": prompt },
            "model": "script",
            "source": { "repository": self.repository },
            "target": { "autoCreatePr": true },
        });
        let (status, agent) = server.call("POST", "/v0/agents", Some(&body)).await;
        assert_eq!(status, 201, "{agent}");
        agent["id"].as_str().unwrap().to_owned()
    }

    /// The pull requests of a branch, in all states, newest first.
    pub async fn pull_requests_of(&self, branch: &str) -> Vec<Found> {
        let repository = self.repository.parse().unwrap();
        let head: BranchName = branch.parse().unwrap();
        let wanted = Wanted {
            agent_id: AgentId::new(uuid::Uuid::nil()),
            repository: &repository,
            head: &head,
            head_repository: None,
            base: None,
            identity: PullRequestIdentity::User,
        };
        self.forge.find(&wanted).await.unwrap()
    }

    /// The commit of a branch on the forge.
    pub async fn tip(&self, branch: &str) -> Option<String> {
        let repository = self.repository.parse().unwrap();
        let branch = branch.parse().unwrap();
        let found = self.forge.find_branch(&repository, &branch).await;
        found.unwrap().map(|branch| branch.commit.to_string())
    }

    /// Turns the pull requests of a branch down, so that a live forge does not collect them.
    pub async fn close_pull_requests_of(&self, branch: &str) {
        let repository = self.repository.parse().unwrap();
        for found in self.pull_requests_of(branch).await {
            let at = outwork_forge::At {
                repository: &repository,
                number: found.number,
                identity: PullRequestIdentity::User,
            };
            self.forge.close(&at).await.unwrap();
        }
    }

    /// Sends a webhook of the stand-in's to a server of ours.
    pub async fn deliver(&self, server: &Server, delivery: &Delivery) -> Reply {
        let url = format!("{}/forge/{NAME}/webhook", server.url);
        delivery.deliver(&url).await.unwrap()
    }
}

/// How the configuration names a kind.
const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::GitHub => "github",
        Kind::GitLab => "gitlab",
        Kind::Gitea => "gitea",
    }
}

fn client(kind: Kind, url: &str, token: &str) -> Arc<dyn Forge> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let options = HostOptions::new(NAME, url);
    match kind {
        Kind::GitHub => {
            let credentials = GitHubCredentials {
                token: Some(token.into()),
                app: None,
            };
            Arc::new(GitHub::new(&options, credentials).unwrap())
        }
        Kind::GitLab => Arc::new(GitLab::new(&options, token.into()).unwrap()),
        Kind::Gitea => Arc::new(Gitea::new(&options, token.into()).unwrap()),
    }
}

/// The same test for each forge.
macro_rules! on_each {
    ($($(#[$doc:meta])* async fn $name:ident($kind:ident: Kind) $body:block)*) => {
        $(
            $(#[$doc])*
            mod $name {
                use super::*;

                async fn check($kind: Kind) $body

                #[tokio::test]
                async fn github() {
                    check(Kind::GitHub).await;
                }

                #[tokio::test]
                async fn gitlab() {
                    check(Kind::GitLab).await;
                }

                #[tokio::test]
                async fn gitea() {
                    check(Kind::Gitea).await;
                }
            }
        )*
    };
}
pub(crate) use on_each;
