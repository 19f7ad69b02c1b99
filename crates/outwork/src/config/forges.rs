//! Forges: where pull requests, comments and lists of repositories are, under which credentials, and
//! what follows from what they tell us. Secrets stand in files or in the environment.

use std::collections::BTreeSet;
use std::path::PathBuf;

use outwork_domain::Repository;
use outwork_domain::limits::CHECK_FOLLOW_UPS_MAX;
use outwork_engine::People;
use outwork_forge::{GitHubApp, HostOptions, Mention};
use secrecy::SecretString;
use serde::Deserialize;

use super::emails::is_email;
use super::hosts::{HostSection, PlainHttpChoice, secret};
use super::models::EnvironmentSource;
use crate::exit::Failure;

const GITHUB: &str = "https://github.com";
const GITLAB: &str = "https://gitlab.com";
const MENTION: &str = "@outwork";
const NAME_BYTES_MAX: usize = 64;
/// The name of what keeps pull requests where there is no forge.
const LOCAL: &str = "local";

/// One `[[forges]]` entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgeSection {
    /// Which forge it is.
    pub kind: ForgeKind,
    /// What it is called, in its webhooks' address among others; the host if absent.
    pub name: Option<String>,
    /// Where people read it.
    pub url: Option<String>,
    /// Where programs reach it, if not where this kind of forge has it.
    pub api_url: Option<String>,
    /// The host of ssh addresses, if it is another.
    pub ssh_host: Option<String>,
    /// The private key for ssh.
    pub ssh_key: Option<PathBuf>,
    /// Certificates that vouch for it.
    pub ca_file: Option<PathBuf>,
    /// Whether `http://` is open.
    #[serde(default)]
    pub plain_http: PlainHttpChoice,
    /// The variable that holds the token.
    pub token_env: Option<String>,
    /// The file that holds the token.
    pub token_file: Option<PathBuf>,
    /// A GitHub App, instead of the token or beside it.
    pub app: Option<AppSection>,
    /// Its webhooks, and what follows from them.
    #[serde(default)]
    pub hooks: HooksSection,
}

/// A GitHub App.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppSection {
    /// Its number.
    pub id: u64,
    /// The variable that holds its private key.
    pub private_key_env: Option<String>,
    /// The file that holds its private key.
    pub private_key_file: Option<PathBuf>,
}

/// A forge's webhooks, and what follows from them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HooksSection {
    /// The variable that holds what they are signed with.
    pub secret_env: Option<String>,
    /// The file that holds it.
    pub secret_file: Option<PathBuf>,
    /// The name by which people speak to us.
    pub mention: Option<String>,
    /// Who may; whoever may push if absent.
    pub people: Option<Vec<String>>,
    /// Who is a program although the forge does not say so.
    pub bot_logins: Vec<String>,
    /// Whose the agents are that are launched from issues.
    pub account: Option<String>,
    /// How many failing checks of a pull request become follow-ups.
    pub failing_checks: u32,
}

/// The forges that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// GitHub, and GitHub Enterprise.
    GitHub,
    /// GitLab, gitlab.com or one's own.
    GitLab,
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
}

/// A forge, checked, and with its secrets.
#[derive(Clone, Debug)]
pub struct ForgeSettings {
    /// Which forge it is.
    pub kind: ForgeKind,
    /// How it is reached.
    pub options: HostOptions,
    /// `host` or `host:port` of its addresses.
    pub place: String,
    /// The same without a port.
    pub host: String,
    /// The token.
    pub token: Option<SecretString>,
    /// The App; of GitHub only.
    pub app: Option<GitHubApp>,
    /// The private key for ssh.
    pub ssh_key: Option<PathBuf>,
    /// Certificates that vouch for it.
    pub ca_file: Option<PathBuf>,
    /// Whether `http://` is open.
    pub plain_http: PlainHttpChoice,
    /// Who may speak to us, how, and what else follows.
    pub listening: Listening,
}

/// What follows from what a forge tells us.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The name by which people speak to us.
    pub mention: Mention,
    /// Who may.
    pub people: People,
    /// The e-mail address of the account whose the agents are that are launched from issues.
    pub account: Option<String>,
    /// How many failing checks of a pull request become follow-ups.
    pub check_follow_ups_max: u32,
}

