//! Where a repository is today: forges let repositories be renamed, and keep the old name for a while.
//!
//! The agent's row, the mirror and the workspace go on under the old name; only what goes over the wire
//! is addressed by the new one. That is kept in memory: whoever does not know it yet learns it from the
//! first refusal.

use outwork_domain::Repository;
use outwork_forge::Error as ForgeError;
use outwork_store::Claim;
use outwork_workspace::Error as GitError;
use tracing::{info, warn};

use super::RunParts;
use super::error::AttemptError;

/// The address that the repository is reached by now.
pub(super) fn here(parts: &RunParts, repository: &Repository) -> Repository {
    parts.git.reached(repository)
}

/// Whether a refusal may mean that a repository is elsewhere.
pub(super) fn is_of_place(error: &AttemptError) -> bool {
    match error {
        AttemptError::Git(error) => matches!(
            error,
            GitError::RepositoryMoved { .. }
                | GitError::RepositoryNotFound { .. }
                | GitError::PushDenied { .. }
                | GitError::Forbidden { .. }
        ),
        AttemptError::Forge(error) => matches!(
            error,
            ForgeError::Renamed { .. }
                | ForgeError::NotFound(_)
                | ForgeError::PermissionMissing { .. }
        ),
        AttemptError::Ledger(_)
        | AttemptError::Failed { .. }
        | AttemptError::Sandbox(_)
        | AttemptError::Tools(_)
        | AttemptError::Checkout { .. }
        | AttemptError::File { .. } => false,
    }
}

/// Asks the forges of the run's repositories where these are; tells whether one has moved since.
pub(super) async fn follow(parts: &RunParts, claim: &Claim) -> bool {
    let mut moved = false;
    for ours in &claim.agent.repositories {
        let repository = &ours.source.repository;
        let Some(forge) = parts.forges.hosted_of(repository) else {
            continue;
        };
        match forge.repository(&here(parts, repository)).await {
            Ok(facts) => {
                if parts.git.follow(repository, facts.repository.path()) {
                    info!(from = %repository, to = facts.repository.path(), "a repository was renamed");
                    moved = true;
                }
            }
            // What was refused before says more.
            Err(error) => warn!(%repository, %error, "the forge does not say where it is"),
        }
    }
    moved
}
