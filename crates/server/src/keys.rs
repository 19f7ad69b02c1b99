//! API keys that were looked up lately.
//!
//! A revoked key stops working when its entry is a second old. Entries are found by the SHA-256 of the
//! whole token, so a token never lies in memory longer than its request, and comparing costs an
//! attacker's guesses nothing that they could time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use outwork_domain::ApiKey;
use outwork_store::keys::{KeySecret, find_by_secret};
use outwork_store::{Error, Store};
use sha2::{Digest, Sha256};

/// How long an entry may be used; revocation holds after that.
const FRESH: Duration = Duration::from_secs(1);
/// Entries beyond which the stale ones are dropped.
const ENTRIES_MAX: usize = 1_000;

/// The SHA-256 of a token.
pub(crate) type TokenHash = [u8; 32];

/// The keys that were looked up lately.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<HashMap<TokenHash, Entry>>);

#[derive(Debug)]
struct Entry {
    key: Arc<ApiKey>,
    read_at: Instant,
}

/// What is known of a token without the database.
#[derive(Debug)]
pub(crate) enum Seen {
    /// It was this key less than a second ago.
    Fresh(Arc<ApiKey>),
    /// It was a key when it was last looked up.
    Known(TokenHash),
    /// Nothing.
    Never(TokenHash),
}

impl KeyCache {
    /// Says what is known of a token.
    pub(crate) fn look(&self, token: &str) -> Seen {
        self.look_at(Sha256::digest(token.as_bytes()).into(), Instant::now())
    }

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
        let Some(key) = found.filter(|key| key.revoked_at.is_none()) else {
            self.forget(&hash);
            return Ok(None);
        };
        let key = Arc::new(key);
        self.keep(
            hash,
            Entry {
                key: Arc::clone(&key),
                read_at,
            },
        );
        Ok(Some(key))
    }

    fn look_at(&self, hash: TokenHash, now: Instant) -> Seen {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(&hash) {
            None => Seen::Never(hash),
            Some(entry) if now.saturating_duration_since(entry.read_at) < FRESH => {
                Seen::Fresh(Arc::clone(&entry.key))
            }
            Some(_) => Seen::Known(hash),
        }
    }

    fn keep(&self, hash: TokenHash, entry: Entry) {
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

#[cfg(test)]
mod tests {
    use outwork_domain::{AccountId, KeyId, KeyKind, KeyRules, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn entry(read_at: Instant) -> Entry {
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
            key: Arc::new(key),
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
