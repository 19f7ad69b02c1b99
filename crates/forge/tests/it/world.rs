//! A forge with a repository, and our client of it: the stand-in, or a live one by variables.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use outwork_domain::{AgentId, BranchName, CommitId, PullRequestIdentity, Repository};
use outwork_forge::{
    Draft, Forge, GitAccess, GitHub, GitHubApp, GitHubCredentials, GitLab, Gitea, HostOptions,
    Readiness,
};
use outwork_stand_ins::forge_server::{APP_PRIVATE_KEY, ForgeServer, Kind, Permission};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

/// Under which credential which forge is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    GitHubToken,
    GitHubApp,
    GitLab,
    Gitea,
}

impl Way {
    const fn kind(self) -> Kind {
        match self {
            Self::GitHubToken | Self::GitHubApp => Kind::GitHub,
            Self::GitLab => Kind::GitLab,
            Self::Gitea => Kind::Gitea,
        }
    }
}

/// The stand-in, and our client of it.
pub(crate) struct World {
    pub(crate) way: Way,
    pub(crate) server: ForgeServer,
    pub(crate) forge: Box<dyn Forge>,
    pub(crate) repository: Repository,
    /// The repository as the stand-in has it.
    pub(crate) there: outwork_stand_ins::forge_server::Repository,
    /// What our client shows; the App's is minted anew each time.
    pub(crate) token: String,
}

pub(crate) const OWNER: &str = "acme";
pub(crate) const LOGIN: &str = "dev";

impl World {
    pub(crate) fn start(way: Way) -> Self {
        let path = match way {
            Way::GitLab => "acme/team/tools",
            Way::GitHubToken | Way::GitHubApp | Way::Gitea => "acme/tools",
        };
        // Below a path, as many run their own.
        let root = match way {
            Way::GitLab | Way::Gitea => "/code",
            Way::GitHubToken | Way::GitHubApp => "",
        };
        let server = ForgeServer::start_below(way.kind(), root).unwrap();
        let there = server.repository(path).unwrap();
        let token = server.token(LOGIN);
        there.permit(LOGIN, Permission::Admin).unwrap();
        if way == Way::GitHubApp {
            let id = server.app("outwork");
            server.install(OWNER, &[path]).unwrap();
            let forge = github(&server, None, Some(id));
            return Self::with(way, server, there, token, Box::new(forge));
        }
        let forge = client(way.kind(), &server.base_url(), &token);
        Self::with(way, server, there, token, forge)
    }

    fn with(
        way: Way,
        server: ForgeServer,
        there: outwork_stand_ins::forge_server::Repository,
        token: String,
        forge: Box<dyn Forge>,
    ) -> Self {
        let repository = there.clone_url().unwrap().parse().unwrap();
        Self {
            way,
            server,
            forge,
            repository,
            there,
            token,
        }
    }

    /// The same forge by another token.
    pub(crate) fn client_with(&self, token: &str) -> Box<dyn Forge> {
        client(self.way.kind(), &self.server.base_url(), token)
    }

    /// A branch with a commit of its own, pushed behind everybody's back.
    pub(crate) fn branch(&self, name: &str) -> (BranchName, CommitId) {
        let commit = self.there.commit(name, &[(name, "changed\n")]).unwrap();
        (name.parse().unwrap(), commit.parse().unwrap())
    }

    /// A pull request for that branch.
    pub(crate) fn draft(&self, (head, commit): (BranchName, CommitId)) -> Draft {
        draft(&self.repository, head, commit)
    }
}

pub(crate) fn draft(repository: &Repository, head: BranchName, commit: CommitId) -> Draft {
    Draft {
        agent_id: agent(),
        repository: repository.clone(),
        title: "Teach the parser".to_owned(),
        body: "Done.\n\n<!-- outwork agent=a run=r -->".to_owned(),
        base: "main".parse().unwrap(),
        head,
        head_repository: None,
        base_commit: commit.clone(),
        head_commit: commit,
        readiness: Readiness::Ready,
        identity: PullRequestIdentity::Server,
    }
}