impl ForgeSection {
    /// The paths in it, to be made absolute.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let Self {
            ssh_key,
            ca_file,
            token_file,
            app,
            hooks,
            ..
        } = self;
        let key = app.as_mut().and_then(|app| app.private_key_file.as_mut());
        [ssh_key, ca_file, token_file, &mut hooks.secret_file]
            .into_iter()
            .flatten()
            .chain(key)
    }

    fn resolve(self, environment: EnvironmentSource<'_>) -> Result<ForgeSettings, Failure> {
        let url = self.checked_url()?;
        let (place, host) = place_of(&url).map_err(|why| self.refuse("url", &why))?;
        let name = self.name.clone().unwrap_or_else(|| host.clone());
        check_name(&name).map_err(|why| refuse(&name, "name", &why))?;
        let of = format!("forge {name:?}");
        let token = (&self.token_env, &self.token_file);
        let token = secret(&of, "token", token, environment)?;
        let app = self.app.as_ref();
        let app = app.map(|app| app.resolve(&of, environment)).transpose()?;
        check_credentials(self.kind, token.as_ref(), app.as_ref())
            .map_err(|why| refuse(&name, "token_env", why))?;
        let hook_secret = (&self.hooks.secret_env, &self.hooks.secret_file);
        let hook_secret = secret(&of, "hooks.secret", hook_secret, environment)?;
        let ca_pem = self.ca_file.as_deref().map(|path| {
            let read = std::fs::read(path);
            read.map_err(|error| refuse(&name, "ca_file", &format!("{}: {error}", path.display())))
        });
        let listening = self.hooks.listening(&name)?;
        Ok(ForgeSettings {
            kind: self.kind,
            options: HostOptions {
                name,
                web_url: url,
                api_url: self.api_url,
                ssh_host: self.ssh_host,
                ca_pem: ca_pem.transpose()?,
                hook_secret,
                bot_logins: self.hooks.bot_logins,
            },
            place,
            host,
            token,
            app,
            ssh_key: self.ssh_key,
            ca_file: self.ca_file,
            plain_http: self.plain_http,
            listening,
        })
    }

    /// Where people read it, without TLS only if that is what the operator wants.
    fn checked_url(&self) -> Result<String, Failure> {
        let standard = match self.kind {
            ForgeKind::GitHub => Some(GITHUB),
            ForgeKind::GitLab => Some(GITLAB),
            ForgeKind::Gitea | ForgeKind::Forgejo => None,
        };
        let url = self.url.as_deref().or(standard);
        let url = url.ok_or_else(|| {
            self.refuse("url", "this kind of forge has no usual address: give one")
        })?;
        let both = [
            Some(("url", url)),
            self.api_url.as_deref().map(|url| ("api_url", url)),
        ];
        for (key, url) in both.into_iter().flatten() {
            let is_plain = url.trim_start().to_ascii_lowercase().starts_with("http://");
            if is_plain && self.plain_http == PlainHttpChoice::Refused {
                let why = "it shows the token to everybody on the way: use https, or say \
                           plain_http = \"allowed\"";
                return Err(self.refuse(key, why));
            }
        }
        Ok(url.trim().trim_end_matches('/').to_owned())
    }

    fn refuse(&self, key: &str, why: &str) -> Failure {
        let name = self.name.as_ref().or(self.url.as_ref());
        // An address may have credentials in it that nobody should see.
        let name = name.filter(|name| !name.contains('@'));
        refuse(name.map_or("", String::as_str), key, why)
    }
}

impl AppSection {
    fn resolve(&self, of: &str, environment: EnvironmentSource<'_>) -> Result<GitHubApp, Failure> {
        let key = (&self.private_key_env, &self.private_key_file);
        let key = secret(of, "app.private_key", key, environment)?;
        let missing = || {
            let why = "give app.private_key_file or app.private_key_env";
            Failure::Usage(format!("{of}: {why}"))
        };
        Ok(GitHubApp {
            id: self.id,
            private_key_pem: key.ok_or_else(missing)?,
        })
    }
}

