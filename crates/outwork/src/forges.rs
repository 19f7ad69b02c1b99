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

use crate::config::{ForgeKind, ForgeSettings, Listening, PlainHttpChoice};
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
        rules.insert(forge.options.name.clone(), rule(listening, account_id));
    }
    Ok(rules)
}

fn rule(listening: &Listening, account_id: Option<AccountId>) -> HookRules {
    HookRules {
        mention: listening.mention.clone(),
        people: listening.people.clone(),
        account_id,
        check_follow_ups_max: listening.check_follow_ups_max,
    }
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use outwork_forge::HostOptions;

    use super::*;

    fn settings(kind: ForgeKind, url: &str, place: &str) -> ForgeSettings {
        ForgeSettings {
            kind,
            options: HostOptions::new("forge", url),
            place: place.to_owned(),
            host: place.split(':').next().unwrap().to_owned(),
            token: Some("0123456789".into()),
            app: None,
            ssh_key: None,
            ca_file: None,
            plain_http: PlainHttpChoice::Refused,
            listening: Listening {
                mention: "@outwork".parse().unwrap(),
                people: outwork_engine::People::Collaborators,
                account: None,
                check_follow_ups_max: 0,
            },
        }
    }

    fn hosts_of(settings: ForgeSettings) -> Vec<HostAccess> {
        let forge = client(&settings).unwrap();
        hosts(&[settings], &[forge])
    }

    #[tokio::test]
    async fn each_kind_has_its_client_and_its_credentials_go_to_its_host_only() {
        for kind in [
            ForgeKind::GitHub,
            ForgeKind::GitLab,
            ForgeKind::Gitea,
            ForgeKind::Forgejo,
        ] {
            let url = "https://git.example.com:8443";
            let found = hosts_of(settings(kind, url, "git.example.com:8443"));
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].host, "git.example.com:8443");
            assert!(found[0].credentials.is_some() && found[0].ssh_key.is_none());
            assert_eq!(found[0].plain_http, PlainHttp::Refused);
        }
    }

    #[tokio::test]
    async fn a_key_for_ssh_goes_to_the_host_of_ssh_addresses() {
        let key = Some(PathBuf::from("/key"));
        let mut same = settings(ForgeKind::Gitea, "https://a.example", "a.example");
        same.ssh_key.clone_from(&key);
        let found = hosts_of(same);
        assert_eq!((found.len(), &found[0].ssh_key), (1, &key));
        let mut port = settings(ForgeKind::Gitea, "https://a.example:8443", "a.example:8443");
        port.ssh_key.clone_from(&key);
        let mut other = settings(ForgeKind::Gitea, "https://a.example", "a.example");
        other.ssh_key.clone_from(&key);
        other.options.ssh_host = Some("ssh.example".to_owned());
        for (settings, host) in [(port, "a.example"), (other, "ssh.example")] {
            let found = hosts_of(settings);
            assert_eq!(found.len(), 2);
            assert!(found[0].ssh_key.is_none() && found[1].credentials.is_none());
            assert_eq!((found[1].host.as_str(), &found[1].ssh_key), (host, &key));
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused_unseen() {
        let mut bad = settings(ForgeKind::GitLab, "https://a.example", "a.example");
        bad.token = Some("canary with a gap".into());
        let failure = client(&bad).err().unwrap();
        assert_eq!(failure.status(), 2);
        let words = failure.to_string();
        assert!(
            words.contains("forge") && !words.contains("canary"),
            "{words}"
        );
    }
}