fn agent() -> AgentId {
    "0198c5b2-7f3a-7000-8000-000000000001".parse().unwrap()
}

fn options(base_url: &str) -> HostOptions {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = HostOptions::new("forge", base_url);
    options.hook_secret = Some("webhook secret".into());
    options
}

pub(crate) fn client(kind: Kind, base_url: &str, token: &str) -> Box<dyn Forge> {
    let options = options(base_url);
    match kind {
        Kind::GitHub => {
            let credentials = GitHubCredentials {
                token: Some(token.into()),
                app: None,
            };
            Box::new(GitHub::new(&options, credentials).unwrap())
        }
        Kind::GitLab => Box::new(GitLab::new(&options, token.into()).unwrap()),
        Kind::Gitea => Box::new(Gitea::new(&options, token.into()).unwrap()),
    }
}

/// GitHub by a token, the stand-in's App, or both.
pub(crate) fn github(server: &ForgeServer, token: Option<&str>, app: Option<u64>) -> GitHub {
    let credentials = GitHubCredentials {
        token: token.map(SecretString::from),
        app: app.map(|id| GitHubApp {
            id,
            private_key_pem: APP_PRIVATE_KEY.into(),
        }),
    };
    GitHub::new(&options(&server.base_url()), credentials).unwrap()
}

/// Pushes a branch with a new commit as a run does: by git, with the credentials that the forge gives.
pub(crate) async fn push(
    forge: &dyn Forge,
    repository: &Repository,
    branch: &str,
) -> Result<CommitId, String> {
    let folder = TempDir::new().unwrap();
    let read = Git::new(forge, repository, GitAccess::Read).await;
    let url = format!("{repository}.git");
    read.run(folder.path(), &["clone", "-q", &url, "."])?;
    let write = Git::new(forge, repository, GitAccess::Write).await;
    write.run(folder.path(), &["checkout", "-q", "-b", branch])?;
    std::fs::write(folder.path().join("pushed.txt"), branch).unwrap();
    write.run(folder.path(), &["add", "."])?;
    write.run(folder.path(), &["commit", "-q", "-m", "A change"])?;
    write.run(folder.path(), &["push", "-q", "origin", branch])?;
    let head = write.run(folder.path(), &["rev-parse", "HEAD"])?;
    Ok(head.trim().parse().unwrap())
}

/// git with a credential for one use.
pub(crate) struct Git {
    header: Option<String>,
}

impl Git {
    pub(crate) async fn new(forge: &dyn Forge, repository: &Repository, access: GitAccess) -> Self {
        let credentials = forge.git_credentials(repository, access).await.unwrap();
        let header = credentials.map(|credentials| {
            let pair = format!(
                "{}:{}",
                credentials.username,
                credentials.password.expose_secret()
            );
            let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
            format!("Authorization: Basic {encoded}")
        });
        Self { header }
    }

    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new("git");
        command
            .current_dir(folder)
            .args([
                "-c",
                "user.name=Outwork",
                "-c",
                "user.email=outwork@localhost",
            ])
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0");
        if let Some(header) = &self.header {
            command
                .env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", "http.extraHeader")
                .env("GIT_CONFIG_VALUE_0", header);
        }
        let output = command.output().unwrap();
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout).unwrap());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The same test for each forge, and for both kinds of credentials of GitHub.
macro_rules! on_all {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident: &World) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn check($world: &World) $body

                #[tokio::test]
                async fn github() {
                    check(&World::start(Way::GitHubToken)).await;
                }

                #[tokio::test]
                async fn github_app() {
                    check(&World::start(Way::GitHubApp)).await;
                }

                #[tokio::test]
                async fn gitlab() {
                    check(&World::start(Way::GitLab)).await;
                }

                #[tokio::test]
                async fn gitea() {
                    check(&World::start(Way::Gitea)).await;
                }
            }
        )*
    };
}
pub(crate) use on_all;
