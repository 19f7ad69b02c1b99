//! Makes keys for an account, and ends them.

use outwork_domain::limits::{KEY_LIFETIME_MAX, KEYS_OF_ACCOUNT_MAX};
use outwork_domain::{
    Account, AccountId, ApiKey, KeyId, KeyKind, KeyName, KeyRules, ProjectName, Timestamp,
};
use outwork_store::{Error, KeySecret, Tx, accounts, keys, new_id};

use super::CommandError;
use crate::Engine;

/// A key that is to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it.
    pub name: KeyName,
    /// Who may act with it.
    pub kind: KeyKind,
    /// What it may be used for; its projects are there, by their own names.
    pub rules: KeyRules,
}

impl NewKey {
    /// Makes the key: everybody who makes one that lasts does it here.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] if there is a key with that secret, otherwise the database's.
    pub async fn make(
        self,
        tx: &mut Tx,
        account: Account,
        secret: &KeySecret,
        now: Timestamp,
    ) -> Result<ApiKey, Error> {
        let key = ApiKey {
            id: KeyId::new(new_id(now)),
            account_id: account.id,
            email: account.email,
            name: self.name.into_text(),
            kind: self.kind,
            rules: self.rules,
            created_at: now,
            revoked_at: None,
        };
        keys::insert(tx, &key, secret).await?;
        Ok(key)
    }
}

/// A new key's token, and what of it is stored.
///
/// # Errors
///
/// [`CommandError::Internal`] if the machine has no random bytes.
pub fn fresh_token() -> Result<(String, KeySecret), CommandError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| CommandError::Internal(error.to_string()))?;
    Ok(KeySecret::generate(random))
}

impl Engine {
    /// Makes a key of the same account and kind as `by`, and gives its secret, which cannot be had again. It
    /// ends with `by` at the latest. Projects may be named by their aliases.
    ///
    /// The caller has checked that `by` is unlimited.
    ///
    /// # Errors
    ///
    /// [`CommandError::InvalidKeyEnd`], [`CommandError::ProjectNotFound`], [`CommandError::TooManyKeys`].
    pub async fn create_key(
        &self,
        by: &ApiKey,
        name: KeyName,
        rules: KeyRules,
    ) -> Result<(String, ApiKey), CommandError> {
        let now = self.now();
        let expires_at = end_of(by, rules.expires_at, now)?;
        let projects = self.projects_named(&rules.projects).await?;
        let (token, secret) = fresh_token()?;
        let (account_id, by_id) = (by.account_id, by.id);
        let new = NewKey {
            name,
            kind: by.kind,
            rules: KeyRules {
                projects,
                expires_at,
                ..rules
            },
        };
        let made: Result<ApiKey, CommandError> = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let working = keys::count_working(tx, account_id, now).await?;
                    if working >= KEYS_OF_ACCOUNT_MAX {
                        return Err(CommandError::TooManyKeys);
                    }
                    let account = accounts::find(tx, account_id).await?;
                    let account = account.ok_or(CommandError::KeyNotFound)?;
                    Ok(new.make(tx, account, &secret, now).await?)
                })
            })
            .await;
        let key = made?;
        tracing::info!(key = %key.id, by = %by_id, account = %account_id, "key made");
        Ok((token, key))
    }

    /// The own names of projects that are named, perhaps by their aliases.
    async fn projects_named(
        &self,
        names: &[ProjectName],
    ) -> Result<Vec<ProjectName>, CommandError> {
        let mut projects = Vec::with_capacity(names.len());
        for name in names {
            let found = self.find_project(name.as_str()).await?;
            projects.push(found.ok_or(CommandError::ProjectNotFound)?.id);
        }
        Ok(projects)
    }

    /// Ends a key of the account, and its sessions; twice is as once.
    ///
    /// # Errors
    ///
    /// [`CommandError::KeyNotFound`] if the account has no such key.
    pub async fn revoke_key(&self, account_id: AccountId, id: KeyId) -> Result<(), CommandError> {
        let now = self.now();
        let revoked: Result<bool, CommandError> = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    if keys::find_account(tx, id).await? != Some(account_id) {
                        return Err(CommandError::KeyNotFound);
                    }
                    Ok(keys::revoke(tx, id, now).await?)
                })
            })
            .await;
        if revoked? {
            tracing::info!(key = %id, account = %account_id, "key revoked");
        }
        Ok(())
    }
}

/// When a new key ends that is made with another.
fn end_of(
    by: &ApiKey,
    wished: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, CommandError> {
    let refused = |why: &'static str| Err(CommandError::InvalidKeyEnd(why));
    match (wished, by.rules.expires_at) {
        (Some(end), _) if end <= now => refused("it is over already"),
        (Some(end), _) if end > now.plus(KEY_LIFETIME_MAX) => {
            refused("it is more than ten years ahead: leave it out for a key that lasts")
        }
        (Some(end), Some(own)) if end > own => {
            refused("it is later than the end of the key that makes this one")
        }
        (Some(end), _) => Ok(Some(end)),
        (None, own) => Ok(own),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_ends_with_the_one_that_made_it_at_the_latest() {
        let at = Timestamp::from_millis;
        let ends = |own: Option<i64>, wished: Option<i64>| {
            let by = ApiKey {
                id: KeyId::new(Uuid::nil()),
                account_id: AccountId::new(Uuid::nil()),
                email: String::new(),
                name: String::new(),
                kind: KeyKind::User,
                rules: KeyRules {
                    expires_at: own.map(at),
                    ..KeyRules::default()
                },
                created_at: at(0),
                revoked_at: None,
            };
            end_of(&by, wished.map(at), at(10)).ok()
        };
        assert_eq!(ends(None, None), Some(None));
        assert_eq!(ends(Some(50), None), Some(Some(at(50))));
        assert_eq!(ends(Some(50), Some(50)), Some(Some(at(50))));
        assert_eq!(ends(Some(50), Some(51)), None);
        assert_eq!(ends(None, Some(11)), Some(Some(at(11))));
        assert_eq!(ends(None, Some(10)), None);
        assert_eq!(ends(None, Some(i64::MAX)), None);
    }
}
