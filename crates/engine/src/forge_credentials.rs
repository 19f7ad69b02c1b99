//! What git shows to a forge's host: whatever the forge gives for one operation.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use outwork_domain::Repository;
use outwork_forge::{Error as ForgeError, Forge, GitAccess};
use outwork_workspace::{Access, Credential, Credentials, Error, Wanted};

/// The credentials of a forge, for git.
pub struct ForgeCredentials(Arc<dyn Forge>);

impl ForgeCredentials {
    /// Asks that forge at each operation.
    #[must_use]
    pub fn of(forge: Arc<dyn Forge>) -> Self {
        Self(forge)
    }
}

impl fmt::Debug for ForgeCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForgeCredentials({})", self.0.name())
    }
}

#[async_trait]
impl Credentials for ForgeCredentials {
    async fn credential(
        &self,
        repository: &Repository,
        access: Access,
        _wanted: Wanted,
    ) -> Result<Option<Credential>, Error> {
        let access = match access {
            Access::Read => GitAccess::Read,
            Access::Write => GitAccess::Write,
        };
        let given = self.0.git_credentials(repository, access).await;
        let given = given.map_err(|error| in_words_of_git(&error))?;
        Ok(given.map(|given| Credential {
            username: given.username,
            token: given.password,
        }))
    }
}

/// A fault of a forge, as git would have met it.
fn in_words_of_git(error: &ForgeError) -> Error {
    let words = error.to_string();
    match error {
        ForgeError::Unavailable(_) | ForgeError::Unintelligible(_) => Error::Unavailable { words },
        ForgeError::RateLimited { .. } => Error::RateLimited { words },
        ForgeError::Auth(_) => Error::Auth { words },
        ForgeError::NotFound(_) => Error::RepositoryNotFound { words },
        ForgeError::Renamed { .. } => Error::RepositoryMoved { words },
        ForgeError::PermissionMissing { .. }
        | ForgeError::Protected(_)
        | ForgeError::AlreadyExists(_)
        | ForgeError::Conflict(_)
        | ForgeError::Refused(_)
        | ForgeError::Unsupported(_) => Error::Forbidden { words },
    }
}
