//! Secrets: values that users keep on the server for the runs of many agents (Cursor v1 secrets).

use std::fmt;
use std::str::FromStr;

use crate::limits::{SECRET_REPOSITORIES_MAX, VARIABLE_NAME_BYTES_MAX};
use crate::variable::{checked_value, is_shell_name};
use crate::{
    AccountId, EnvironmentId, InvalidVariable, Repository, SecretId, SecretText, Timestamp,
};

/// Names that would change how the sandbox itself reaches the network, in any case.
const RESERVED: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
/// What no name may contain, in any case.
const RESERVED_PART: &str = "CURSOR_SANDBOX";

/// Who holds a secret, and so whose runs get it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SecretHolder {
    /// Everybody.
    Team,
    /// One account.
    User(AccountId),
    /// A cloud environment.
    Environment(EnvironmentId),
}

/// What a secret is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SecretKind {
    /// Its value is taken out of everything that is shown.
    RuntimeSecret,
    /// A plain variable.
    EnvironmentVariable,
}

/// A secret's name: `[A-Za-z_][A-Za-z0-9_]*`, at most 255 bytes, none that is reserved.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SecretName(String);

/// A secret breaks a rule; never says what its value is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// A name that cannot be.
    #[error("a secret's name must match [A-Za-z_][A-Za-z0-9_]* and have at most 255 characters")]
    Name,
    /// A name that belongs to the service.
    #[error("the secret name {0} is reserved")]
    NameReserved(String),
    /// A value that cannot be.
    #[error(transparent)]
    Value(#[from] InvalidVariable),
    /// Too many repositories.
    #[error("repos must have at most 100 entries")]
    TooManyRepositories,
}

