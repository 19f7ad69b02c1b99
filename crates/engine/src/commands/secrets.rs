//! Secrets of users, environments and the team: put and deleted. Their values only go in.

use outwork_domain::limits::SECRETS_MAX;
use outwork_domain::{
    AccountId, Repository, RepositoryKey, Secret, SecretHolder, SecretId, SecretKind, SecretName,
    SecretWish, Timestamp,
};
use outwork_store::{Tx, environments, new_id, user_secrets};

use super::CommandError;
use crate::Engine;

/// What became of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPut {
    /// It was made.
    Created(Secret),
    /// It was there, and is as wanted now.
    Changed(Secret),
}

/// Which secret of a holder is meant.
#[derive(Clone, Debug)]
pub struct SecretTarget {
    /// Who holds it.
    pub holder: SecretHolder,
    /// Its name.
    pub name: SecretName,
    /// Its id, where several versions have the name.
    pub id: Option<SecretId>,
}

impl Engine {
    /// Makes a secret, or changes the one that is there.
    ///
    /// # Errors
    ///
    /// [`CommandError::EnvironmentNotFound`], [`CommandError::SecretNotFound`],
    /// [`CommandError::SecretAmbiguous`], [`CommandError::SecretNameConflict`],
    /// [`CommandError::SecretScopeConflict`], [`CommandError::SecretLimitReached`],
    /// [`CommandError::RepositoryAccess`].
    pub async fn put_secret(
        &self,
        account_id: AccountId,
        target: SecretTarget,
        wish: SecretWish,
    ) -> Result<SecretPut, CommandError> {
        for repository in wish.repositories.iter().flatten() {
            self.admit_repository(repository)?;
        }
        let now = self.now();
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    user_secrets::lock(tx).await?;
                    check_holder(tx, account_id, target.holder).await?;
                    put(tx, target, wish, now).await
                })
            })
            .await
    }

    /// Deletes a secret.
    ///
    /// # Errors
    ///
    /// [`CommandError::EnvironmentNotFound`], [`CommandError::SecretNotFound`],
    /// [`CommandError::SecretAmbiguous`].
    pub async fn delete_secret(
        &self,
        account_id: AccountId,
        target: SecretTarget,
    ) -> Result<(), CommandError> {
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    user_secrets::lock(tx).await?;
                    check_holder(tx, account_id, target.holder).await?;
                    let mut named =
                        user_secrets::find_named(tx, target.holder, &target.name).await?;
                    named.retain(|secret| secret.name == target.name);
                    let secret = choose(&named, target.id)?.ok_or(CommandError::SecretNotFound)?;
                    user_secrets::delete(tx, secret.id).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Refuses a repository that this server cannot reach.
    ///
    /// # Errors
    ///
    /// [`CommandError::RepositoryAccess`].
    pub fn admit_repository(&self, key: &RepositoryKey) -> Result<(), CommandError> {
        let repository: Repository =
            key.as_str()
                .parse()
                .map_err(|why: outwork_domain::InvalidRepository| {
                    CommandError::RepositoryAccess(why.to_string())
                })?;
        Ok(self.inner.git.admit(&repository, None)?)
    }
}

async fn check_holder(
    tx: &mut Tx,
    account_id: AccountId,
    holder: SecretHolder,
) -> Result<(), CommandError> {
    let SecretHolder::Environment(id) = holder else {
        return Ok(());
    };
    let found = environments::find(tx, account_id, id).await?;
    found.map(drop).ok_or(CommandError::EnvironmentNotFound)
}

async fn put(
    tx: &mut Tx,
    target: SecretTarget,
    wish: SecretWish,
    now: Timestamp,
) -> Result<SecretPut, CommandError> {
    let named = user_secrets::find_named(tx, target.holder, &target.name).await?;
    if let Some(other) = named.iter().find(|secret| secret.name != target.name) {
        return Err(CommandError::SecretNameConflict(other.name.to_string()));
    }
    let Some(found) = choose(&named, target.id)? else {
        if user_secrets::count(tx, target.holder).await? >= SECRETS_MAX {
            return Err(CommandError::SecretLimitReached);
        }
        let secret = Secret {
            id: SecretId::new(new_id(now)),
            holder: target.holder,
            name: target.name,
            kind: wish.kind.unwrap_or(SecretKind::RuntimeSecret),
            repositories: wish.repositories.unwrap_or_default(),
            created_at: now,
        };
        user_secrets::insert(tx, &secret, &wish.value).await?;
        return Ok(SecretPut::Created(secret));
    };
    let mut secret = found.clone();
    secret.kind = wish.kind.unwrap_or(secret.kind);
    secret.repositories = wish.repositories.unwrap_or(secret.repositories);
    let overlaps = |other: &Secret| other.id != secret.id && other.overlaps(&secret.repositories);
    if named.iter().any(overlaps) {
        return Err(CommandError::SecretScopeConflict(secret.name.to_string()));
    }
    user_secrets::update(tx, &secret, &wish.value).await?;
    Ok(SecretPut::Changed(secret))
}

/// The version that is meant; none if the name is free.
fn choose(named: &[Secret], id: Option<SecretId>) -> Result<Option<&Secret>, CommandError> {
    match (id, named) {
        (Some(id), _) => {
            let found = named.iter().find(|secret| secret.id == id);
            found.map(Some).ok_or(CommandError::SecretNotFound)
        }
        (None, []) => Ok(None),
        (None, [secret]) => Ok(Some(secret)),
        (None, [_, _, ..]) => Err(CommandError::SecretAmbiguous(named.to_vec())),
    }
}
