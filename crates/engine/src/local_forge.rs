//! Pull requests for repositories without a forge: kept in the store, read on our own pages.

use std::sync::Arc;

use async_trait::async_trait;
use outwork_forge::{Draft, Error, Forge, Found, HeadMoved};
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

    fn found(&self, kept: &outwork_domain::PullRequest) -> Found {
        Found {
            number: kept.number,
            url: pull_request_url(&self.public_url, kept.number),
            state: kept.state,
        }
    }
}

#[async_trait]
impl Forge for LocalForge {
    async fn find(&self, draft: &Draft) -> Result<Vec<Found>, Error> {
        let mut reader = self.store.read().await.map_err(|error| away(&error))?;
        let kept = pull_requests::find_by_head(
            &mut reader,
            draft.agent_id,
            &draft.repository,
            &draft.head,
            &draft.base,
        )
        .await
        .map_err(|error| away(&error))?;
        Ok(kept.iter().map(|kept| self.found(kept)).collect())
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
            now,
        };
        let kept = self
            .store
            .write(move |tx| Box::pin(async move { pull_requests::open(tx, &new).await }))
            .await
            .map_err(|error| away(&error))?;
        Ok(self.found(&kept))
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
