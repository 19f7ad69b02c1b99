//! The configured forges as they are used: their clients, what git shows to their hosts, and who may
//! speak to us there.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use outwork_domain::{AccountId, Timestamp};
use outwork_engine::{Forge, ForgeCredentials, HookRules};
use outwork_forge::{GitHub, GitHubCredentials, GitLab, Gitea, OptionsError};
use outwork_store::{Store, accounts};
use outwork_workspace::{HostAccess, PlainHttp};
use uuid::Uuid;

use crate::config::{ForgeKind, ForgeSettings, PlainHttpChoice};
use crate::exit::Failure;

/// The client of a forge; call it inside of a runtime.
///
/// # Errors
///
/// [`Failure::Usage`] if an address, a certificate, a token or a key is none.
pub fn client(settings: &ForgeSettings) -> Result<Arc<dyn Forge>, Failure> {
    crate::tls::install();
    let options = &settings.options;
    let token = || settings.token.clone().ok_or(OptionsError::NoCredentials);
    let made = match settings.kind {
        ForgeKind::GitHub => {
            let credentials = GitHubCredentials {
                token: settings.token.clone(),
                app: settings.app.clone(),
            };
            GitHub::new(options, credentials).map(|made| Arc::new(made) as Arc<dyn Forge>)
        }
        ForgeKind::GitLab => token()
            .and_then(|token| GitLab::new(options, token))
            .map(|made| Arc::new(made) as Arc<dyn Forge>),
        ForgeKind::Gitea | ForgeKind::Forgejo => token()
            .and_then(|token| Gitea::new(options, token))
            .map(|made| Arc::new(made) as Arc<dyn Forge>),
    };
    made.map_err(|why| Failure::Usage(format!("[[forges]] {:?}: {why}", options.name)))
}

/// The clients of all forges, in their order.
///
/// # Errors
///
/// The first one's that cannot be used.
pub fn clients(all: &[ForgeSettings]) -> Result<Vec<Arc<dyn Forge>>, Failure> {
    all.iter().map(client).collect()
}

/// How git reaches the hosts of the forges: under what each forge gives for the operation.
#[must_use]
pub fn hosts(all: &[ForgeSettings], clients: &[Arc<dyn Forge>]) -> Vec<HostAccess> {
    let pairs = all.iter().zip(clients);
    pairs
        .flat_map(|(settings, forge)| hosts_of(settings, forge))
        .collect()
}

fn hosts_of(settings: &ForgeSettings, forge: &Arc<dyn Forge>) -> Vec<HostAccess> {
    let plain_http = match settings.plain_http {
        PlainHttpChoice::Allowed => PlainHttp::Allowed,
        PlainHttpChoice::Refused => PlainHttp::Refused,
    };
    let mut hosts = vec![HostAccess {
        host: settings.place.clone(),
        credentials: Some(Arc::new(ForgeCredentials::of(Arc::clone(forge)))),
        ssh_key: None,
        ca_file: settings.ca_file.clone(),
        plain_http,
    }];
    let Some(ssh_key) = &settings.ssh_key else {
        return hosts;
    };
    // Its pages may have a port that ssh addresses do not have.
    if settings.ssh_host() == settings.place {
        hosts[0].ssh_key = Some(ssh_key.clone());
    } else {
        hosts.push(HostAccess {
            host: settings.ssh_host().to_owned(),
            ssh_key: Some(ssh_key.clone()),
            ..HostAccess::default()
        });
    }
    hosts
}

/// What is listened to on each forge, by its name; an account that is named for the first time is made.
///
/// # Errors
///
/// The store's.
pub async fn rules(
    all: &[ForgeSettings],
    store: &Store,
    now: Timestamp,
) -> Result<HashMap<String, HookRules>, Failure> {
    let mut rules = HashMap::new();
    for forge in all {
        let listening = &forge.listening;
        let account_id = match &listening.account {
            None => None,
            Some(email) => Some(account(store, email.clone(), now).await?),
        };
        let rule = HookRules {
            mention: listening.mention.clone(),
            people: listening.people.clone(),
            account_id,
            check_follow_ups_max: listening.check_follow_ups_max,
        };
        rules.insert(forge.options.name.clone(), rule);
    }
    Ok(rules)
}

async fn account(store: &Store, email: String, now: Timestamp) -> Result<AccountId, Failure> {
    let found = store.write(move |tx| {
        Box::pin(async move {
            let id = AccountId::new(Uuid::new_v4());
            accounts::find_or_create(tx, &email, id, now).await
        })
    });
    let found: Result<_, outwork_store::Error> = found.await;
    Ok(found.context("cannot find the account of a forge")?.id)
}
