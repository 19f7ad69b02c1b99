//! The keys and sessions that open streams were asked for with, looked at again while the streams last.
//!
//! A stream outlives its request by hours, so that its key held once means little. All streams of a key, or
//! of a session, share one look at its row, which may be used for a second, as long as what `keys` remembers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use outwork_domain::{ApiKey, KeyId, Timestamp};
use outwork_store::{Error, SessionSecret, Store, keys, sessions};
use tokio::time::Instant;

/// How long a look may be used; revocation holds after that.
const FRESH: Duration = Duration::from_secs(1);

/// The keys of all streams that are open.
#[derive(Debug, Default)]
pub(crate) struct WatchedKeys(Mutex<HashMap<Credential, Weak<WatchedKey>>>);

/// What a request came with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Credential {
    /// A key.
    Key(KeyId),
    /// The cookie of a session.
    Session(SessionSecret),
}

/// A key, or a key and its session, as long as a stream lasts that was opened with it.
#[derive(Debug)]
pub(crate) struct WatchedKey {
    credential: Credential,
    last: tokio::sync::Mutex<Option<Look>>,
}

#[derive(Debug)]
struct Look {
    /// None if there is no such key any more, or the session has ended.
    found: Option<ApiKey>,
    at: Instant,
}

impl WatchedKeys {
    /// That key or session, one for all who ask.
    pub(crate) fn watch(&self, credential: Credential) -> Arc<WatchedKey> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = all.get(&credential).and_then(Weak::upgrade) {
            return key;
        }
        all.retain(|_, key| key.strong_count() > 0);
        let key = Arc::new(WatchedKey {
            credential: credential.clone(),
            last: tokio::sync::Mutex::default(),
        });
        all.insert(credential, Arc::downgrade(&key));
        key
    }
}

impl WatchedKey {
    /// Whether it may be used, as of a second ago at most.
    ///
    /// # Errors
    ///
    /// The database's.
    pub(crate) async fn holds(&self, store: &Store, now: Timestamp) -> Result<bool, Error> {
        // Held over the read: who comes meanwhile waits for its answer instead of asking too.
        let mut last = self.last.lock().await;
        let look = match last.take().filter(|look| look.at.elapsed() < FRESH) {
            Some(look) => look,
            None => self.look(store, now).await?,
        };
        let look = last.insert(look);
        Ok(look.found.as_ref().is_some_and(|key| key.is_valid_at(now)))
    }

    async fn look(&self, store: &Store, now: Timestamp) -> Result<Look, Error> {
        // Before the read: what is revoked during it must not count as read after it.
        let at = Instant::now();
        let mut reader = store.read().await?;
        let found = match &self.credential {
            Credential::Key(id) => keys::find_by_id(&mut reader, *id).await?,
            Credential::Session(secret) => sessions::find(&mut reader, secret)
                .await?
                .filter(|session| session.is_valid_at(now))
                .map(|session| session.key),
        };
        Ok(Look { found, at })
    }
}
