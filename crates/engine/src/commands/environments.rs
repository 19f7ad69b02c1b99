//! Cloud environments: made, found, changed, deleted.

use outwork_domain::{
    AccountId, CloudEnvironment, EnvironmentChange, EnvironmentEvent, EnvironmentFile,
    EnvironmentId, EnvironmentName, EnvironmentOwner, EnvironmentVersionId, Repository, Timestamp,
};
use outwork_store::{Error, Tx, environments, new_id};

use super::CommandError;
use super::once::{Once, Receipt};
use crate::Engine;

/// What a caller wants of a new environment.
#[derive(Clone, Debug)]
pub struct NewEnvironment {
    /// Who may use it.
    pub owner: EnvironmentOwner,
    /// Its name.
    pub name: EnvironmentName,
    /// What its agents work on.
    pub repositories: Vec<Repository>,
    /// How workspaces are set up.
    pub file: EnvironmentFile,
}

impl Engine {
    /// Makes an environment.
    ///
    /// # Errors
    ///
    /// [`CommandError::RepositoryAccess`], [`CommandError::EnvironmentNameTaken`],
    /// [`CommandError::TooManyEnvironments`].
    pub async fn create_environment(
        &self,
        account_id: AccountId,
        new: NewEnvironment,
        receipt: Option<Receipt<CloudEnvironment>>,
    ) -> Result<Once<CloudEnvironment>, CommandError> {
        for repository in &new.repositories {
            self.inner.git.admit(repository, None)?;
        }
        let now = self.now();
        let environment = CloudEnvironment {
            id: EnvironmentId::new(new_id(now)),
            account_id,
            owner: new.owner,
            name: new.name,
            repositories: new.repositories,
            file: new.file,
            version_id: EnvironmentVersionId::new(new_id(now)),
            created_at: now,
            updated_at: now,
        };
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                let inserted = environments::insert(tx, &environment).await;
                let inserted = inserted.map_err(|error| {
                    if let Error::NoneFree(_) = error {
                        return CommandError::TooManyEnvironments;
                    }
                    error.into()
                })?;
                if !inserted {
                    return Err(taken(tx, &environment).await?);
                }
                Ok(environment)
            })
        })
        .await
    }

    /// The environment of that id.
    ///
    /// # Errors
    ///
    /// [`CommandError::EnvironmentNotFound`].
    pub async fn environment(
        &self,
        account_id: AccountId,
        id: EnvironmentId,
    ) -> Result<CloudEnvironment, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let found = environments::find(&mut reader, account_id, id).await?;
        found.ok_or(CommandError::EnvironmentNotFound)
    }

    /// The environment that a name means: the account's own before the team's.
    ///
    /// # Errors
    ///
    /// [`CommandError::EnvironmentNotFound`].
    pub async fn resolve_environment(
        &self,
        account_id: AccountId,
        name: &str,
    ) -> Result<CloudEnvironment, CommandError> {
        let name: EnvironmentName = name
            .parse()
            .map_err(|_| CommandError::EnvironmentNotFound)?;
        let mut reader = self.inner.store.read().await?;
        for owner in [EnvironmentOwner::Personal, EnvironmentOwner::Team] {
            let id = environments::find_named(&mut reader, account_id, owner, &name).await?;
            if let Some(id) = id {
                let found = environments::find(&mut reader, account_id, id).await?;
                return found.ok_or(CommandError::EnvironmentNotFound);
            }
        }
        Err(CommandError::EnvironmentNotFound)
    }

    /// Changes all that the change names, or nothing.
    ///
    /// # Errors
    ///
    /// [`CommandError::EnvironmentNotFound`], [`CommandError::EnvironmentNameTaken`].
    pub async fn change_environment(
        &self,
        account_id: AccountId,
        id: EnvironmentId,
        change: EnvironmentChange,
    ) -> Result<(), CommandError> {
        let now = self.now();
        let version_id = EnvironmentVersionId::new(new_id(now));
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = environments::find_for_update(tx, account_id, id).await?;
                    let found = found.ok_or(CommandError::EnvironmentNotFound)?;
                    let Some((changed, event)) = changed(found, change, version_id, now) else {
                        return Ok(());
                    };
                    if !environments::update(tx, &changed, event).await? {
                        return Err(taken(tx, &changed).await?);
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Deletes an environment with its history and its secrets; its agents stay.
    ///
    /// # Errors
    ///
    /// [`CommandError::EnvironmentNotFound`].
    pub async fn delete_environment(
        &self,
        account_id: AccountId,
        id: EnvironmentId,
    ) -> Result<(), CommandError> {
        let there = self.inner.store.write(move |tx| {
            Box::pin(async move {
                Ok::<_, CommandError>(environments::delete(tx, account_id, id).await?)
            })
        });
        if there.await? {
            return Ok(());
        }
        Err(CommandError::EnvironmentNotFound)
    }
}

/// The environment after a change, unless nothing differs then.
fn changed(
    mut environment: CloudEnvironment,
    change: EnvironmentChange,
    version_id: EnvironmentVersionId,
    now: Timestamp,
) -> Option<(CloudEnvironment, EnvironmentEvent)> {
    let before = environment.clone();
    environment.name = change.name.unwrap_or(environment.name);
    environment.file = change.file.unwrap_or(environment.file);
    if environment == before {
        return None;
    }
    let event = if environment.file == before.file {
        EnvironmentEvent::Renamed
    } else {
        EnvironmentEvent::Updated
    };
    environment.version_id = version_id;
    environment.updated_at = now;
    Some((environment, event))
}

/// The error of a name that is taken, with the environment that has it.
async fn taken(tx: &mut Tx, environment: &CloudEnvironment) -> Result<CommandError, Error> {
    let CloudEnvironment {
        account_id,
        owner,
        name,
        ..
    } = environment;
    let id = environments::find_named(tx, *account_id, *owner, name).await?;
    Ok(CommandError::EnvironmentNameTaken(id))
}