impl HooksSection {
    fn listening(&self, name: &str) -> Result<Listening, Failure> {
        let mention = self.mention.as_deref().unwrap_or(MENTION).parse();
        let mention = mention.map_err(|why: outwork_forge::InvalidMention| {
            refuse(name, "hooks.mention", &why.to_string())
        })?;
        if self.failing_checks > CHECK_FOLLOW_UPS_MAX {
            let why = format!("it is 0 to {CHECK_FOLLOW_UPS_MAX}");
            return Err(refuse(name, "hooks.failing_checks", &why));
        }
        if let Some(email) = self.account.as_ref().filter(|email| !is_email(email)) {
            let why = format!("{email:?} is no e-mail address");
            return Err(refuse(name, "hooks.account", &why));
        }
        Ok(Listening {
            mention,
            people: match &self.people {
                None => People::Collaborators,
                Some(logins) => {
                    let bare = logins.iter().map(|login| login.trim_start_matches('@'));
                    People::Listed(bare.map(str::to_owned).collect())
                }
            },
            account: self.account.clone(),
            check_follow_ups_max: self.failing_checks,
        })
    }
}

/// The forges of a configuration, none of which contradicts another or a `[[hosts]]` entry.
///
/// # Errors
///
/// [`Failure::Usage`] names the forge, the key and the rule.
pub(super) fn resolve(
    sections: Vec<ForgeSection>,
    hosts: &[HostSection],
    environment: EnvironmentSource<'_>,
) -> Result<Vec<ForgeSettings>, Failure> {
    let resolved = sections.into_iter().map(|one| one.resolve(environment));
    let forges: Vec<ForgeSettings> = resolved.collect::<Result<_, _>>()?;
    let (mut names, mut places) = (BTreeSet::new(), BTreeSet::new());
    for forge in &forges {
        let name = forge.options.name.as_str();
        if !names.insert(name.to_lowercase()) {
            return Err(refuse(
                name,
                "name",
                "another forge has it: names differ, not only in case",
            ));
        }
        if !places.insert(forge.place.as_str()) {
            let why = format!(
                "{} is another forge's: git's credentials go by host",
                forge.place
            );
            return Err(refuse(name, "url", &why));
        }
        if let Some(host) = hosts.iter().find(|host| forge.is_reached_by(host)) {
            let why = format!(
                "[[hosts]] has {:?} as well: give its credentials, ssh_key and ca_file once, here",
                host.host
            );
            return Err(refuse(name, "url", &why));
        }
    }
    Ok(forges)
}

impl ForgeSettings {
    /// The host of its ssh addresses.
    #[must_use]
    pub fn ssh_host(&self) -> &str {
        self.options.ssh_host.as_deref().unwrap_or(&self.host)
    }

    /// Whether a `[[hosts]]` entry speaks of the same place.
    fn is_reached_by(&self, host: &HostSection) -> bool {
        let same = |own: &str| host.host.eq_ignore_ascii_case(own);
        same(&self.place) || (self.ssh_key.is_some() && same(self.ssh_host()))
    }
}

fn refuse(name: &str, key: &str, why: &str) -> Failure {
    Failure::Usage(format!("[[forges]] {name:?}: {key}: {why}"))
}

/// What stands in the address of its webhooks.
fn check_name(name: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || name.len() > NAME_BYTES_MAX || !name.chars().all(legal) {
        return Err(format!(
            "{name:?} is no name: give one of 1 to {NAME_BYTES_MAX} letters, digits, `-`, `_` and `.`"
        ));
    }
    if name.eq_ignore_ascii_case(LOCAL) {
        return Err(format!("{LOCAL:?} is what Outwork calls itself"));
    }
    Ok(())
}

