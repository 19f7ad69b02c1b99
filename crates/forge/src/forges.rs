//! Which forge keeps a repository.

use std::fmt;
use std::sync::Arc;

use outwork_domain::{PullRequestNumber, Repository};

use crate::forge::Forge;

/// All forges of a server; clones share them, and show their names in `Debug`.
#[derive(Clone)]
pub struct Forges {
    hosted: Arc<[Arc<dyn Forge>]>,
    other: Arc<dyn Forge>,
}

impl Forges {
    /// Those that are configured, and the one for repositories that none of them keeps.
    #[must_use]
    pub fn new(hosted: Vec<Arc<dyn Forge>>, other: Arc<dyn Forge>) -> Self {
        Self {
            hosted: hosted.into(),
            other,
        }
    }

    /// The forge that keeps a repository.
    #[must_use]
    pub fn of(&self, repository: &Repository) -> &Arc<dyn Forge> {
        self.hosted_of(repository).unwrap_or(&self.other)
    }

    /// The configured forge that keeps a repository; none if Outwork keeps its pull requests itself.
    #[must_use]
    pub fn hosted_of(&self, repository: &Repository) -> Option<&Arc<dyn Forge>> {
        self.hosted.iter().find(|forge| forge.keeps(repository))
    }

    /// The configured forge of that name.
    #[must_use]
    pub fn find_by_name(&self, name: &str) -> Option<&Arc<dyn Forge>> {
        self.hosted.iter().find(|forge| forge.name() == name)
    }

    /// The configured forges.
    #[must_use]
    pub fn hosted(&self) -> &[Arc<dyn Forge>] {
        &self.hosted
    }

    /// Which pull request an address means, and who keeps it.
    #[must_use]
    pub fn locate(&self, url: &str) -> Option<(&Arc<dyn Forge>, Repository, PullRequestNumber)> {
        self.hosted.iter().chain([&self.other]).find_map(|forge| {
            let (repository, number) = forge.locate(url)?;
            Some((forge, repository, number))
        })
    }
}

impl fmt::Debug for Forges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.hosted.iter().chain([&self.other]);
        f.debug_list()
            .entries(all.map(|forge| forge.name()))
            .finish()
    }
}
