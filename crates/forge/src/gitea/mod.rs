//! Gitea and Forgejo, by REST v1.
//!
//! Both speak the same interface; what differs is that Forgejo's webhooks have two names for each header.

mod check;
mod comments;
mod hook;
mod hook_wire;
mod pull_requests;
mod repositories;
mod wire;

use ::http::header::AUTHORIZATION;
use async_trait::async_trait;
use outwork_domain::{BranchName, CommitId, PullRequestNumber, Repository};
use secrecy::SecretString;
use url::Url;

use crate::branch::Branch;
use crate::call::escaped_path;
use crate::check::Check;
use crate::credentials::{GitAccess, GitCredentials};
use crate::decoration::{Decoration, Unmet};
use crate::draft::{At, Draft, Revision, Wanted};
use crate::error::Error;
use crate::forge::Forge;
use crate::found::Found;
use crate::hook::{Delivery, HookError, HookRequest};
use crate::host::{Host, web_address};
use crate::http::{self, Direct};
use crate::incoming::{Incoming, Said};
use crate::options::{HostOptions, OptionsError};
use crate::page::{PageRequest, RepositoryPage};
use crate::person::{Permission, Person};
use crate::remark::{Posted, Reaction, Remark};
use crate::repository::RepositoryFacts;

/// What git shows beside a token; Gitea looks at the token only.
const USERNAME: &str = "x-access-token";

/// Gitea or Forgejo, under one token.
pub struct Gitea {
    host: Host,
    api: Url,
    direct: Direct,
    token: SecretString,
    hook_secret: Option<SecretString>,
}

impl Gitea {
    /// Gitea at that address; its API is below it, at `/api/v1`.
    ///
    /// # Errors
    ///
    /// [`OptionsError`] if an address, a certificate or the token is none.
    pub fn new(options: &HostOptions, token: SecretString) -> Result<Self, OptionsError> {
        let host = Host::new(options)?;
        let api = options.api_url.clone();
        let api = api.unwrap_or_else(|| format!("{}/api/v1", host.web_url()));
        let api = web_address(&api)?;
        let client = http::client(options.ca_pem.as_deref())?;
        let direct = Direct::new(client, &api, (AUTHORIZATION, "token "), &token)?;
        Ok(Self {
            host,
            api,
            direct,
            token,
            hook_secret: options.hook_secret.clone(),
        })
    }

    fn repository_path(&self, repository: &Repository) -> Result<String, Error> {
        Ok(format!(
            "/repos/{}",
            escaped_path(self.host.path_of(repository)?)
        ))
    }

    /// Says where a repository is now, if an answer was that it is elsewhere.
    async fn placed<T>(
        &self,
        repository: &Repository,
        answer: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(Error::Renamed { to: None }) = answer {
            let facts = self.facts(repository).await;
            let to = facts.ok().map(|facts| facts.repository);
            return Err(Error::Renamed { to });
        }
        answer
    }
}

#[async_trait]
impl Forge for Gitea {
    fn name(&self) -> &str {
        &self.host.name
    }

    fn keeps(&self, repository: &Repository) -> bool {
        self.host.keeps(repository)
    }

    fn locate(&self, url: &str) -> Option<(Repository, PullRequestNumber)> {
        let mut parts = self.host.page(url)?.split('/');
        let (owner, name, kind) = (parts.next()?, parts.next()?, parts.next()?);
        let number = parts.next()?.parse().ok()?;
        let repository = self.host.repository(&format!("{owner}/{name}")).ok()?;
        (kind == "pulls").then_some((repository, PullRequestNumber(number)))
    }

    async fn find(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        let found = self.pulls(wanted).await;
        self.placed(wanted.repository, found).await
    }

    async fn open(&self, draft: &Draft) -> Result<Found, Error> {
        let opened = self.open_pull(draft).await;
        self.placed(&draft.repository, opened).await
    }

    async fn get(&self, at: &At<'_>) -> Result<Found, Error> {
        self.placed(at.repository, self.pull(at).await).await
    }

    async fn update(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error> {
        self.placed(at.repository, self.revise(at, revision).await)
            .await
    }

    async fn decorate(&self, at: &At<'_>, with: &Decoration) -> Result<Vec<Unmet>, Error> {
        let decorated = self.decorate_pull(at, with).await;
        self.placed(at.repository, decorated).await
    }

    async fn close(&self, at: &At<'_>) -> Result<Found, Error> {
        self.placed(at.repository, self.close_pull(at).await).await
    }

    async fn merge(&self, at: &At<'_>, head: &CommitId) -> Result<Found, Error> {
        self.placed(at.repository, self.merge_pull(at, head).await)
            .await
    }

    async fn reply(&self, to: &Remark, body: &str) -> Result<Posted, Error> {
        self.placed(&to.repository, self.comment(to, body).await)
            .await
    }

    async fn find_reply(&self, to: &Remark, marker: &str) -> Result<Option<Posted>, Error> {
        self.placed(&to.repository, self.find_comment(to, marker).await)
            .await
    }

    async fn react(&self, to: &Remark, reaction: Reaction) -> Result<(), Error> {
        self.placed(&to.repository, self.add_reaction(to, reaction).await)
            .await
    }

    async fn lines_of_review(&self, review: &Said) -> Result<Vec<Said>, Error> {
        let lines = self.lines_of_said(review).await;
        self.placed(&review.remark.repository, lines).await
    }

    async fn list_repositories(&self, page: &PageRequest<'_>) -> Result<RepositoryPage, Error> {
        self.repositories(page).await
    }

    async fn repository(&self, repository: &Repository) -> Result<RepositoryFacts, Error> {
        self.facts(repository).await
    }

    async fn find_branch(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<Option<Branch>, Error> {
        self.placed(repository, self.branch(repository, branch).await)
            .await
    }

    async fn permission(
        &self,
        repository: &Repository,
        person: &Person,
    ) -> Result<Permission, Error> {
        let permission = self.permission_of(repository, person).await;
        self.placed(repository, permission).await
    }

    async fn check(&self) -> Result<Check, Error> {
        self.checked().await
    }

    async fn git_credentials(
        &self,
        repository: &Repository,
        _access: GitAccess,
    ) -> Result<Option<GitCredentials>, Error> {
        self.host.path_of(repository)?;
        Ok(Some(GitCredentials {
            username: USERNAME.to_owned(),
            password: self.token.clone(),
            expires_at: None,
        }))
    }

    fn verify_hook(&self, request: &HookRequest<'_>) -> Result<Delivery, HookError> {
        hook::verify(self.hook_secret.as_ref(), request)
    }

    fn read_hook(&self, event: &str, body: &[u8]) -> Result<Incoming, HookError> {
        hook::read(&self.host, event, body)
    }
}
