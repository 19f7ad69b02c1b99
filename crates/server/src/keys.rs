//! API keys and sessions that were looked up lately.
//!
//! A revoked key stops working when its entry is a second old, and so does a session that ended elsewhere.
//! Entries are found by the SHA-256 of the whole token, so a token never lies in memory longer than its
//! request, and comparing costs an attacker's guesses nothing that they could time. Keys and sessions are two
//! lists: what a cookie holds is no key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use outwork_domain::{ApiKey, Timestamp};
use outwork_engine::SessionsOf;
use outwork_store::keys::{KeySecret, find_by_secret};
use outwork_store::{Error, Session, SessionSecret, Store, sessions};
use sha2::{Digest, Sha256};

/// How long an entry may be used; revocation holds after that.
const FRESH: Duration = Duration::from_secs(1);
/// Entries beyond which the stale ones are dropped.
const ENTRIES_MAX: usize = 1_000;

/// The SHA-256 of a token.
pub(crate) type TokenHash = [u8; 32];

/// The keys that were looked up lately.
pub(crate) type KeyCache = Lately<ApiKey>;
/// The sessions that were.
pub(crate) type SessionCache = Lately<SignedIn>;

/// What was looked up lately, by the hash of its token.
#[derive(Debug)]
pub(crate) struct Lately<T>(Mutex<HashMap<TokenHash, Entry<T>>>);

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Debug)]
struct Entry<T> {
    found: Arc<T>,
    read_at: Instant,
}

/// A browser that is signed in, and what its cookie must hold.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) key: Arc<ApiKey>,
    pub(crate) secret: SessionSecret,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl SignedIn {
    fn of(session: Session, secret: SessionSecret) -> Self {
        Self {
            key: Arc::new(session.key),
            secret,
            created_at: session.created_at,
            expires_at: session.expires_at,
        }
    }
}

/// What is known of a token without the database.
#[derive(Debug)]
pub(crate) enum Seen<T> {
    /// It was this less than a second ago.
    Fresh(Arc<T>),
    /// It was good when it was last looked up.
    Known(TokenHash),
    /// Nothing.
    Never(TokenHash),
}

impl<T> Lately<T> {
    /// Says what is known of a token.
    pub(crate) fn look(&self, token: &str) -> Seen<T> {
        self.look_at(hash_of(token), Instant::now())
    }

    /// Forgets a token.
    pub(crate) fn forget_token(&self, token: &str) {
        self.forget(&hash_of(token));
    }

    fn look_at(&self, hash: TokenHash, now: Instant) -> Seen<T> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(&hash) {
            None => Seen::Never(hash),
            Some(entry) if now.saturating_duration_since(entry.read_at) < FRESH => {
                Seen::Fresh(Arc::clone(&entry.found))
            }
            Some(_) => Seen::Known(hash),
        }
    }

    /// Keeps what was found, or forgets what is gone.
    fn note(&self, hash: TokenHash, found: Option<T>, read_at: Instant) -> Option<Arc<T>> {
        let Some(found) = found.map(Arc::new) else {
            self.forget(&hash);
            return None;
        };
        let entry = Entry {
            found: Arc::clone(&found),
            read_at,
        };
        self.keep(hash, entry);
        Some(found)
    }

    fn keep(&self, hash: TokenHash, entry: Entry<T>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            let now = entry.read_at;
            entries.retain(|_, old| now.saturating_duration_since(old.read_at) < FRESH);
        }
        entries.insert(hash, entry);
    }

    fn forget(&self, hash: &TokenHash) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(hash);
    }
}

impl KeyCache {
    /// Reads the key behind a token, unless there is none or it was revoked; whether it has expired is for
    /// the caller to judge.
    pub(crate) async fn read(
        &self,
        store: &Store,
        token: &str,
        hash: TokenHash,
    ) -> Result<Option<Arc<ApiKey>>, Error> {
        // Before the read: what is revoked during it must not count as read after it.
        let read_at = Instant::now();
        let mut reader = store.read().await?;
        let found = find_by_secret(&mut reader, &KeySecret::from_token(token)).await?;
        drop(reader);
        let found = found.filter(|key| key.revoked_at.is_none());
        Ok(self.note(hash, found, read_at))
    }
}

impl SessionCache {
    /// Reads the session of a cookie, under the same conditions.
    pub(crate) async fn read(
        &self,
        store: &Store,
        cookie: &str,
        hash: TokenHash,
    ) -> Result<Option<Arc<SignedIn>>, Error> {
        let read_at = Instant::now();
        let secret = SessionSecret::from_cookie(cookie);
        let mut reader = store.read().await?;
        let found = sessions::find(&mut reader, &secret).await?;
        drop(reader);
        let found = found.map(|session| SignedIn::of(session, secret));
        Ok(self.note(hash, found, read_at))
    }

    /// Forgets sessions that ended. Those of others stay known: who is forgotten is a stranger, and strangers are
    /// refused where wrong keys came from.
    pub(crate) fn forget_sessions_of(&self, of: SessionsOf) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| {
            let key = &entry.found.key;
            match of {
                SessionsOf::Key(id) => key.id != id,
                SessionsOf::Account(id) => key.account_id != id,
            }
        });
    }

    /// Keeps a session that has just begun: whoever signed in is no stranger, wherever guesses come from.
    pub(crate) fn begun(&self, cookie: &str, session: Session) {
        let signed_in = SignedIn::of(session, SessionSecret::from_cookie(cookie));
        self.note(hash_of(cookie), Some(signed_in), Instant::now());
    }
}

fn hash_of(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use outwork_domain::{AccountId, KeyId, KeyKind, KeyRules};
    use uuid::Uuid;

    use super::*;

    fn entry(read_at: Instant) -> Entry<ApiKey> {
        let key = ApiKey {
            id: KeyId::new(Uuid::nil()),
            account_id: AccountId::new(Uuid::nil()),
            email: "a@example.com".to_owned(),
            name: "test".to_owned(),
            kind: KeyKind::User,
            rules: KeyRules::default(),
            created_at: Timestamp::from_millis(0),
            revoked_at: None,
        };
        Entry {
            found: Arc::new(key),
            read_at,
        }
    }

    #[test]
    fn an_entry_is_used_for_less_than_a_second_and_known_for_longer() {
        let cache = KeyCache::default();
        let start = Instant::now();
        cache.keep([1; 32], entry(start));
        let just_before = start + Duration::from_millis(999);
        assert!(matches!(
            cache.look_at([1; 32], just_before),
            Seen::Fresh(_)
        ));
        assert!(matches!(
            cache.look_at([1; 32], start + FRESH),
            Seen::Known(_)
        ));
        assert!(matches!(cache.look_at([2; 32], start), Seen::Never(_)));
        cache.forget(&[1; 32]);
        assert!(matches!(cache.look_at([1; 32], start), Seen::Never(_)));
    }

    #[test]
    fn stale_entries_make_room() {
        let cache = KeyCache::default();
        let start = Instant::now();
        for n in 0..ENTRIES_MAX {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&n.to_le_bytes());
            cache.keep(hash, entry(start));
        }
        cache.keep([255; 32], entry(start + FRESH));
        assert_eq!(cache.0.lock().unwrap().len(), 1);
    }
}
