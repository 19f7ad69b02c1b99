//! Changes that were computed lately. Two commits never differ otherwise than they did, so that what is here
//! needs no end but that of its room.

use std::sync::Arc;

use outwork_domain::limits::{CHANGE_SETS_BYTES_MAX, DIFF_BYTES_MAX};
use outwork_domain::{CommitId, Repository};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// The difference between where work started and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// As a unified diff.
    pub patch: String,
    /// The commit that it applies to.
    pub base: CommitId,
    /// The first line of the newest commit's message.
    pub message: String,
}

/// Which change: of that repository, from one commit to another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) repository: Repository,
    pub(crate) base: CommitId,
    pub(crate) head: CommitId,
}

/// A change, or that there is none to show.
type Found = Option<Arc<ChangeSet>>;

/// The changes that were asked for lately.
pub(crate) struct ChangeSets(Cache<Span, Found, Bytes>);

#[derive(Clone)]
struct Bytes;

impl Weighter<Span, Found> for Bytes {
    fn weight(&self, _: &Span, found: &Found) -> u64 {
        /// What an entry takes beside its texts, generously.
        const ENTRY: usize = 1_024;
        let texts = found
            .as_ref()
            .map_or(0, |change| change.patch.len() + change.message.len());
        u64::try_from(texts.saturating_add(ENTRY)).unwrap_or(u64::MAX)
    }
}

impl Default for ChangeSets {
    fn default() -> Self {
        let bytes_max = u64::try_from(CHANGE_SETS_BYTES_MAX).unwrap_or(u64::MAX);
        // So few that the room is not divided: a part of it might hold none of the largest.
        let of_the_largest = CHANGE_SETS_BYTES_MAX / DIFF_BYTES_MAX;
        Self(Cache::with_weighter(of_the_largest, bytes_max, Bytes))
    }
}

impl ChangeSets {
    /// What is known, else what `compute` gives; who asks meanwhile waits for it.
    pub(crate) async fn get<E>(
        &self,
        span: &Span,
        compute: impl Future<Output = Result<Found, E>>,
    ) -> Result<Found, E> {
        self.0.get_or_insert_async(span, compute).await
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn span(number: usize) -> Span {
        Span {
            repository: "https://github.com/acme/tools".parse().unwrap(),
            base: "0".repeat(40).parse().unwrap(),
            head: format!("{number:040x}").parse().unwrap(),
        }
    }

    fn change(bytes: usize) -> Found {
        Some(Arc::new(ChangeSet {
            patch: "x".repeat(bytes),
            base: "0".repeat(40).parse().unwrap(),
            message: String::new(),
        }))
    }

    async fn give(found: Found) -> Result<Found, Infallible> {
        Ok(found)
    }

    #[tokio::test]
    async fn what_was_computed_is_kept_whatever_its_size() {
        let kept = ChangeSets::default();
        let found = [None, change(5), change(DIFF_BYTES_MAX)];
        for (number, found) in found.iter().enumerate() {
            kept.get(&span(number), give(found.clone())).await.unwrap();
        }
        for (number, found) in found.iter().enumerate() {
            let again = kept.get(&span(number), give(change(1))).await.unwrap();
            assert_eq!(again, *found);
        }
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let kept = ChangeSets::default();
        let failed = kept.get(&span(1), async { Err("away") }).await;
        assert_eq!(failed, Err("away"));
        assert_eq!(kept.get(&span(1), give(None)).await, Ok(None));
    }

    #[tokio::test]
    async fn there_is_an_end_of_the_room() {
        let kept = ChangeSets::default();
        for number in 0..40 {
            let found = change(DIFF_BYTES_MAX / 2);
            kept.get(&span(number), give(found)).await.unwrap();
            let bytes_max = u64::try_from(CHANGE_SETS_BYTES_MAX).unwrap();
            assert!(kept.0.weight() <= bytes_max);
        }
        assert!(kept.0.len() > 1);
    }
}
