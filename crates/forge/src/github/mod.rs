//! GitHub and GitHub Enterprise, by REST v3 and octocrab.
//!
//! A user's token, an App, or both. octocrab carries the requests and signs for the App; what answers
//! mean is decided here and beside, since octocrab's own types know only today's github.com.

mod access;
mod check;
mod comments;
mod crab;
mod hook;
mod hook_wire;
mod pull_requests;
mod repositories;
mod wire;

use async_trait::async_trait;
use octocrab::auth::{AppAuth, EncodingKey};
use octocrab::models::AppId;
use outwork_domain::{BranchName, CommitId, PullRequestNumber, Repository};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::branch::Branch;
use crate::check::Check;
use crate::credentials::{GitAccess, GitCredentials};
use crate::decoration::{Decoration, Unmet};
use crate::draft::{At, Draft, Revision, Wanted};
use crate::error::Error;
use crate::forge::Forge;
use crate::found::Found;
use crate::hook::{Delivery, HookError, HookRequest};
use crate::host::{Host, web_address};
use crate::http;
use crate::incoming::Incoming;
use crate::options::{HostOptions, OptionsError};
use crate::page::{PageRequest, RepositoryPage};
use crate::person::{Permission, Person};
use crate::remark::{Posted, Reaction, Remark};
use crate::repository::RepositoryFacts;
use access::Access;
use crab::Crab;

/// Whose pages have their API elsewhere.
const PUBLIC_WEB: &str = "https://github.com";
const PUBLIC_API: &str = "https://api.github.com";

/// What is shown to GitHub; a token, an App, or both.
#[derive(Clone, Debug, Default)]
pub struct GitHubCredentials {
    /// A user's token: classic, or fine-grained.
    pub token: Option<SecretString>,
    /// An App.
    pub app: Option<GitHubApp>,
}

/// A GitHub App.
#[derive(Clone, Debug)]
pub struct GitHubApp {
    /// Its number, the "App ID" of its settings.
    pub id: u64,
    /// Its private key as GitHub hands it out, RSA in PEM.
    pub private_key_pem: SecretString,
}

/// GitHub, or GitHub Enterprise.
pub struct GitHub {
    host: Host,
    /// Where its API is.
    api: Url,
    access: Access,
    hook_secret: Option<SecretString>,
}

impl GitHub {
    /// GitHub at that address, under those credentials. Its API is at `api.github.com`, or below the
    /// address of an Enterprise server at `/api/v3`.
    ///
    /// # Errors
    ///
    /// [`OptionsError`] if an address, a certificate, the token or the key is none, or outside of a tokio
    /// runtime.
    pub fn new(
        options: &HostOptions,
        credentials: GitHubCredentials,
    ) -> Result<Self, OptionsError> {
        let host = Host::new(options)?;
        let api = match &options.api_url {
            Some(url) => url.clone(),
            None if host.web_url() == PUBLIC_WEB => PUBLIC_API.to_owned(),
            None => format!("{}/api/v3", host.web_url()),
        };
        let api = web_address(&api)?;
        if credentials.token.is_none() && credentials.app.is_none() {
            return Err(OptionsError::NoCredentials);
        }
        // octocrab would panic.
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(OptionsError::NoRuntime);
        }
        let client = http::client(options.ca_pem.as_deref())?;
        let app = credentials.app.map(|app| {
            let key = EncodingKey::from_rsa_pem(app.private_key_pem.expose_secret().as_bytes());
            let key = key.map_err(|_| OptionsError::PrivateKey)?;
            let auth = AppAuth {
                app_id: AppId(app.id),
                key,
            };
            Crab::app(client.clone(), &api, auth)
        });
        if let Some(token) = &credentials.token {
            http::legal_token(token)?;
        }
        let nobody = Crab::nobody(client.clone(), &api)?;
        let access = Access::new(nobody, credentials.token, app.transpose()?);
        let access = access.map_err(|error| OptionsError::Client(error.to_string()))?;
        Ok(Self {
            host,
            api,
            access,
            hook_secret: options.hook_secret.clone(),
        })
    }

    /// Says where a repository is now, if an answer was that it is elsewhere. To an App a renamed one is
    /// one that it was never installed on, so it is looked for then as well.
    async fn placed<T>(
        &self,
        repository: &Repository,
        answer: Result<T, Error>,
    ) -> Result<T, Error> {
        let Err(refusal @ (Error::Renamed { to: None } | Error::PermissionMissing { .. })) = answer
        else {
            return answer;
        };
        match self.facts(repository).await {
            Ok(facts)
                if !facts
                    .repository
                    .path()
                    .eq_ignore_ascii_case(repository.path()) =>
            {
                Err(Error::Renamed {
                    to: Some(facts.repository),
                })
            }
            Ok(_) | Err(_) => Err(refusal),
        }
    }
}

#[async_trait]
impl Forge for GitHub {
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
        (kind == "pull").then_some((repository, PullRequestNumber(number)))
    }

    async fn find(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        self.placed(wanted.repository, self.pulls(wanted).await)
            .await
    }

    async fn open(&self, draft: &Draft) -> Result<Found, Error> {
        self.placed(&draft.repository, self.open_pull(draft).await)
            .await
    }

    async fn get(&self, at: &At<'_>) -> Result<Found, Error> {
        self.placed(at.repository, self.pull(at).await).await
    }

    async fn update(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error> {
        self.placed(at.repository, self.revise(at, revision).await)
            .await
    }

    async fn decorate(&self, at: &At<'_>, with: &Decoration) -> Result<Vec<Unmet>, Error> {
        self.placed(at.repository, self.decorate_pull(at, with).await)
            .await
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
        self.placed(repository, self.permission_of(repository, person).await)
            .await
    }

    async fn check(&self) -> Result<Check, Error> {
        self.checked().await
    }

    async fn git_credentials(
        &self,
        repository: &Repository,
        access: GitAccess,
    ) -> Result<Option<GitCredentials>, Error> {
        let path = self.host.path_of(repository)?;
        self.placed(repository, self.access.git(path, access).await)
            .await
    }

    fn verify_hook(&self, request: &HookRequest<'_>) -> Result<Delivery, HookError> {
        hook::verify(self.hook_secret.as_ref(), request)
    }

    fn read_hook(&self, event: &str, body: &[u8]) -> Result<Incoming, HookError> {
        hook::read(&self.host, event, body)
    }
}
