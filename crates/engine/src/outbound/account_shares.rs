//! A share for each account of something that all accounts have together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use outwork_domain::AccountId;
use tokio::sync::Semaphore;

/// The shares; an account that uses nothing costs nothing.
#[derive(Debug)]
pub(super) struct AccountShares {
    each: usize,
    of_accounts: Mutex<HashMap<AccountId, Weak<Semaphore>>>,
}

impl AccountShares {
    /// Shares of that many places each.
    pub(super) fn new(each: usize) -> Self {
        Self {
            each,
            of_accounts: Mutex::default(),
        }
    }

    /// The share of an account.
    pub(super) fn of(&self, account_id: AccountId) -> Arc<Semaphore> {
        let mut all = self
            .of_accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = all.get(&account_id).and_then(Weak::upgrade) {
            return places;
        }
        all.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.each));
        all.insert(account_id, Arc::downgrade(&places));
        places
    }
}
