//! Pull requests for repositories without a forge: kept in the store, read on our own pages.

use std::sync::Arc;

use async_trait::async_trait;
use outwork_domain::{PullRequest, PullRequestNumber, Repository, Scheme};
use outwork_forge::{
    At, Draft, Error, Forge, Found, Head, HeadAccess, HeadMoved, Revision, Wanted,
};
use outwork_store::{Store, pull_requests};

use crate::clock::Clock;
use crate::commands::pull_request_url;

/// The forge of those who have none.
#[derive(Clone)]
pub struct LocalForge {
    store: Store,
    clock: Arc<dyn Clock>,
    public_url: String,
}

impl LocalForge {
    /// Keeps pull requests in that store, shown below that address.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, public_url: String) -> Self {
        Self {
            store,
            clock,
            public_url,
        }
    }

    fn found(&self, kept: PullRequest) -> Found {
        Found {
            number: kept.number,
            url: pull_request_url(&self.public_url, kept.number),
            state: kept.state,
            readiness: kept.readiness,
            title: kept.title,
            body: kept.body,
            base: kept.base,
            head: Head {
                branch: kept.head,
                commit: Some(kept.head_commit),
                access: HeadAccess::Same,
            },
        }
    }
}

#[async_trait]
impl Forge for LocalForge {
    fn name(&self) -> &'static str {
        "local"
    }

    fn keeps(&self, repository: &Repository) -> bool {
        repository.scheme() == Scheme::File
    }

    /// The repository is not known from the address: callers find these among the account's rows.
    fn locate(&self, _url: &str) -> Option<(Repository, PullRequestNumber)> {
        None
    }

    async fn find(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        let mut reader = self.store.read().await.map_err(|error| away(&error))?;
        let kept = pull_requests::find_by_head(
            &mut reader,
            wanted.agent_id,
            wanted.repository,
            wanted.head,
            wanted.base,
        )
        .await
        .map_err(|error| away(&error))?;
        Ok(kept.into_iter().map(|kept| self.found(kept)).collect())
    }

    async fn open(&self, draft: &Draft) -> Result<Found, Error> {
        let now = self.clock.now();
        let new = pull_requests::NewPullRequest {
            agent_id: draft.agent_id,
            repository: draft.repository.clone(),
            title: draft.title.clone(),
            body: draft.body.clone(),
            base: draft.base.clone(),
            head: draft.head.clone(),
            base_commit: draft.base_commit.clone(),
            head_commit: draft.head_commit.clone(),
            readiness: draft.readiness,
            now,
        };
        let kept = self
            .store
            .write(move |tx| Box::pin(async move { pull_requests::open(tx, &new).await }))
            .await
            .map_err(|error| away(&error))?;
        Ok(self.found(kept))
    }

    async fn get(&self, at: &At<'_>) -> Result<Found, Error> {
        let mut reader = self.store.read().await.map_err(|error| away(&error))?;
        let kept = pull_requests::find_by_number(&mut reader, at.number).await;
        let kept = kept.map_err(|error| away(&error))?;
        kept.filter(|kept| kept.repository == *at.repository)
            .map(|kept| self.found(kept))
            .ok_or_else(|| Error::NotFound(format!("pull request {}", at.number)))
    }

    async fn update(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error> {
        self.get(at).await?;
        let (number, now) = (at.number, self.clock.now());
        let Revision { title, body } = revision.clone();
        let kept = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    pull_requests::revise(tx, number, title.as_deref(), body.as_deref(), now).await
                })
            })
            .await
            .map_err(|error| away(&error))?;
        Ok(self.found(kept))
    }

    async fn head_moved(&self, moved: &HeadMoved<'_>) -> Result<(), Error> {
        let (agent_id, repository) = (moved.agent_id, moved.repository.clone());
        let (head, commit, now) = (moved.head.clone(), moved.commit.clone(), self.clock.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    pull_requests::move_head(tx, agent_id, &repository, &head, &commit, now).await
                })
            })
            .await
            .map(drop)
            .map_err(|error| away(&error))
    }
}

fn away(error: &outwork_store::Error) -> Error {
    Error::Unavailable(error.to_string())
}
