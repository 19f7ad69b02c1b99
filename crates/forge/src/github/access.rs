//! Under which credential GitHub is asked: the user's token, or one that the App mints for this use.
//!
//! A minted token is restricted to one repository and thrown away, so it cannot end in the middle of
//! anything. Only long lists share one, since GitHub's marks for unchanged pages hold for one token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use outwork_domain::{PullRequestIdentity, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::crab::Crab;
use super::wire::{Installation, MintedWire};
use crate::call::{Call, escaped_path};
use crate::credentials::{GitAccess, GitCredentials};
use crate::error::Error;
use crate::http::ask;
use crate::wire::moment;

/// What git shows beside a token; GitHub looks at the token only.
const USERNAME: &str = "x-access-token";
/// How long a token for lists is used; GitHub's tokens live for an hour.
const LIST_TOKEN_USE: Duration = Duration::from_secs(50 * 60);

/// What is configured.
pub(super) struct Access {
    nobody: Crab,
    token: Option<(SecretString, Crab)>,
    app: Option<AppAccess>,
}

struct AppAccess {
    crab: Crab,
    /// Tokens for lists, by installation.
    lists: Mutex<HashMap<u64, (SecretString, Instant)>>,
}

/// A token that was minted for one use.
struct Minted {
    token: SecretString,
    expires_at: Option<Timestamp>,
}

impl Access {
    pub(super) fn new(
        nobody: Crab,
        token: Option<SecretString>,
        app: Option<Crab>,
    ) -> Result<Self, Error> {
        let token = match token {
            Some(token) => {
                let crab = nobody.with_token(&token)?;
                Some((token, crab))
            }
            None => None,
        };
        let app = app.map(|crab| AppAccess {
            crab,
            lists: Mutex::default(),
        });
        Ok(Self { nobody, token, app })
    }

    /// The user's credential.
    pub(super) fn token(&self) -> Option<&Crab> {
        self.token.as_ref().map(|(_, crab)| crab)
    }

    /// The App's own, which may look at itself.
    pub(super) fn app(&self) -> Option<&Crab> {
        self.app.as_ref().map(|app| &app.crab)
    }

    /// What a call on a repository is made under; the other credential if there is no such one.
    pub(super) async fn crab(
        &self,
        full_name: &str,
        identity: PullRequestIdentity,
    ) -> Result<Crab, Error> {
        let (token, app) = (self.token.as_ref(), self.app.as_ref());
        match (identity, token, app) {
            (PullRequestIdentity::User, Some((_, crab)), _) | (_, Some((_, crab)), None) => {
                Ok(crab.clone())
            }
            (_, _, Some(app)) => {
                let installation = app.installation(full_name).await?;
                let body = json!({ "repositories": [name(full_name)] });
                let minted = app.mint(installation.id, full_name, body).await?;
                self.nobody.with_token(&minted.token)
            }
            (_, None, None) => Err(Error::Auth("no credential is configured".to_owned())),
        }
    }

    /// What git shows for one operation; the App's if there is one, since that ends by itself.
    pub(super) async fn git(
        &self,
        full_name: &str,
        access: GitAccess,
    ) -> Result<Option<GitCredentials>, Error> {
        let Some(app) = &self.app else {
            return Ok(self.token.as_ref().map(|(token, _)| GitCredentials {
                username: USERNAME.to_owned(),
                password: token.clone(),
                expires_at: None,
            }));
        };
        let installation = app.installation(full_name).await?;
        let body = json!({
            "repositories": [name(full_name)],
            "permissions": git_permissions(access, installation.permissions.as_ref()),
        });
        let minted = app.mint(installation.id, full_name, body).await?;
        Ok(Some(GitCredentials {
            username: USERNAME.to_owned(),
            password: minted.token,
            expires_at: minted.expires_at,
        }))
    }

    /// What lists of an installation's repositories are asked under.
    pub(super) async fn list_crab(&self, installation: u64) -> Result<Crab, Error> {
        let Some(app) = &self.app else {
            return Err(Error::Auth("no GitHub App is configured".to_owned()));
        };
        if let Some(token) = app.list_token(installation) {
            return self.nobody.with_token(&token);
        }
        let body = json!({ "permissions": { "metadata": "read" } });
        let minted = app.mint(installation, "", body).await?;
        let until = Instant::now() + LIST_TOKEN_USE;
        let mut lists = locked(&app.lists);
        lists.insert(installation, (minted.token.clone(), until));
        drop(lists);
        self.nobody.with_token(&minted.token)
    }

    /// Forgets the token for lists of an installation, because GitHub no longer takes it.
    pub(super) fn forget_list(&self, installation: u64) {
        if let Some(app) = &self.app {
            locked(&app.lists).remove(&installation);
        }
    }
}

impl AppAccess {
    fn list_token(&self, installation: u64) -> Option<SecretString> {
        let lists = locked(&self.lists);
        let (token, until) = lists.get(&installation)?;
        (Instant::now() < *until).then(|| token.clone())
    }

    /// The installation that has a repository.
    async fn installation(&self, full_name: &str) -> Result<Installation, Error> {
        let path = format!("/repos/{}/installation", escaped_path(full_name));
        let found = ask::<Installation>(&self.crab, Call::get(path)).await;
        found.map_err(|error| {
            if let Error::NotFound(words) = error {
                let permission = format!("an installation of the App on {full_name}");
                return Error::PermissionMissing {
                    permission: Some(permission),
                    words,
                };
            }
            error
        })
    }

    async fn mint(&self, installation: u64, full_name: &str, body: Value) -> Result<Minted, Error> {
        let path = format!("/app/installations/{installation}/access_tokens");
        let minted = ask::<MintedWire>(&self.crab, Call::post(path, body)).await;
        let minted = minted.map_err(|error| {
            if let Error::Refused(words) = error {
                let permission = format!("what the App asks for, granted on {full_name}");
                return Error::PermissionMissing {
                    permission: Some(permission),
                    words,
                };
            }
            error
        })?;
        Ok(Minted {
            token: minted.token.into(),
            expires_at: minted.expires_at.as_deref().and_then(moment),
        })
    }
}

/// What git needs and no more; workflows only where the installation has that right, since GitHub refuses
/// to mint what was not granted.
fn git_permissions(access: GitAccess, granted: Option<&HashMap<String, String>>) -> Value {
    match access {
        GitAccess::Read => json!({ "contents": "read", "metadata": "read" }),
        GitAccess::Write => {
            let workflows = granted.and_then(|granted| granted.get("workflows"));
            if workflows.is_some_and(|level| level == "write") {
                json!({ "contents": "write", "metadata": "read", "workflows": "write" })
            } else {
                json!({ "contents": "write", "metadata": "read" })
            }
        }
    }
}

fn name(full_name: &str) -> &str {
    full_name.rsplit('/').next().unwrap_or_default()
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
