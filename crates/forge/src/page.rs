//! One page of the repositories that our credentials reach.

use std::time::Duration;

use crate::repository::RepositoryFacts;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageRequest<'a> {
    /// What the page before named as the next one; the first page if absent.
    pub cursor: Option<&'a str>,
    /// What the same page was marked with the last time: a page that did not change since is not sent
    /// again, which most forges do not count against their limits.
    pub etag: Option<&'a str>,
}

/// One page, or the word that it did not change.
#[derive(Clone, Debug, PartialEq)]
pub enum RepositoryPage {
    /// It is as it was when it bore that mark.
    Unchanged {
        /// What is left of the forge's limits.
        quota: Option<Quota>,
    },
    /// Here it is.
    Changed(Page),
}

/// A page of repositories.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// At most 100; those whose address we do not understand are left out.
    pub repositories: Vec<RepositoryFacts>,
    /// The next page, if there is one.
    pub next: Option<String>,
    /// What marks this page as it is, if the forge does that.
    pub etag: Option<String>,
    /// What is left of the forge's limits.
    pub quota: Option<Quota>,
}

/// What is left of a forge's limit on requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests in all until it is full again, if it tells.
    pub limit: Option<u64>,
    /// Requests until it is used up.
    pub remaining: u64,
    /// How long until it is full again, by the forge's own clock.
    pub reset_in: Duration,
}
