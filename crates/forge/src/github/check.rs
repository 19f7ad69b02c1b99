//! What GitHub says about our credentials.

use std::collections::HashMap;

use outwork_domain::{PullRequestIdentity, Timestamp};
use serde::Deserialize;

use super::GitHub;
use super::crab::Crab;
use super::wire::{Account, App, Installation};
use crate::answer::Answer;
use crate::call::Call;
use crate::check::{Check, CheckedIdentity, Missing};
use crate::error::Error;
use crate::http::{Transport, ask};
use crate::wire::moment;

/// What the App has to be granted, and what for.
const NEEDED: &[(&str, Level, &str)] = &[
    ("contents", Level::Write, "fetching and pushing"),
    (
        "pull_requests",
        Level::Write,
        "opening pull requests and answering reviews",
    ),
    (
        "issues",
        Level::Write,
        "answering comments, labels and assignees",
    ),
    (
        "metadata",
        Level::Read,
        "listing repositories and their collaborators",
    ),
    ("checks", Level::Read, "hearing of failed checks"),
    ("statuses", Level::Read, "hearing of failed commit statuses"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Read,
    Write,
}

#[derive(Debug, Deserialize)]
struct Meta {
    installed_version: Option<String>,
}

impl GitHub {
    pub(super) async fn checked(&self) -> Result<Check, Error> {
        let mut check = Check::default();
        if let Some(crab) = self.access.token() {
            check.identities.push(user(crab).await?);
            check.version = version(crab).await;
        }
        if let Some(crab) = self.access.app() {
            check.identities.push(self.app(crab).await?);
        }
        Ok(check)
    }

    async fn app(&self, crab: &Crab) -> Result<CheckedIdentity, Error> {
        let app: App = ask(crab, Call::get("/app")).await?;
        let installations = self.installations().await?;
        let mut missing = not_granted(app.permissions.as_ref(), "");
        let mut notes = Vec::new();
        for installation in &installations {
            of_installation(
                installation,
                app.permissions.as_ref(),
                &mut missing,
                &mut notes,
            );
        }
        if installations.is_empty() {
            missing.push(Missing {
                permission: "an installation of the App on an organisation or user".to_owned(),
                needed_for: "reaching any repository",
            });
        }
        let slug = app.slug.or(app.name).unwrap_or_default();
        Ok(CheckedIdentity {
            identity: PullRequestIdentity::Server,
            login: format!("{slug}[bot]"),
            expires_at: None,
            missing,
            notes,
        })
    }
}

async fn user(crab: &Crab) -> Result<CheckedIdentity, Error> {
    let answer = crab.send(&Call::get("/user")).await?;
    let account: Account = answer.json()?;
    let (missing, notes) = scopes(answer.header("x-oauth-scopes"));
    Ok(CheckedIdentity {
        identity: PullRequestIdentity::User,
        login: account.login,
        expires_at: expiry(&answer),
        missing,
        notes,
    })
}

/// A classic token tells its scopes; a fine-grained one has no such header.
fn scopes(header: Option<&str>) -> (Vec<Missing>, Vec<String>) {
    let Some(header) = header else {
        let note = "a fine-grained token does not tell its permissions: give it contents, pull requests \
                    and issues with write access";
        return (Vec::new(), vec![note.to_owned()]);
    };
    let has = |scope: &str| header.split(',').any(|own| own.trim() == scope);
    let mut missing = Vec::new();
    let mut notes = Vec::new();
    if !has("repo") {
        if has("public_repo") {
            notes.push("the token has only `public_repo`: no private repositories".to_owned());
        } else {
            missing.push(Missing {
                permission: "repo".to_owned(),
                needed_for: "fetching, pushing and pull requests",
            });
        }
    }
    if !has("workflow") {
        notes.push(
            "the token lacks `workflow`: changes of GitHub's workflows cannot be pushed".into(),
        );
    }
    (missing, notes)
}

fn of_installation(
    installation: &Installation,
    app: Option<&HashMap<String, String>>,
    missing: &mut Vec<Missing>,
    notes: &mut Vec<String>,
) {
    let account = installation.account.as_ref();
    let account = account.map_or("somebody", |account| account.login.as_str());
    if installation.suspended_at.is_some() {
        notes.push(format!("the installation on {account} is suspended"));
        return;
    }
    // What the App itself lacks was said already.
    let of_app: Vec<_> = not_granted(app, "")
        .into_iter()
        .map(|one| one.permission)
        .collect();
    let place = format!(" on {account}, whose owner has to accept it");
    let here = not_granted(installation.permissions.as_ref(), &place).into_iter();
    missing.extend(here.filter(|one| {
        let plain = one.permission.trim_end_matches(place.as_str());
        !of_app.iter().any(|own| own == plain)
    }));
}

fn not_granted(granted: Option<&HashMap<String, String>>, place: &str) -> Vec<Missing> {
    let has = |name: &str, level: Level| {
        let own = granted.and_then(|granted| granted.get(name));
        own.is_some_and(|own| {
            own == "write" || own == "admin" || (level == Level::Read && own == "read")
        })
    };
    let lacking = NEEDED.iter().filter(|(name, level, _)| !has(name, *level));
    lacking
        .map(|(name, level, needed_for)| {
            let level = match level {
                Level::Read => "read",
                Level::Write => "write",
            };
            Missing {
                permission: format!("{name}: {level}{place}"),
                needed_for,
            }
        })
        .collect()
}

/// `2026-12-31 08:00:00 UTC`, or with an offset instead of the zone's name.
fn expiry(answer: &Answer) -> Option<Timestamp> {
    let text = answer.header("github-authentication-token-expiration")?;
    let (date, rest) = text.trim().split_once(' ')?;
    let (time, zone) = rest.split_once(' ')?;
    let zone = if zone == "UTC" { "Z" } else { zone };
    moment(&format!("{date}T{time}{zone}"))
}

/// Only GitHub Enterprise tells one; not knowing it is no fault.
async fn version(crab: &Crab) -> Option<String> {
    let meta: Meta = ask(crab, Call::get("/meta")).await.ok()?;
    meta.installed_version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_judged() {
        let missing = |header| {
            scopes(header)
                .0
                .into_iter()
                .map(|one| one.permission)
                .collect::<Vec<_>>()
        };
        assert!(missing(Some("repo, workflow")).is_empty());
        assert_eq!(missing(Some("read:org")), ["repo"]);
        assert_eq!(missing(Some("")), ["repo"]);
        assert!(missing(None).is_empty());
        assert_eq!(scopes(Some("public_repo")).1.len(), 2);
    }

    #[test]
    fn permissions_of_an_installation_may_lag_behind_those_of_the_app() {
        let granted = |names: &[(&str, &str)]| -> HashMap<String, String> {
            let pairs = names.iter();
            pairs
                .map(|(name, level)| ((*name).to_owned(), (*level).to_owned()))
                .collect()
        };
        let app = granted(&[
            ("contents", "write"),
            ("pull_requests", "write"),
            ("issues", "write"),
            ("metadata", "read"),
            ("checks", "write"),
        ]);
        let own: Vec<_> = not_granted(Some(&app), "")
            .into_iter()
            .map(|one| one.permission)
            .collect();
        assert_eq!(own, ["statuses: read"]);
        let installation = Installation {
            id: 1,
            account: Some(Account {
                login: "acme".to_owned(),
            }),
            permissions: Some(granted(&[
                ("contents", "read"),
                ("pull_requests", "write"),
                ("issues", "write"),
                ("metadata", "read"),
                ("checks", "read"),
            ])),
            suspended_at: None,
        };
        let (mut missing, mut notes) = (Vec::new(), Vec::new());
        of_installation(&installation, Some(&app), &mut missing, &mut notes);
        let named: Vec<_> = missing.iter().map(|one| one.permission.as_str()).collect();
        assert_eq!(
            named,
            ["contents: write on acme, whose owner has to accept it"]
        );
        assert!(notes.is_empty());
    }
}
