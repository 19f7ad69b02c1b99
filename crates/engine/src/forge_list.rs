//! What the credentials of a forge reach: a copy of the forge's own list, page by page, in the store and
//! in memory.
//!
//! Whoever asks gets the copy; it is read again behind everybody, and never spends what work needs of
//! the forge's limits. A refresh that has to wait goes on at the page where it stopped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use outwork_domain::limits::{FORGE_LIST_PAGES_MAX, FORGE_LIST_RESERVE};
use outwork_domain::{Class, Repository};
use outwork_forge::{Error as ForgeError, Forge, Page, PageRequest, Quota, RepositoryPage};
use outwork_store::{ForgePage, Store, forge_pages};
use tokio::sync::Notify;
use tracing::info;

/// How far a refresh came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// To the end of the list.
    Complete,
    /// As far as the forge's limits allow; there is room again after that time.
    Later(Duration),
}

/// Why a list could not be read again; the copy stays.
#[derive(Debug, thiserror::Error)]
pub enum RefreshFault {
    /// The forge did not give it.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The copy cannot be kept.
    #[error(transparent)]
    Store(#[from] outwork_store::Error),
}

/// The list of one forge.
pub(crate) struct ForgeList {
    forge: Arc<dyn Forge>,
    copy: Mutex<Known>,
    /// Held by whoever reads it again.
    walk: tokio::sync::Mutex<Walk>,
    /// Rung when it is known to have changed.
    pub(crate) changed: Notify,
}

/// The pages as they were last read.
#[derive(Default)]
struct Known {
    pages: Vec<ForgePage>,
    standing: Standing,
    /// Raised by each change.
    version: u64,
}

#[derive(Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Unread,
    /// What the store had is here.
    Read,
}

/// Where a refresh is.
#[derive(Default)]
struct Walk {
    /// The page that is next.
    number: u32,
    /// How the forge names it.
    cursor: Option<String>,
    marks: Marks,
}

/// Whether the forge is told what we have, so that it need not send what did not change.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Marks {
    #[default]
    Told,
    /// The copy leads nowhere any more, such as to an installation that is gone.
    Kept,
}

impl ForgeList {
    pub(crate) fn of(forge: Arc<dyn Forge>) -> Self {
        Self {
            forge,
            copy: Mutex::default(),
            walk: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.forge.name()
    }

    /// Changes with the list.
    pub(crate) fn version(&self) -> u64 {
        self.copy().version
    }

    /// Hands each repository to somebody, in the forge's order.
    pub(crate) fn each(&self, mut take: impl FnMut(&Repository)) {
        let copy = self.copy();
        let all = copy.pages.iter().flat_map(|page| &page.repositories);
        all.for_each(&mut take);
    }

    /// Takes what the store has, unless that was done.
    pub(crate) async fn recall(&self, store: &Store) -> Result<(), outwork_store::Error> {
        if self.copy().standing == Standing::Read {
            return Ok(());
        }
        let pages = self.stored(store).await?;
        let mut copy = self.copy();
        if copy.standing == Standing::Unread {
            copy.standing = Standing::Read;
            copy.pages = pages;
            copy.version += 1;
        }
        drop(copy);
        Ok(())
    }

    /// The pages in the store; those that cannot be of this forge, or not be read, are taken out there.
    async fn stored(&self, store: &Store) -> Result<Vec<ForgePage>, outwork_store::Error> {
        let mut reader = store.read().await?;
        let pages = forge_pages::list(&mut reader, self.name()).await;
        drop(reader);
        let why = match pages {
            Ok(pages) if self.is_ours(&pages) => return Ok(pages),
            Ok(_) => "under this name there was another forge".to_owned(),
            Err(error) if error.is_of_rows() => error.to_string(),
            Err(error) => return Err(error),
        };
        info!(
            forge = self.name(),
            why, "the list of repositories is read from its beginning"
        );
        self.cut(store, 0).await?;
        Ok(Vec::new())
    }

    fn is_ours(&self, pages: &[ForgePage]) -> bool {
        pages.iter().zip(0..).all(|(page, place)| {
            let mut all = page.repositories.iter();
            page.number == place && all.all(|one| self.forge.keeps(one))
        })
    }

    /// Reads the list again, as far as the forge's limits allow.
    ///
    /// # Errors
    ///
    /// [`RefreshFault`]; what was read until then is kept, and the next call goes on from there.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<Refreshed, RefreshFault> {
        self.recall(store).await?;
        let mut walk = self.walk.lock().await;
        loop {
            let quota = match self.step(store, &walk).await {
                Ok((Some(cursor), quota)) if walk.number + 1 < FORGE_LIST_PAGES_MAX => {
                    walk.number += 1;
                    walk.cursor = Some(cursor);
                    quota
                }
                Ok(_) => {
                    self.end_at(store, walk.number + 1).await?;
                    *walk = Walk::default();
                    return Ok(Refreshed::Complete);
                }
                Err(RefreshFault::Forge(error)) if leads_nowhere(&error, &walk) => {
                    let forge = self.name();
                    info!(forge, %error, "the list of repositories is read from its beginning");
                    *walk = Walk {
                        marks: Marks::Kept,
                        ..Walk::default()
                    };
                    continue;
                }
                Err(fault) => {
                    if matches!(&fault, RefreshFault::Forge(error) if error.class() != Class::Retry)
                    {
                        *walk = Walk::default();
                    }
                    return Err(fault);
                }
            };
            if let Some(wait) = quota.and_then(wait_for) {
                return Ok(Refreshed::Later(wait));
            }
        }
    }

