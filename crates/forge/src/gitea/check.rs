//! What Gitea or Forgejo says about our token.
//!
//! A token cannot ask for its own scopes. But the forge judges scopes before it looks for what is asked
//! for, so writes to a repository that cannot be (`-` is a reserved name) tell what is missing and change
//! nothing.

use http::Method;
use outwork_domain::PullRequestIdentity;
use serde_json::json;

use super::Gitea;
use super::wire::{User, Version};
use crate::call::Call;
use crate::check::{Check, CheckedIdentity, Missing};
use crate::error::Error;
use crate::http::{Transport as _, ask};

const PROBES: &[(&str, &str, &str)] = &[
    ("GET", "/user/repos?limit=1", "listing repositories"),
    (
        "POST",
        "/repos/-/outwork-probe/pulls",
        "opening pull requests and pushing",
    ),
    (
        "POST",
        "/repos/-/outwork-probe/issues/1/comments",
        "answering comments",
    ),
];

impl Gitea {
    pub(super) async fn checked(&self) -> Result<Check, Error> {
        let mut missing = Vec::new();
        let login = match ask::<User>(&self.direct, Call::get("/user")).await {
            Ok(user) => user.login,
            Err(Error::PermissionMissing { permission, words }) => {
                missing.push(Missing {
                    permission: permission.unwrap_or(words),
                    needed_for: "knowing who we are",
                });
                String::new()
            }
            Err(error) => return Err(error),
        };
        for (method, path, needed_for) in PROBES {
            let call = match *method {
                "GET" => Call::get(*path),
                _ => Call::new(Method::POST, *path, Some(json!({}))),
            };
            match self.direct.send(&call).await {
                Ok(_) | Err(Error::NotFound(_) | Error::Refused(_)) => {}
                Err(Error::PermissionMissing { permission, words }) => {
                    let permission = permission.unwrap_or(words);
                    if !missing
                        .iter()
                        .any(|one: &Missing| one.permission == permission)
                    {
                        missing.push(Missing {
                            permission,
                            needed_for,
                        });
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let version = ask::<Version>(&self.direct, Call::get("/version")).await;
        Ok(Check {
            identities: vec![CheckedIdentity {
                identity: PullRequestIdentity::User,
                login,
                expires_at: None,
                missing,
                notes: Vec::new(),
            }],
            version: version.ok().map(|version| version.version),
        })
    }
}
