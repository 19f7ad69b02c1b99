//! What git shows to a host: a user name and a token, given anew for each operation.
//!
//! Whoever holds the credentials decides how long they live. A remote that refuses one is shown
//! another once, if there is another.

use std::fmt;

use async_trait::async_trait;
use outwork_domain::Repository;
use secrecy::SecretString;

use crate::error::Result;

/// What the known forges accept beside a token.
const USERNAME: &str = "x-access-token";

/// A user name and a token, for one operation.
#[derive(Clone)]
pub struct Credential {
    /// The user name; the known forges look at the token only.
    pub username: String,
    /// The token, sent as the password of Basic authorization.
    pub token: SecretString,
}

impl Credential {
    /// A token with that user name, or with the one that the known forges accept.
    #[must_use]
    pub fn new(username: Option<String>, token: SecretString) -> Self {
        Self {
            username: username.unwrap_or_else(|| USERNAME.to_owned()),
            token,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.username)
    }
}

/// What an operation does with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It reads: a list of references, a fetch.
    Read,
    /// It writes: a push.
    Write,
}

/// Which credential is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One that should work, made now or lately.
    Any,
    /// Another one than the last, which the remote refused.
    Fresh,
}

/// Gives the credentials of one host.
#[async_trait]
pub trait Credentials: fmt::Debug + Send + Sync {
    /// The credential for an operation on that repository; `None` if there is none, or none but the
    /// one that was refused.
    ///
    /// # Errors
    ///
    /// Those of reaching whoever mints it, as [`crate::Error`] has them for a remote.
    async fn credential(
        &self,
        repository: &Repository,
        access: Access,
        wanted: Wanted,
    ) -> Result<Option<Credential>>;
}

/// A token that stays the same for as long as the server runs.
#[derive(Clone, Debug)]
pub struct FixedToken(pub Credential);

#[async_trait]
impl Credentials for FixedToken {
    async fn credential(
        &self,
        _repository: &Repository,
        _access: Access,
        wanted: Wanted,
    ) -> Result<Option<Credential>> {
        Ok(match wanted {
            Wanted::Any => Some(self.0.clone()),
            Wanted::Fresh => None,
        })
    }
}
