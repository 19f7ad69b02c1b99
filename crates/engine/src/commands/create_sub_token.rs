//! Makes a token with which a service acts as a user for an hour.

use outwork_domain::limits::SUB_TOKEN_TTL;
use outwork_domain::{ApiKey, KeyId, KeyKind, KeyRules, Timestamp, UserNumber};
use outwork_store::accounts::UserReference;
use outwork_store::{KeySecret, Tx, accounts, keys, new_id};

use super::CommandError;
use super::keys::fresh_token;
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
    /// Makes a token that acts as an active user, ends with the service's key, and may be used for no
    /// more than that.
    ///
    /// The caller has checked that `service` is the key of a service.
    ///
    /// # Errors
    ///
    /// [`CommandError::UserNotFound`].
    pub async fn create_sub_token(
        &self,
        service: &ApiKey,
        user: UserReference,
        receipt: Option<Receipt<SubToken>>,
    ) -> Result<Once<SubToken>, CommandError> {
        let (access_token, secret) = fresh_token()?;
        let now = self.now();
        let an_hour = now.plus(SUB_TOKEN_TTL);
        let end = service.rules.expires_at;
        let expires_at = end.map_or(an_hour, |end| end.min(an_hour));
        let mint = Mint {
            service: service.clone(),
            expires_at,
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
    service: ApiKey,
    user: UserReference,
    secret: KeySecret,
    now: Timestamp,
    expires_at: Timestamp,
}

impl Mint {
    async fn store(self, tx: &mut Tx, access_token: String) -> Result<SubToken, CommandError> {
        keys::delete_expired(tx, self.now).await?;
        let found = accounts::find_active_user(tx, &self.user, self.now).await?;
        let (account, user) = found.ok_or(CommandError::UserNotFound)?;
        let service = self.service.id;
        let key = ApiKey {
            id: KeyId::new(new_id(self.now)),
            account_id: account.id,
            email: account.email,
            name: format!("sub-token of {service}"),
            kind: KeyKind::Delegated { by: service },
            // Those of the service, until the token's end.
            rules: KeyRules {
                expires_at: Some(self.expires_at),
                ..self.service.rules
            },
            created_at: self.now,
            revoked_at: None,
        };
        keys::insert(tx, &key, &self.secret).await?;
        tracing::info!(%service, account = %account.id, "sub-token made");
        Ok(SubToken {
            access_token,
            expires_at: self.expires_at,
            user,
        })
    }
}
