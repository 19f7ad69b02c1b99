//! What the engine asks of a forge.
//!
//! What a forge may lack has an answer here, so that whoever asks need not know which forge it is.

use async_trait::async_trait;
use outwork_domain::{BranchName, CommitId, PullRequestNumber, Repository};

use crate::branch::{Branch, HeadMoved};
use crate::check::Check;
use crate::credentials::{GitAccess, GitCredentials};
use crate::decoration::{Decoration, Unmet};
use crate::draft::{At, Draft, Revision, Wanted};
use crate::error::Error;
use crate::found::Found;
use crate::hook::{Delivery, HookError, HookRequest};
use crate::incoming::{Incoming, Said};
use crate::page::{Page, PageRequest, RepositoryPage};
use crate::person::{Permission, Person};
use crate::remark::{Posted, Reaction, Remark};
use crate::repository::RepositoryFacts;

/// Keeps pull requests, and what people say about them.
///
/// Each call answers with an [`Error`] if the forge refuses or cannot be asked.
#[async_trait]
pub trait Forge: Send + Sync {
    /// The name that it is configured and spoken of by, such as its host.
    fn name(&self) -> &str;

    /// Whether it keeps that repository, by its address alone.
    fn keeps(&self, repository: &Repository) -> bool;

    /// Which pull request an address of its pages means, by the address alone.
    fn locate(&self, url: &str) -> Option<(Repository, PullRequestNumber)>;

    /// Finds the pull requests of a head in all states, newest first; at most 100.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn find(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Error>;

    /// Opens the pull request.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyExists`] if an open one is there; [`Error::Refused`] if there is nothing between
    /// its branches; [`Error`] otherwise.
    async fn open(&self, draft: &Draft) -> Result<Found, Error>;

    /// One pull request.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn get(&self, at: &At<'_>) -> Result<Found, Error>;

    /// Gives it other texts; saying the same twice changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn update(&self, at: &At<'_>, revision: &Revision) -> Result<Found, Error>;

    /// Tells the forge that somebody's work moved a branch; forges that watch their own branches have
    /// nothing to do.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn head_moved(&self, _moved: &HeadMoved<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// Asks people for review, makes them responsible, adds labels; whoever is asked already is not
    /// asked again where the forge can tell. What is not granted comes back and keeps nothing else from
    /// being done.
    ///
    /// # Errors
    ///
    /// [`Error`] if the forge is away or refuses our credentials.
    async fn decorate(&self, _at: &At<'_>, with: &Decoration) -> Result<Vec<Unmet>, Error> {
        let wishes = with.reviewers.iter().chain(&with.assignees);
        Ok(wishes
            .chain(&with.labels)
            .map(|wish| Unmet {
                wish: wish.clone(),
                why: "this forge knows neither people nor labels".to_owned(),
            })
            .collect())
    }

    /// Closes it without merging; one that is closed or merged already stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn close(&self, _at: &At<'_>) -> Result<Found, Error> {
        Err(Error::Unsupported("closing from outside of its own pages"))
    }

    /// Merges it, if its head is still at that commit; one that is merged already stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if the head moved or does not merge, [`Error::Protected`] if a rule stands
    /// before it.
    async fn merge(&self, _at: &At<'_>, _head: &CommitId) -> Result<Found, Error> {
        Err(Error::Unsupported("merging from outside of its own pages"))
    }

    /// Answers where something was said: in the same thread where the forge has threads.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn reply(&self, _to: &Remark, _body: &str) -> Result<Posted, Error> {
        Err(Error::Unsupported("comments"))
    }

    /// Finds an answer of ours by a text that it has, such as its marker, so that it is not given twice.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn find_reply(&self, _to: &Remark, _marker: &str) -> Result<Option<Posted>, Error> {
        Ok(None)
    }

    /// Reacts to what was said; a reaction that is there already stays.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn react(&self, _to: &Remark, _reaction: Reaction) -> Result<(), Error> {
        Err(Error::Unsupported("reactions"))
    }

    /// The comments on lines that belong to a review, where the forge's webhooks tell only of the review;
    /// none where they tell of each.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn lines_of_review(&self, _review: &Said) -> Result<Vec<Said>, Error> {
        Ok(Vec::new())
    }

    /// One page of the repositories that our credentials reach.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn list_repositories(&self, _page: &PageRequest<'_>) -> Result<RepositoryPage, Error> {
        Ok(RepositoryPage::Changed(Page::default()))
    }

    /// What a repository is today, also if it was renamed and the forge still knows its old name.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is gone or not for us.
    async fn repository(&self, _repository: &Repository) -> Result<RepositoryFacts, Error> {
        Err(Error::Unsupported("descriptions of repositories"))
    }

    /// One branch; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn find_branch(
        &self,
        _repository: &Repository,
        _branch: &BranchName,
    ) -> Result<Option<Branch>, Error> {
        Err(Error::Unsupported("descriptions of branches"))
    }

    /// What somebody may do with a repository.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn permission(
        &self,
        _repository: &Repository,
        _person: &Person,
    ) -> Result<Permission, Error> {
        Ok(Permission::None)
    }

    /// Tries the credentials with real calls that change nothing: whose they are, how long they hold,
    /// and what they do not allow.
    ///
    /// # Errors
    ///
    /// [`Error`] if they are not accepted at all, or the forge is away.
    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::default())
    }

    /// What git shows for one operation on a repository; `None` if it needs nothing from us. Asked for
    /// again before each operation, and once more after a refusal.
    ///
    /// # Errors
    ///
    /// [`Error`].
    async fn git_credentials(
        &self,
        _repository: &Repository,
        _access: GitAccess,
    ) -> Result<Option<GitCredentials>, Error> {
        Ok(None)
    }

    /// Whether a request to our address for its webhooks is really from it.
    ///
    /// # Errors
    ///
    /// [`HookError`] if not, or if that cannot be known.
    fn verify_hook(&self, _request: &HookRequest<'_>) -> Result<Delivery, HookError> {
        Err(HookError::NotConfigured)
    }

    /// Reads a webhook that was verified before.
    ///
    /// # Errors
    ///
    /// [`HookError::Malformed`] if the forge does not keep to what it documents.
    fn read_hook(&self, _event: &str, _body: &[u8]) -> Result<Incoming, HookError> {
        Ok(Incoming::Irrelevant)
    }
}
