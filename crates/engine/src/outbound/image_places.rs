//! Places for images in memory: of all prompts together, and of each account a share of them.
//!
//! A prompt takes all its places at once and keeps them until it is stored. It waits a moment for them,
//! first among the prompts of its own account, so that one account's prompts cannot keep others out.

use std::sync::Arc;

use outwork_domain::AccountId;
use outwork_domain::limits::{IMAGE_PLACE_WAIT, IMAGES_FETCHED_MAX, IMAGES_FETCHED_OF_ACCOUNT_MAX};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::account_shares::AccountShares;

/// The places.
#[derive(Debug)]
pub(super) struct ImagePlaces {
    all: Arc<Semaphore>,
    of_accounts: AccountShares,
}

/// Places that a prompt has until this is dropped.
#[derive(Debug)]
pub struct HeldPlaces {
    _of_account: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for ImagePlaces {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(IMAGES_FETCHED_MAX)),
            of_accounts: AccountShares::new(IMAGES_FETCHED_OF_ACCOUNT_MAX),
        }
    }
}

impl ImagePlaces {
    /// Takes places for that many images; none if others have them for too long.
    pub(super) async fn take(&self, account_id: AccountId, count: usize) -> Option<HeldPlaces> {
        let count = u32::try_from(count).ok()?;
        let of_account = self.of_accounts.of(account_id);
        let taking = async {
            let of_account = of_account.acquire_many_owned(count).await.ok()?;
            let of_all = Arc::clone(&self.all).acquire_many_owned(count).await.ok()?;
            Some(HeldPlaces {
                _of_account: of_account,
                _of_all: of_all,
            })
        };
        timeout(IMAGE_PLACE_WAIT, taking).await.ok()?
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_account_gets_its_share_and_leaves_the_others_theirs() {
        let places = ImagePlaces::default();
        let (one, other) = (
            AccountId::new(Uuid::new_v4()),
            AccountId::new(Uuid::new_v4()),
        );
        let first = places.take(one, 5).await.unwrap();
        let _second = places.take(one, 5).await.unwrap();
        assert!(places.take(one, 1).await.is_none(), "its share is taken");
        let _others = places.take(other, 5).await.unwrap();
        drop(first);
        let _again = places.take(one, 5).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn all_together_have_only_so_many() {
        let places = ImagePlaces::default();
        let mut held = Vec::new();
        let each = IMAGES_FETCHED_OF_ACCOUNT_MAX;
        for _ in 0..IMAGES_FETCHED_MAX / each {
            let account = AccountId::new(Uuid::new_v4());
            held.push(places.take(account, each).await.unwrap());
        }
        let late = AccountId::new(Uuid::new_v4());
        assert!(places.take(late, 1).await.is_none());
        held.pop();
        assert!(places.take(late, 1).await.is_some());
    }
}
