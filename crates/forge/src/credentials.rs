//! What git needs to reach a repository, for one operation.

use outwork_domain::Timestamp;
use secrecy::SecretString;

/// What git is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GitAccess {
    /// Fetch.
    Read,
    /// Fetch and push.
    Write,
}

/// What git shows for one operation; its password shows itself in no `Debug`.
#[derive(Clone, Debug)]
pub struct GitCredentials {
    /// The name beside the password, which the forges fix or ignore.
    pub username: String,
    /// The token.
    pub password: SecretString,
    /// When it ends, if the forge minted it for this use.
    pub expires_at: Option<Timestamp>,
}
