//! The list of repositories that agents can work on: the local ones as they were last read, and what the
//! forges list.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use outwork_domain::Repository;
use outwork_forge::Forges;

use crate::forge_list::ForgeList;

/// The latest lists.
pub(crate) struct RepositoryList {
    local: Mutex<Option<(Arc<[Repository]>, Instant)>>,
    /// Held by whoever reads the local ones anew.
    pub(crate) reading: Arc<tokio::sync::Mutex<()>>,
    /// One of each forge, in the order of the configuration.
    pub(crate) of_forges: Vec<Arc<ForgeList>>,
    all: Mutex<Option<Put>>,
}

/// All of them as one list, and what it was put together from.
struct Put {
    local: Arc<[Repository]>,
    versions: Vec<u64>,
    list: Arc<[Repository]>,
}

impl RepositoryList {
    pub(crate) fn of(forges: &Forges) -> Self {
        let lists = forges.hosted().iter().map(Arc::clone);
        Self {
            local: Mutex::default(),
            reading: Arc::default(),
            of_forges: lists.map(ForgeList::of).map(Arc::new).collect(),
            all: Mutex::default(),
        }
    }

    /// The local list, and when it was read.
    pub(crate) fn latest(&self) -> Option<(Arc<[Repository]>, Instant)> {
        let latest = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
    }

    /// Takes a local list that was just read, and gives the one that stands for it from now on.
    pub(crate) fn keep(&self, list: Vec<Repository>) -> Arc<[Repository]> {
        let mut latest = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        let same = latest.take().filter(|(known, _)| **known == *list);
        let list = same.map_or_else(|| list.into(), |(known, _)| known);
        *latest = Some((Arc::clone(&list), Instant::now()));
        list
    }

    /// These and those of the forges, each once.
    pub(crate) fn with_forges(&self, local: &Arc<[Repository]>) -> Arc<[Repository]> {
        if self.of_forges.is_empty() {
            return Arc::clone(local);
        }
        let versions: Vec<u64> = self.of_forges.iter().map(|list| list.version()).collect();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(put) = &*all
            && Arc::ptr_eq(&put.local, local)
            && put.versions == versions
        {
            return Arc::clone(&put.list);
        }
        let list: Arc<[Repository]> = self.put_together(local).into();
        *all = Some(Put {
            local: Arc::clone(local),
            versions,
            list: Arc::clone(&list),
        });
        list
    }

    fn put_together(&self, local: &[Repository]) -> Vec<Repository> {
        let mut seen: HashSet<Repository> = local.iter().cloned().collect();
        let mut list = local.to_vec();
        for forge in &self.of_forges {
            forge.each(|repository| {
                // A list that changes while it is read may show one on two pages.
                if seen.insert(repository.clone()) {
                    list.push(repository.clone());
                }
            });
        }
        list
    }
}