impl SecretName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case: two names that are equal so cannot both be held.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SecretName {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !is_shell_name(text) || text.len() > VARIABLE_NAME_BYTES_MAX {
            return Err(InvalidSecret::Name);
        }
        let upper = text.to_ascii_uppercase();
        if RESERVED.contains(&upper.as_str()) || upper.contains(RESERVED_PART) {
            return Err(InvalidSecret::NameReserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A repository as secrets name it: `host/owner/repo`, or the path of a local one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RepositoryKey(String);

impl RepositoryKey {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Repository> for RepositoryKey {
    fn from(repository: &Repository) -> Self {
        Self(format!("{}{}", repository.host(), repository.path()))
    }
}

impl FromStr for RepositoryKey {
    type Err = crate::InvalidRepository;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(&text.parse::<Repository>()?))
    }
}

impl fmt::Display for RepositoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret as readers see it: everything but its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// Who holds it.
    pub holder: SecretHolder,
    /// Its name.
    pub name: SecretName,
    /// What it is.
    pub kind: SecretKind,
    /// The repositories whose runs get it; all if empty.
    pub repositories: Vec<RepositoryKey>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Secret {
    /// Whether runs on these repositories get it.
    #[must_use]
    pub fn applies_to(&self, repositories: &[RepositoryKey]) -> bool {
        self.repositories.is_empty()
            || self
                .repositories
                .iter()
                .any(|one| repositories.contains(one))
    }

    /// Whether some run could get both this one and one for those repositories.
    #[must_use]
    pub fn overlaps(&self, repositories: &[RepositoryKey]) -> bool {
        repositories.is_empty() || self.applies_to(repositories)
    }
}

/// What a caller wants a secret to be; what is absent stays, or takes its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretWish {
    /// Its value.
    pub value: SecretText,
    /// What it is; a runtime secret by default.
    pub kind: Option<SecretKind>,
    /// The repositories whose runs get it; all by default.
    pub repositories: Option<Vec<RepositoryKey>>,
}

impl SecretWish {
    /// Takes what a caller says about the secret of that name.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] names the broken rule, never the value.
    pub fn new(
        name: &SecretName,
        value: String,
        kind: Option<SecretKind>,
        repositories: Option<Vec<RepositoryKey>>,
    ) -> Result<Self, InvalidSecret> {
        let repositories = repositories.map(|mut repositories| {
            repositories.sort();
            repositories.dedup();
            repositories
        });
        if repositories
            .as_ref()
            .is_some_and(|all| all.len() > SECRET_REPOSITORIES_MAX)
        {
            return Err(InvalidSecret::TooManyRepositories);
        }
        Ok(Self {
            value: checked_value(name.as_str(), value)?,
            kind,
            repositories,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<SecretName, InvalidSecret> {
        text.parse()
    }

    #[test]
    fn names_are_identifiers_and_some_are_reserved() {
        for good in ["A", "_a1", "http_proxy_2", "CURSOR_TOKEN", &"A".repeat(255)] {
            assert!(name(good).is_ok(), "{good}");
        }
        for bad in ["", "1A", "A-B", "A B", "Ä", &"A".repeat(256)] {
            assert_eq!(name(bad), Err(InvalidSecret::Name), "{bad}");
        }
        for bad in [
            "HTTP_PROXY",
            "https_proxy",
            "All_Proxy",
            "MY_CURSOR_SANDBOX",
            "cursor_sandbox_x",
        ] {
            assert_eq!(
                name(bad),
                Err(InvalidSecret::NameReserved(bad.into())),
                "{bad}"
            );
        }
        assert_eq!(name("aB").unwrap().folded(), name("Ab").unwrap().folded());
    }

    #[test]
    fn repositories_are_named_without_scheme() {
        for (text, key) in [
            ("github.com/acme/tools", "github.com/acme/tools"),
            ("https://GitHub.com/acme/tools.git", "github.com/acme/tools"),
            ("git@github.com:acme/tools.git", "github.com/acme/tools"),
            ("file:///srv/git/tools.git", "/srv/git/tools.git"),
            ("/srv/git/tools.git", "/srv/git/tools.git"),
        ] {
            assert_eq!(text.parse::<RepositoryKey>().unwrap().as_str(), key);
        }
        assert!("tools".parse::<RepositoryKey>().is_err());
    }

    #[test]
    fn a_wish_keeps_its_limits() {
        let name = name("A").unwrap();
        let wish = |value: String, count: usize| {
            let repositories = (0..count).map(|n| format!("h.example/o/r{n}").parse().unwrap());
            SecretWish::new(&name, value, None, Some(repositories.collect()))
        };
        assert_eq!(
            wish("v".repeat(4096), 100)
                .unwrap()
                .repositories
                .unwrap()
                .len(),
            100
        );
        assert_eq!(
            wish("v".into(), 101),
            Err(InvalidSecret::TooManyRepositories)
        );
        for value in [String::new(), "v".repeat(4097), "a\0".into()] {
            assert!(matches!(wish(value, 0), Err(InvalidSecret::Value(_))));
        }
    }

    #[test]
    fn repositories_filter() {
        let keys = |texts: &[&str]| -> Vec<RepositoryKey> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let secret = |repositories: &[&str]| Secret {
            id: SecretId::new(uuid::Uuid::nil()),
            holder: SecretHolder::Team,
            name: name("A").unwrap(),
            kind: SecretKind::RuntimeSecret,
            repositories: keys(repositories),
            created_at: Timestamp::from_millis(0),
        };
        let (one, two) = ("h.example/o/one", "h.example/o/two");
        assert!(secret(&[]).applies_to(&keys(&[])));
        assert!(secret(&[one]).applies_to(&keys(&[two, one])));
        assert!(!secret(&[one]).applies_to(&keys(&[two])));
        assert!(!secret(&[one]).applies_to(&[]));
        assert!(secret(&[one]).overlaps(&[]) && secret(&[]).overlaps(&keys(&[one])));
        assert!(!secret(&[one]).overlaps(&keys(&[two])));
    }
}
