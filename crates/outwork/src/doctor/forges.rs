//! The forges, each asked for real: whose credentials they are, and what these do not allow.

use futures::future::join_all;
use outwork_domain::Timestamp;
use outwork_forge::{Check as Answer, CheckedIdentity, Error};

use super::Check;
use crate::config::ForgeSettings;
use crate::forges::client;

const NAME: &str = "forge";
/// How soon the end of a credential is worth a warning.
const SOON_MILLIS: i64 = 7 * 24 * 3600 * 1000;

/// One check for each forge.
pub(super) async fn forges(all: &[ForgeSettings], now: Timestamp) -> Vec<Check> {
    join_all(all.iter().map(|one| forge(one, now))).await
}

async fn forge(settings: &ForgeSettings, now: Timestamp) -> Check {
    let name = settings.options.name.as_str();
    let client = match client(settings) {
        Ok(client) => client,
        Err(failure) => return Check::missing(NAME, failure.to_string(), "Mend [[forges]]."),
    };
    match client.check().await {
        Ok(answer) => judged(settings, &answer, now),
        Err(error) => Check::missing(NAME, format!("{name}: {error}"), remedy_of(&error)),
    }
}

/// What to do if the forge did not even say who we are.
const fn remedy_of(error: &Error) -> &'static str {
    match error {
        Error::Unavailable(_) | Error::RateLimited { .. } => {
            "Check url, api_url and ca_file of [[forges]], and that the forge can be reached from here."
        }
        Error::Unintelligible(_) | Error::NotFound(_) | Error::Renamed { .. } => {
            "Check kind, url and api_url of [[forges]]: what answers there is not this forge's API."
        }
        Error::Auth(_)
        | Error::PermissionMissing { .. }
        | Error::Protected(_)
        | Error::AlreadyExists(_)
        | Error::Conflict(_)
        | Error::Refused(_)
        | Error::Unsupported(_) => {
            "Make a new token or key on the forge; docs/forges.md says which rights it needs."
        }
    }
}

fn judged(settings: &ForgeSettings, answer: &Answer, now: Timestamp) -> Check {
    let name = settings.options.name.as_str();
    let identities = answer.identities.iter();
    let who: Vec<String> = identities.clone().map(told).collect();
    let version = answer.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(", version {version}"));
    let mut found = format!("{name}: {}{version}", who.join("; "));
    if settings.options.hook_secret.is_none() {
        found += "\nno hooks.secret_env or hooks.secret_file: its webhooks are not believed";
    }
    let missing: Vec<String> = identities
        .clone()
        .flat_map(|identity| &identity.missing)
        .map(|one| format!("{} ({})", one.permission, one.needed_for))
        .collect();
    if !missing.is_empty() {
        let remedy = format!("Grant {}.", missing.join(", "));
        return Check::missing(NAME, found, remedy);
    }
    let ends_soon = identities.clone().any(|identity| {
        let end = identity.expires_at.map(Timestamp::millis);
        end.is_some_and(|end| end - now.millis() < SOON_MILLIS)
    });
    if ends_soon {
        return Check::warning(NAME, found, "Make a new token on the forge before it ends.");
    }
    Check::ok(NAME, found)
}

/// Who we are there, until when, and what could not be found out.
fn told(identity: &CheckedIdentity) -> String {
    let mut words = format!("as {}", identity.login);
    if let Some(end) = identity.expires_at {
        words += &format!(" until {end}");
    }
    for note in &identity.notes {
        words += &format!("\n{note}");
    }
    words
}
