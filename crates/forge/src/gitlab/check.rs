//! What GitLab says about our token.

use outwork_domain::PullRequestIdentity;

use super::GitLab;
use super::wire::{TokenWire, User, Version};
use crate::call::Call;
use crate::check::{Check, CheckedIdentity, Missing};
use crate::error::Error;
use crate::http::ask;
use crate::wire::moment;

impl GitLab {
    pub(super) async fn checked(&self) -> Result<Check, Error> {
        let mut missing = Vec::new();
        let mut notes = Vec::new();
        let mut expires_at = None;
        match ask::<TokenWire>(&self.direct, Call::get("/personal_access_tokens/self")).await {
            Ok(token) => {
                let end = token.expires_at.as_deref();
                expires_at = end.and_then(|date| moment(&format!("{date}T00:00:00Z")));
                if !token.scopes.iter().any(|scope| scope == "api") {
                    missing.push(Missing {
                        permission: "api".to_owned(),
                        needed_for: "merge requests, comments and pushing",
                    });
                }
            }
            Err(Error::NotFound(_)) => {
                notes.push("this token does not tell its scopes: it needs `api`".to_owned());
            }
            Err(error) => return Err(error),
        }
        let user: User = match ask(&self.direct, Call::get("/user")).await {
            Ok(user) => user,
            Err(Error::PermissionMissing { .. }) if !missing.is_empty() => User {
                id: 0,
                username: String::new(),
            },
            Err(error) => return Err(error),
        };
        let version = ask::<Version>(&self.direct, Call::get("/version")).await;
        Ok(Check {
            identities: vec![CheckedIdentity {
                identity: PullRequestIdentity::User,
                login: user.username,
                expires_at,
                missing,
                notes,
            }],
            version: version.ok().map(|version| version.version),
        })
    }
}
