//! Makes a token with which a service acts as a user for an hour.

use outwork_domain::limits::SUB_TOKEN_TTL;
use outwork_domain::{ApiKey, KeyId, KeyKind, Timestamp, UserNumber};
use outwork_store::accounts::UserReference;
use outwork_store::{KeySecret, Tx, accounts, keys, new_id};

use super::CommandError;
use super::once::{Once, Receipt};
use crate::Engine;

/// A token that was made. It cannot be had again but by the receipt of its request.
pub struct SubToken {
    /// What its holder sends as an API key.
    pub access_token: String,
    /// From when on it no longer works.
    pub expires_at: Timestamp,
    /// Whom it acts as.
    pub user: UserNumber,
}

impl Engine {
    /// Makes a token that acts as an active user and ends with the service's key.
    ///
    /// The caller has checked that `service` is the key of a service.
    ///
    /// # Errors
    ///
    /// [`CommandError::UserNotFound`].
    pub async fn create_sub_token(
        &self,
        service: KeyId,
        user: UserReference,
        receipt: Option<Receipt<SubToken>>,
    ) -> Result<Once<SubToken>, CommandError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| CommandError::Internal(error.to_string()))?;
        let (access_token, secret) = KeySecret::generate(random);
        let now = self.now();
        let mint = Mint {
            service,
            user,
            secret,
            now,
        };
        let minted = self.write_once(receipt, move |tx| {
            Box::pin(async move { mint.store(tx, access_token).await })
        });
        minted.await
    }
}

struct Mint {
    service: KeyId,
    user: UserReference,
    secret: KeySecret,
    now: Timestamp,
}

impl Mint {
    async fn store(self, tx: &mut Tx, access_token: String) -> Result<SubToken, CommandError> {
        keys::delete_expired(tx, self.now).await?;
        let found = accounts::find_active_user(tx, &self.user).await?;
        let (account, user) = found.ok_or(CommandError::UserNotFound)?;
        let expires_at = self.now.plus(SUB_TOKEN_TTL);
        let key = ApiKey {
            id: KeyId::new(new_id(self.now)),
            account_id: account.id,
            email: account.email,
            name: format!("sub-token of {}", self.service),
            kind: KeyKind::Delegated {
                by: self.service,
                until: expires_at,
            },
            created_at: self.now,
            revoked_at: None,
        };
        keys::insert(tx, &key, &self.secret).await?;
        tracing::info!(service = %self.service, account = %account.id, "sub-token made");
        Ok(SubToken {
            access_token,
            expires_at,
            user,
        })
    }
}