fn check_credentials(
    kind: ForgeKind,
    token: Option<&SecretString>,
    app: Option<&GitHubApp>,
) -> Result<(), &'static str> {
    match (kind, token, app) {
        (ForgeKind::GitHub, None, None) => Err("give a token, an App, or both"),
        (ForgeKind::GitLab | ForgeKind::Gitea | ForgeKind::Forgejo, _, Some(_)) => {
            Err("only GitHub has Apps: give a token")
        }
        (ForgeKind::GitLab | ForgeKind::Gitea | ForgeKind::Forgejo, None, None) => {
            Err("give a token, by token_env or token_file")
        }
        (_, Some(_), _) | (ForgeKind::GitHub, None, Some(_)) => Ok(()),
    }
}

/// `host` or `host:port` of the addresses of its repositories, and the host alone.
fn place_of(url: &str) -> Result<(String, String), String> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let parsed = format!("{url}/owner/name").parse::<Repository>();
    match parsed {
        Ok(repository) if is_web && !url.contains('@') => Ok((
            repository.host_and_port().to_owned(),
            repository.host().to_owned(),
        )),
        // What is refused may have credentials in it.
        Ok(_) | Err(_) => Err(
            "it must be an address such as https://git.example.com, without credentials".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[derive(Deserialize)]
    struct File {
        forges: Vec<ForgeSection>,
        #[serde(default)]
        hosts: Vec<HostSection>,
    }

    fn read(text: &str) -> Result<Vec<ForgeSettings>, Failure> {
        let file: File = toml::from_str(text).unwrap();
        let environment = |name: &str| match name {
            "TOKEN" => Some("t0ken-canary".to_owned()),
            "KEY" => Some("key-canary".to_owned()),
            "HOOK" => Some("hook-canary".to_owned()),
            _ => None,
        };
        resolve(file.forges, &file.hosts, &environment)
    }

    fn one(text: &str) -> ForgeSettings {
        let mut all = read(&format!("[[forges]]\n{text}")).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn little_has_to_be_said() {
        let github = one("kind='github'\ntoken_env='TOKEN'");
        assert_eq!(github.options.name, "github.com");
        assert_eq!(github.options.web_url, "https://github.com");
        assert_eq!(github.place, "github.com");
        assert_eq!(github.listening.mention.to_string(), "@outwork");
        assert_eq!(github.listening.people, People::Collaborators);
        assert_eq!(github.listening.check_follow_ups_max, 0);
        assert_eq!(github.token.unwrap().expose_secret(), "t0ken-canary");
        let gitlab = one("kind='gitlab'\ntoken_env='TOKEN'");
        assert_eq!(gitlab.options.web_url, "https://gitlab.com");
    }

    #[test]
    fn everything_can_be_said_and_no_secret_shows() {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, "certificates").unwrap();
        let found = one(&format!(
            "kind='github'\nname='work'\nurl='https://git.example.com:8443/hub/'\n\
             api_url='https://api.example.com'\nssh_host='ssh.example.com'\nssh_key='/k'\n\
             ca_file={ca:?}\ntoken_env='TOKEN'\napp={{id=7,private_key_env='KEY'}}\n\
             [forges.hooks]\nsecret_env='HOOK'\nmention='@helper'\npeople=['@ada']\n\
             bot_logins=['ci']\naccount='bot@example.com'\nfailing_checks=3\n"
        ));
        assert_eq!(found.options.web_url, "https://git.example.com:8443/hub");
        assert_eq!(
            (found.place.as_str(), found.host.as_str()),
            ("git.example.com:8443", "git.example.com")
        );
        assert_eq!(found.ssh_host(), "ssh.example.com");
        assert_eq!(
            found.options.ca_pem.as_deref(),
            Some(b"certificates".as_slice())
        );
        assert_eq!(found.options.bot_logins, ["ci"]);
        assert_eq!(found.app.as_ref().unwrap().id, 7);
        assert_eq!(
            found.listening.people,
            People::Listed(vec!["ada".to_owned()])
        );
        assert_eq!(found.listening.account.as_deref(), Some("bot@example.com"));
        assert_eq!(found.listening.check_follow_ups_max, 3);
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_forge_and_key() {
        let gitea = "kind='gitea'\ntoken_env='TOKEN'\nurl='https://g.example'";
        for (text, parts) in [
            (
                "kind='gitea'\ntoken_env='TOKEN'".to_owned(),
                ["url", "no usual address"],
            ),
            (
                "kind='gitea'\nurl='https://g.example'".to_owned(),
                ["g.example", "token_env"],
            ),
            ("kind='github'".to_owned(), ["github.com", "an App"]),
            (
                "kind='gitlab'\ntoken_env='UNSET'".to_owned(),
                ["gitlab.com", "UNSET"],
            ),
            (
                "kind='gitlab'\ntoken_env='TOKEN'\napp={id=1,private_key_env='KEY'}".to_owned(),
                ["gitlab.com", "only GitHub"],
            ),
            (
                "kind='github'\napp={id=1}".to_owned(),
                ["github.com", "app.private_key_file"],
            ),
            (format!("{gitea}\nname='a/b'"), ["name", "a/b"]),
            (
                format!("{gitea}\nname='Local'"),
                ["name", "Outwork calls itself"],
            ),
            (
                format!("{gitea}\nca_file='/nowhere/at/all'"),
                ["ca_file", "/nowhere/at/all"],
            ),
            (
                format!("{gitea}\napi_url='http://g.example/api'"),
                ["api_url", "plain_http"],
            ),
            (
                "kind='gitea'\ntoken_env='TOKEN'\nurl='http://g.example'".to_owned(),
                ["g.example", "plain_http"],
            ),
            (
                "kind='gitea'\ntoken_env='TOKEN'\nurl='g.example'".to_owned(),
                ["url", "without credentials"],
            ),
            (
                format!("{gitea}\nhooks.mention='two words'"),
                ["hooks.mention", "two words"],
            ),
            (
                format!("{gitea}\nhooks.failing_checks=4"),
                ["hooks.failing_checks", "0 to 3"],
            ),
            (
                format!("{gitea}\nhooks.account='bot'"),
                ["hooks.account", "e-mail"],
            ),
            (
                format!("{gitea}\nhooks.secret_env='UNSET'"),
                ["hooks.secret", "UNSET"],
            ),
        ] {
            let failure = read(&format!("[[forges]]\n{text}")).unwrap_err();
            assert_eq!(failure.status(), 2, "{text}");
            for part in parts {
                assert!(failure.to_string().contains(part), "{text}: {failure}");
            }
        }
    }

    #[test]
    fn credentials_in_an_address_are_not_repeated() {
        let url = "https://me:canary@g.example";
        let text = format!("[[forges]]\nkind='gitea'\ntoken_env='TOKEN'\nurl='{url}'");
        let failure = read(&text).unwrap_err().to_string();
        assert!(!failure.contains("canary"), "{failure}");
    }

    #[test]
    fn no_two_entries_contradict_each_other() {
        let forge = |name: &str, url: &str| {
            format!("[[forges]]\nkind='gitea'\ntoken_env='TOKEN'\nname='{name}'\nurl='{url}'\n")
        };
        let (a, b) = (
            forge("a", "https://a.example"),
            forge("b", "https://b.example"),
        );
        assert_eq!(read(&format!("{a}{b}")).unwrap().len(), 2);
        let port = forge("c", "https://a.example:8443");
        assert_eq!(read(&format!("{a}{port}")).unwrap().len(), 2);
        let host = |host: &str| format!("[[hosts]]\nhost='{host}'\ntoken_env='TOKEN'\n");
        assert!(read(&format!("{a}{}", host("other.example"))).is_ok());
        for (text, part) in [
            (
                format!("{a}{}", forge("A", "https://b.example")),
                "another forge has it",
            ),
            (
                format!("{a}{}", forge("b", "https://a.example/below")),
                "by host",
            ),
            (
                format!("{a}{}", host("A.example")),
                "[[hosts]] has \"A.example\" as well",
            ),
        ] {
            let failure = read(&text).unwrap_err().to_string();
            assert!(failure.contains(part), "{failure}");
        }
    }

    #[test]
    fn paths_are_all_found() {
        let text = "kind='github'\nssh_key='a'\nca_file='b'\ntoken_file='c'\n\
                    app={id=1,private_key_file='d'}\nhooks={secret_file='e'}";
        let mut section: ForgeSection = toml::from_str(text).unwrap();
        assert_eq!(section.paths().count(), 5);
    }
}
