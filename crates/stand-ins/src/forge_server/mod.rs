//! A forge on loopback that answers as GitHub, GitLab or Gitea do, with faults on demand.
//!
//! Its repositories are real ones: git fetches and pushes over smart HTTP, with `git http-backend` behind
//! the server's own doors. What it knows of people, tokens and pull requests is one value behind one lock,
//! and each forge's own forms are a layer above it. Every call and every push is logged. It runs on threads
//! of its own, so a test may block.

mod access;
mod app;
mod bare;
mod client;
mod clock;
mod deeds;
mod deliveries;
mod errors;
mod events;
mod fault;
mod git_http;
mod git_path;
mod git_words;
mod gitea;
mod github;
mod gitlab;
mod http;
mod keep;
mod log;
mod pulls;
mod quota;
mod receive;
mod repository;
mod rest;
mod says;
mod serve;
mod shared;
mod threads;
mod tokens;
mod views;
mod world;

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use access::{Permission, TokenOptions};
pub use app::APP_PRIVATE_KEY;
pub use client::{Reply, call};
pub use deeds::{CheckEnd, On, Verdict};
pub use deliveries::Delivery;
pub use fault::{Fault, Operation, Rule};
pub use log::{Call, CredentialKind, Push, PushOutcome};
pub use repository::Repository;
pub use threads::Side;
pub use views::{CommentView, PullRequestView, Standing};
pub use world::Visibility;

use shared::Shared;
use world::World;

/// Which forge a server answers as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// GitHub and GitHub Enterprise, REST v3.
    GitHub,
    /// GitLab, REST v4.
    GitLab,
    /// Gitea and Forgejo, REST v1.
    Gitea,
}

/// A running forge; it stops, and its repositories go away, when it is dropped.
#[derive(Debug)]
pub struct ForgeServer {
    kind: Kind,
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
    _folder: TempDir,
}

impl ForgeServer {
    /// Starts an empty forge.
    ///
    /// # Errors
    ///
    /// If no port of the loopback or no temporary folder can be had.
    pub fn start(kind: Kind) -> io::Result<Self> {
        Self::start_below(kind, "")
    }

    /// Starts an empty forge that lies below a path, as `/gitlab` on somebody's web server.
    ///
    /// # Errors
    ///
    /// If no port of the loopback or no temporary folder can be had.
    pub fn start_below(kind: Kind, root: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("forge-").tempdir()?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let origin = format!("http://{address}");
        let world = World::new(kind, &origin, root, folder.path().to_owned());
        let shared = Arc::new(Shared::new(world, root.to_owned()));
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        runtime.spawn(serve::accept(listener, Arc::clone(&shared)));
        Ok(Self {
            kind,
            address,
            shared,
            runtime: Some(runtime),
            _folder: folder,
        })
    }

    /// Which forge it answers as.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where people and git find it, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.root)
    }

    /// Where programs find it: the base address with `/api/v3`, `/api/v4` or `/api/v1`.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.shared.world().api_url()
    }

    /// Finds a repository, or makes it: private, with one commit on `main`.
    ///
    /// # Errors
    ///
    /// If git fails.
    pub fn repository(&self, path: &str) -> io::Result<Repository> {
        let repository = self.empty_repository(path)?;
        if repository.branches()?.is_empty() {
            repository.commit("main", &[("README.md", "Made for a test.\n")])?;
        }
        Ok(repository)
    }

    /// Finds a repository, or makes it without any commit.
    ///
    /// # Errors
    ///
    /// If the path has no owner.
    pub fn empty_repository(&self, path: &str) -> io::Result<Repository> {
        if !path.contains('/') {
            return Err(io::Error::other(format!("{path} has no owner")));
        }
        let id = self.shared.world().add_project(path);
        Ok(Repository {
            id,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Makes many empty repositories, `acme/repository-00001` and so on, that a person may write to. Nothing
    /// of them is on disk until somebody calls for it.
    pub fn many_repositories(&self, owner: &str, count: usize, login: &str) {
        let mut world = self.shared.world();
        world.person(login);
        for number in 1..=count {
            let id = world.add_project(&format!("{owner}/repository-{number:05}"));
            if let Some(project) = world.projects.get_mut(&id) {
                project.people.insert(login.to_owned(), Permission::Write);
            }
        }
    }

    /// Makes a token that may do all that its owner may, who is made if need be.
    #[must_use]
    pub fn token(&self, login: &str) -> String {
        self.token_with(login, &TokenOptions::all())
    }

    /// Makes a token.
    #[must_use]
    pub fn token_with(&self, login: &str, options: &TokenOptions) -> String {
        let mut world = self.shared.world();
        world.person(login);
        world.add_token(login, options)
    }

    /// Makes the one GitHub App, whose claims are signed with [`APP_PRIVATE_KEY`]; returns its number.
    #[must_use]
    pub fn app(&self, slug: &str) -> u64 {
        self.shared.world().add_app(slug)
    }

    /// Installs the App in repositories of an account; returns the installation's number.
    ///
    /// # Errors
    ///
    /// If there is no App, or no such repository.
    pub fn install(&self, account: &str, repositories: &[&str]) -> io::Result<u64> {
        let mut world = self.shared.world();
        let found = repositories.iter().map(|path| world.find_path(path));
        let found: Option<BTreeSet<u64>> = found.collect();
        let installed = found.and_then(|found| world.install(account, found));
        installed.ok_or_else(|| io::Error::other("there is no such App or repository"))
    }

    /// Takes an installation of the App away, and its tokens with it.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    pub fn uninstall(&self, installation: u64) -> io::Result<()> {
        let gone = self.shared.world().uninstall(installation);
        gone.ok_or_else(|| io::Error::other("there is no such installation"))
    }

    /// Lets each token have so many calls in an hour; 5,000 otherwise.
    pub fn limit_calls(&self, calls_an_hour: u64) {
        self.shared.world().calls_an_hour = calls_an_hour;
    }

    /// Signs webhooks with this from now on; `webhook secret` otherwise.
    pub fn sign_webhooks_with(&self, secret: &str) {
        secret.clone_into(&mut self.shared.world().webhook_secret);
    }

    /// Ends a token.
    pub fn revoke(&self, token: &str) {
        self.shared.world().end_token(token);
    }

    /// Lets something go wrong; of several rules for a call the first counts.
    pub fn fault(&self, rule: Rule) {
        self.shared.add_rule(rule);
    }

    /// Takes all faults back.
    pub fn no_more_faults(&self) {
        self.shared.clear_rules();
    }

    /// Moves the forge's clock ahead, for whatever ends with time.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// The calls so far, in the order of their receipt.
    #[must_use]
    pub fn calls(&self) -> Vec<Arc<Call>> {
        self.shared.log.calls()
    }

    /// The calls so far that asked for one thing.
    #[must_use]
    pub fn calls_of(&self, operation: Operation) -> Vec<Arc<Call>> {
        let mut calls = self.calls();
        calls.retain(|call| call.operation == Some(operation));
        calls
    }

    /// The pushes so far: one for each ref, refused ones included.
    #[must_use]
    pub fn pushes(&self) -> Vec<Push> {
        self.shared.log.pushes()
    }

    /// Forgets calls and pushes.
    pub fn forget(&self) {
        self.shared.log.forget();
    }

    /// Waits until something holds of the forge; it is asked again after each call and push.
    pub async fn wait_until(&self, holds: impl Fn(&Self) -> bool) {
        self.shared.log.wait_until(|| holds(self)).await;
    }
}

impl Drop for ForgeServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        keep::keep(self);
    }
}
