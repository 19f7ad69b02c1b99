//! The branches of repositories as they were last told, so that nobody asks a host twice within a moment.
//!
//! A repository is asked by one at a time, however many want to know; who stops waiting stops nobody else, since
//! what was begun is finished and kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use outwork_domain::Repository;
use outwork_domain::limits::{
    BRANCH_LISTS_ASKED_MAX, BRANCH_LISTS_FAILED_FRESH, BRANCH_LISTS_FRESH, BRANCH_LISTS_MAX,
};
use outwork_workspace::{Branches, Error};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, Semaphore};
use tokio::time::Instant;

/// What a repository said, or why it said nothing; all who waited for it get the same.
pub(crate) type Told = Result<Branches, Arc<Error>>;

/// What a repository has told, and until when that is new enough.
type Place = Option<(Told, Instant)>;

/// The branches of the repositories that were asked lately.
pub(crate) struct BranchLists {
    places: Mutex<HashMap<Repository, Arc<AsyncMutex<Place>>>>,
    asking: Arc<Semaphore>,
}

impl Default for BranchLists {
    fn default() -> Self {
        Self {
            places: Mutex::default(),
            asking: Arc::new(Semaphore::new(BRANCH_LISTS_ASKED_MAX)),
        }
    }
}

impl BranchLists {
    /// What the repository said lately, else what it says to `ask`.
    pub(crate) async fn get<A>(&self, repository: &Repository, ask: A) -> Told
    where
        A: Future<Output = Result<Branches, Error>> + Send + 'static,
    {
        let place = self.place(repository).lock_owned().await;
        if let Some((told, until)) = &*place
            && Instant::now() < *until
        {
            return told.clone();
        }
        let asking = Arc::clone(&self.asking);
        let asked = tokio::spawn(async move { ask_for(place, &asking, ask).await });
        asked.await.unwrap_or_else(|error| {
            let words = error.to_string();
            Err(Arc::new(Error::Unavailable { words }))
        })
    }

    fn place(&self, repository: &Repository) -> Arc<AsyncMutex<Place>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= BRANCH_LISTS_MAX && !places.contains_key(repository) {
            let now = Instant::now();
            places.retain(|_, place| is_wanted(place, now));
            // All of them are new: the memory counts more than a question that is asked again.
            if places.len() >= BRANCH_LISTS_MAX {
                places.clear();
            }
        }
        Arc::clone(places.entry(repository.clone()).or_default())
    }
}

/// Whether somebody asks at present, or the answer is still new.
fn is_wanted(place: &AsyncMutex<Place>, now: Instant) -> bool {
    let Ok(place) = place.try_lock() else {
        return true;
    };
    place.as_ref().is_some_and(|(_, until)| now < *until)
}

async fn ask_for(
    mut place: OwnedMutexGuard<Place>,
    asking: &Semaphore,
    ask: impl Future<Output = Result<Branches, Error>>,
) -> Told {
    // The semaphore is never closed; without a place to ask there would only be more questions at once.
    let _permit = asking.acquire().await.ok();
    let told = ask.await.map_err(Arc::new);
    let fresh: Duration = match &told {
        Ok(_) => BRANCH_LISTS_FRESH,
        Err(_) => BRANCH_LISTS_FAILED_FRESH,
    };
    *place = Some((told.clone(), Instant::now() + fresh));
    told
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Clone, Default)]
    struct Host(Arc<AtomicUsize>);

    impl Host {
        /// A question that is answered after a second.
        fn ask(
            &self,
            told: Result<Branches, Error>,
        ) -> impl Future<Output = Result<Branches, Error>> + Send + 'static {
            let host = self.clone();
            async move {
                host.0.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                told
            }
        }

        fn asked(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    fn repository(number: usize) -> Repository {
        format!("https://git.example.com/acme/r{number}")
            .parse()
            .unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_want_to_know_ask_once() {
        let (lists, host, one) = (BranchLists::default(), Host::default(), repository(1));
        let told = || host.ask(Ok(Branches::default()));
        let impatient = Duration::from_millis(10);
        let gone = tokio::time::timeout(impatient, lists.get(&one, told())).await;
        assert!(gone.is_err());
        let (first, second) = tokio::join!(lists.get(&one, told()), lists.get(&one, told()));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(host.asked(), 1);
        tokio::time::advance(BRANCH_LISTS_FRESH).await;
        lists.get(&one, told()).await.unwrap();
        assert_eq!(host.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_kept_for_a_shorter_time() {
        let (lists, host, one) = (BranchLists::default(), Host::default(), repository(1));
        let away = || {
            host.ask(Err(Error::Unavailable {
                words: "away".to_owned(),
            }))
        };
        for _ in 0..2 {
            assert!(lists.get(&one, away()).await.is_err());
        }
        assert_eq!(host.asked(), 1);
        tokio::time::advance(BRANCH_LISTS_FAILED_FRESH).await;
        let back = lists.get(&one, host.ask(Ok(Branches::default()))).await;
        assert!(back.is_ok());
        assert_eq!(host.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_kept_and_so_many_asked_at_once() {
        let (lists, host) = (BranchLists::default(), Host::default());
        let start = Instant::now();
        let all = (0..=BRANCH_LISTS_MAX).map(|number| {
            let (lists, host) = (&lists, &host);
            async move {
                let told = host.ask(Ok(Branches::default()));
                lists.get(&repository(number), told).await.map(drop)
            }
        });
        for one in futures::future::join_all(all).await {
            one.unwrap();
        }
        let secs = (BRANCH_LISTS_MAX + 1).div_ceil(BRANCH_LISTS_ASKED_MAX);
        assert_eq!(start.elapsed().as_secs(), secs as u64);
        assert!(lists.places.lock().unwrap().len() <= BRANCH_LISTS_MAX);
    }
}
