//! API keys that were looked up within the last second.
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

type Token = [u8; 32];

/// The keys that were looked up within the last second.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<HashMap<Token, Entry>>);

#[derive(Debug)]
struct Entry {
    key: Arc<ApiKey>,
    read_at: Instant,
}

impl KeyCache {
    /// Finds the key behind a token, unless there is none or it was revoked.
    pub(crate) async fn find(
        &self,
        store: &Store,
        token: &str,
    ) -> Result<Option<Arc<ApiKey>>, Error> {
        let hash: Token = Sha256::digest(token.as_bytes()).into();
        // Before the read: what is revoked during it must not count as read after it.
        let now = Instant::now();
        if let Some(key) = self.fresh(&hash, now) {
            return Ok(Some(key));
        }
        let mut reader = store.read().await?;
        let found = find_by_secret(&mut reader, &KeySecret::from_token(token)).await?;
        drop(reader);
        let Some(key) = found.filter(|key| key.revoked_at.is_none()) else {
            return Ok(None);
        };
        let key = Arc::new(key);
        self.keep(
            hash,
            Entry {
                key: Arc::clone(&key),
                read_at: now,
            },
        );
        Ok(Some(key))
    }

    fn fresh(&self, hash: &Token, now: Instant) -> Option<Arc<ApiKey>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(hash)?;
        let age = now.saturating_duration_since(entry.read_at);
        (age < FRESH).then(|| Arc::clone(&entry.key))
    }

    fn keep(&self, hash: Token, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            let now = entry.read_at;
            entries.retain(|_, old| now.saturating_duration_since(old.read_at) < FRESH);
        }
        entries.insert(hash, entry);
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{AccountId, KeyId, KeyKind, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn entry(read_at: Instant) -> Entry {
        let key = ApiKey {
            id: KeyId::new(Uuid::nil()),
            account_id: AccountId::new(Uuid::nil()),
            email: "a@example.com".to_owned(),
            name: "test".to_owned(),
            created_at: Timestamp::from_millis(0),
            revoked_at: None,
        };
        Entry {
            key: Arc::new(key),
            read_at,
        }
    }

    #[test]
    fn an_entry_is_used_for_less_than_a_second() {
        let cache = KeyCache::default();
        let start = Instant::now();
        cache.keep([1; 32], entry(start));
        assert!(
            cache
                .fresh(&[1; 32], start + Duration::from_millis(999))
                .is_some()
        );
        assert!(cache.fresh(&[1; 32], start + FRESH).is_none());
        assert!(cache.fresh(&[2; 32], start).is_none());
    }

    #[test]
            kind: KeyKind::User,
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
