//! Signs browsers in and out.

use outwork_domain::limits::SESSION_TTL;
use outwork_domain::{AccountId, ApiKey, KeyId};
use outwork_store::{Session, SessionSecret, sessions};

use super::CommandError;
use crate::Engine;

/// Whose sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsOf {
    /// Those of one key.
    Key(KeyId),
    /// Those of all keys of an account.
    Account(AccountId),
}

impl Engine {
    /// Begins a session of a key, and ends the one that the same browser had. It lasts 30 days, and not
    /// longer than the key. Gives what the browser's cookie is to hold; it cannot be had again.
    ///
    /// The caller has checked that the key holds.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn begin_session(
        &self,
        key: ApiKey,
        before: Option<SessionSecret>,
    ) -> Result<(String, Session), CommandError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| CommandError::Internal(error.to_string()))?;
        let (cookie, secret) = SessionSecret::generate(random);
        let now = self.now();
        let whole = now.plus(SESSION_TTL);
        let end = key.rules.expires_at;
        let session = Session {
            key,
            created_at: now,
            expires_at: end.map_or(whole, |end| end.min(whole)),
        };
        let stored = session.clone();
        let written: Result<(), CommandError> = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    sessions::delete_expired(tx, now).await?;
                    if let Some(before) = &before {
                        sessions::delete(tx, before).await?;
                    }
                    sessions::insert(tx, &stored, &secret).await?;
                    Ok(())
                })
            })
            .await;
        written?;
        let (key, account) = (session.key.id, session.key.account_id);
        tracing::info!(%key, %account, "a browser signed in");
        Ok((cookie, session))
    }

    /// Ends a session, if it is there.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn end_session(&self, secret: SessionSecret) -> Result<(), CommandError> {
        let ended: Result<bool, CommandError> = self
            .inner
            .store
            .write(move |tx| Box::pin(async move { Ok(sessions::delete(tx, &secret).await?) }))
            .await;
        ended.map(drop)
    }

    /// Ends all sessions of a key, or of an account.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn end_sessions(&self, of: SessionsOf) -> Result<(), CommandError> {
        let ended: Result<(), CommandError> = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    match of {
                        SessionsOf::Key(id) => sessions::delete_of_key(tx, id).await?,
                        SessionsOf::Account(id) => sessions::delete_of_account(tx, id).await?,
                    }
                    Ok(())
                })
            })
            .await;
        ended
    }
}
