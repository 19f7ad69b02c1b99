//! One forge's addresses: which are its own, and what they mean.

use outwork_domain::{InvalidRepository, Repository, Scheme};
use url::Url;

use crate::error::Error;
use crate::options::{HostOptions, OptionsError};
use crate::person::{Person, PersonKind};

/// One forge's addresses and names.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    /// Without a slash at its end.
    web_url: String,
    host: String,
    host_and_port: String,
    /// The path that everything lies below: empty, or with a slash at its begin and none at its end.
    root: String,
    ssh_host: Option<String>,
    bot_logins: Vec<String>,
}

impl Host {
    pub(crate) fn new(options: &HostOptions) -> Result<Self, OptionsError> {
        let url = web_address(&options.web_url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let host_and_port = match url.port() {
            None => host.clone(),
            Some(port) => format!("{host}:{port}"),
        };
        let lower = |login: &String| login.to_lowercase();
        Ok(Self {
            name: options.name.clone(),
            web_url: url.as_str().trim_end_matches('/').to_owned(),
            host,
            host_and_port,
            root: url.path().trim_end_matches('/').to_owned(),
            ssh_host: options.ssh_host.as_ref().map(|host| host.to_lowercase()),
            bot_logins: options.bot_logins.iter().map(lower).collect(),
        })
    }

    pub(crate) fn web_url(&self) -> &str {
        &self.web_url
    }

    pub(crate) fn keeps(&self, repository: &Repository) -> bool {
        match repository.scheme() {
            Scheme::Https | Scheme::Http => {
                let path = repository.path().strip_prefix(&self.root);
                repository.host_and_port() == self.host_and_port
                    && path.is_some_and(|rest| rest.starts_with('/'))
            }
            Scheme::Ssh => {
                let own = self.ssh_host.as_deref().unwrap_or(&self.host);
                repository.host() == own || repository.host_and_port() == own
            }
            Scheme::File => false,
        }
    }

    /// The repository's name on its forge, such as `group/subgroup/name`.
    pub(crate) fn path_of<'r>(&self, repository: &'r Repository) -> Result<&'r str, Error> {
        let foreign = || Error::NotFound(format!("{repository} is not of {}", self.name));
        if !self.keeps(repository) {
            return Err(foreign());
        }
        let path = match repository.scheme() {
            Scheme::Ssh => repository.path(),
            Scheme::Https | Scheme::Http | Scheme::File => repository
                .path()
                .strip_prefix(&self.root)
                .ok_or_else(foreign)?,
        };
        Ok(path.trim_start_matches('/'))
    }

    /// The repository of that name.
    pub(crate) fn repository(&self, full_name: &str) -> Result<Repository, InvalidRepository> {
        format!("{}/{full_name}", self.web_url).parse()
    }

    /// What stands behind our own address in that of a page.
    pub(crate) fn page<'u>(&self, url: &'u str) -> Option<&'u str> {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        url.strip_prefix(&self.web_url)?.strip_prefix('/')
    }

    /// Somebody on this forge; a program by what the forge says, or by our own list.
    pub(crate) fn person(&self, login: &str, id: u64, kind: PersonKind) -> Person {
        let listed = self.bot_logins.contains(&login.to_lowercase());
        Person {
            login: login.to_owned(),
            id,
            kind: if listed { PersonKind::Bot } else { kind },
        }
    }
}

/// Reads an address that a configuration gives, `http` or `https`, without credentials, query and
/// fragment.
pub(crate) fn web_address(text: &str) -> Result<Url, OptionsError> {
    let refuse = |text: &str, why| {
        Err(OptionsError::Address {
            text: text.chars().take(200).collect(),
            why,
        })
    };
    let Ok(url) = Url::parse(text.trim()) else {
        // What cannot be read may have credentials in it.
        return refuse("", "it is not an address");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("", "credentials do not belong into it");
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return refuse(text, "it begins neither with https:// nor with http://");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(text, "it has a query or a fragment");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(web_url: &str) -> Host {
        Host::new(&HostOptions::new("x", web_url)).unwrap()
    }

    fn repository(text: &str) -> Repository {
        text.parse().unwrap()
    }

    #[test]
    fn knows_its_own_addresses() {
        let plain = host("https://Git.Example.com/");
        for (text, path) in [
            ("https://git.example.com/acme/tools", Some("acme/tools")),
            ("http://git.example.com/a/b/c.git", Some("a/b/c")),
            ("git@git.example.com:acme/tools.git", Some("acme/tools")),
            ("ssh://git@git.example.com:2222/a/b", Some("a/b")),
            ("https://git.example.com:8443/a/b", None),
            ("https://example.com/a/b", None),
            ("/srv/a", None),
        ] {
            let found = repository(text);
            assert_eq!(plain.keeps(&found), path.is_some(), "{text}");
            assert_eq!(plain.path_of(&found).ok(), path, "{text}");
        }
        let below = host("http://127.0.0.1:9000/gitlab");
        let found = repository("http://127.0.0.1:9000/gitlab/group/sub/tools");
        assert_eq!(below.path_of(&found).ok(), Some("group/sub/tools"));
        assert_eq!(below.repository("group/sub/tools").unwrap(), found);
        assert!(!below.keeps(&repository("http://127.0.0.1:9000/gitlabs/a/b")));
        let page = below.page("http://127.0.0.1:9000/gitlab/a/b/-/merge_requests/3?x#y");
        assert_eq!(page, Some("a/b/-/merge_requests/3"));
        assert_eq!(below.page("http://127.0.0.1:9000/a"), None);
    }

    #[test]
    fn ssh_may_have_a_host_of_its_own() {
        let mut options = HostOptions::new("x", "https://example.com");
        options.ssh_host = Some("ssh.example.com".to_owned());
        let host = Host::new(&options).unwrap();
        assert!(host.keeps(&repository("git@ssh.example.com:a/b")));
        assert!(!host.keeps(&repository("git@example.com:a/b")));
    }

    #[test]
    fn refuses_addresses_that_are_none_and_repeats_no_credentials() {
        for bad in [
            "",
            "example.com",
            "ftp://h",
            "https://u:canary@h",
            "https://h?canary",
            "https://h#x",
        ] {
            let error = Host::new(&HostOptions::new("x", bad)).unwrap_err();
            assert!(
                !format!("{error} {error:?}").contains("u:canary"),
                "{error}"
            );
        }
    }

    #[test]
    fn lists_programs() {
        let mut options = HostOptions::new("x", "https://example.com");
        options.bot_logins = vec!["Outwork".to_owned()];
        let host = Host::new(&options).unwrap();
        let kind = |login| host.person(login, 1, PersonKind::Human).kind;
        assert_eq!(kind("outWork"), PersonKind::Bot);
        assert_eq!(kind("jane"), PersonKind::Human);
    }
}