    /// Reads one page; gives the next one's name, and what is left of the forge's limits.
    async fn step(
        &self,
        store: &Store,
        walk: &Walk,
    ) -> Result<(Option<String>, Option<Quota>), RefreshFault> {
        let known = self.page(walk.number);
        // The last page says by its end alone that nothing follows, so it is always read.
        let marked = known.as_ref().filter(|page| page.next.is_some());
        let etag = match walk.marks {
            Marks::Told => marked.and_then(|page| page.etag.clone()),
            Marks::Kept => None,
        };
        let request = PageRequest {
            cursor: walk.cursor.as_deref(),
            etag: etag.as_deref(),
        };
        match self.forge.list_repositories(&request).await? {
            RepositoryPage::Unchanged { quota } => Ok((known.and_then(|page| page.next), quota)),
            RepositoryPage::Changed(page) => {
                let (next, quota) = (page.next.clone(), page.quota);
                let page = kept(walk.number, page);
                if known.as_ref() != Some(&page) {
                    self.put(store, page).await?;
                }
                Ok((next, quota))
            }
        }
    }

    fn page(&self, number: u32) -> Option<ForgePage> {
        self.copy().pages.get(place_of(number)).cloned()
    }

    async fn put(&self, store: &Store, page: ForgePage) -> Result<(), outwork_store::Error> {
        let (forge, row) = (self.name().to_owned(), page.clone());
        let put = store.write_later(move |tx| {
            Box::pin(async move { forge_pages::put(tx, &forge, &row).await })
        });
        put.await?;
        let mut copy = self.copy();
        match copy.pages.get_mut(place_of(page.number)) {
            Some(known) => *known = page,
            // One after the other, so this is its place.
            None => copy.pages.push(page),
        }
        copy.version += 1;
        drop(copy);
        Ok(())
    }

    /// Forgets the pages behind the last one.
    async fn end_at(&self, store: &Store, count: u32) -> Result<(), outwork_store::Error> {
        if self.page(count).is_none() {
            return Ok(());
        }
        self.cut(store, count).await?;
        let mut copy = self.copy();
        copy.pages.truncate(place_of(count));
        copy.version += 1;
        drop(copy);
        Ok(())
    }

    async fn cut(&self, store: &Store, from: u32) -> Result<(), outwork_store::Error> {
        let forge = self.name().to_owned();
        let cut = store.write_later(move |tx| {
            Box::pin(async move { forge_pages::cut(tx, &forge, from).await })
        });
        cut.await
    }

    fn copy(&self) -> std::sync::MutexGuard<'_, Known> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kept(number: u32, page: Page) -> ForgePage {
    let facts = page.repositories.into_iter();
    ForgePage {
        number,
        next: page.next,
        etag: page.etag,
        repositories: facts.map(|one| one.repository).collect(),
    }
}

/// Whether a page is refused that only the copy led to.
fn leads_nowhere(error: &ForgeError, walk: &Walk) -> bool {
    walk.number > 0 && walk.marks == Marks::Told && error.class() != Class::Retry
}

/// How long to wait if no more than what work may need is left.
fn wait_for(quota: Quota) -> Option<Duration> {
    let reserve = quota.limit.map_or(0, |limit| limit / FORGE_LIST_RESERVE);
    (quota.remaining <= reserve).then_some(quota.reset_in)
}

fn place_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
