//! What users do with the pull requests that Outwork keeps itself.

use outwork_domain::{
    AccountId, BranchName, CommitId, PullRequest, PullRequestNumber, PullRequestState, Source,
};
use outwork_store::pull_requests;
use outwork_workspace::{Identity, Merge};

use super::CommandError;
use super::once::{Once, Receipt};
use crate::Engine;

const MERGE_EMAIL: &str = "outwork@localhost";

/// How a pull request ends.
enum End {
    Merged(CommitId),
    Closed,
}

/// A pull request as the start of another agent's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequestSource {
    /// Its repository, starting from its head branch.
    pub source: Source,
    /// Its head branch.
    pub head: BranchName,
}

impl Engine {
    /// Where people read a pull request that Outwork keeps.
    #[must_use]
    pub fn pull_request_url(&self, number: PullRequestNumber) -> String {
        pull_request_url(self.public_url(), number)
    }

    /// Finds the pull request behind an address, as the start of another agent's work.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestUnresolved`] if this server keeps no open one there.
    pub async fn source_of_pull_request(
        &self,
        account_id: AccountId,
        url: &str,
    ) -> Result<PullRequestSource, CommandError> {
        let unresolved = || {
            CommandError::PullRequestUnresolved(format!("no open pull request is known at {url}"))
        };
        let number = url
            .strip_prefix(self.public_url())
            .and_then(|rest| rest.strip_prefix("/pulls/"))
            .and_then(|number| number.trim_end_matches('/').parse().ok())
            .ok_or_else(unresolved)?;
        let mut reader = self.inner.store.read().await?;
        let found = pull_requests::get(&mut reader, account_id, PullRequestNumber(number)).await?;
        let found = found.ok_or_else(unresolved)?;
        if found.state != PullRequestState::Open {
            return Err(unresolved());
        }
        let base_ref = found.head.as_str().parse();
        let base_ref = base_ref.map_err(|_| unresolved())?;
        let source = Source {
            repository: found.repository,
            base_ref: Some(base_ref),
            pull_request_url: Some(pull_request_url(self.public_url(), found.number)),
        };
        Ok(PullRequestSource {
            source,
            head: found.head,
        })
    }

    /// The difference that a pull request makes.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestNotFound`]; [`CommandError::Unavailable`].
    pub async fn diff_of_pull_request(
        &self,
        account_id: AccountId,
        number: PullRequestNumber,
    ) -> Result<String, CommandError> {
        let found = self.get_pull_request(account_id, number).await?;
        let git = &self.inner.git;
        let mirror = git.fetch(&found.repository, &found.head_commit).await?;
        Ok(git
            .diff(&mirror, &found.base_commit, &found.head_commit)
            .await?
            .text)
    }

    /// The commits of a pull request as `git am` reads them.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestNotFound`]; [`CommandError::Unavailable`].
    pub async fn patch_of_pull_request(
        &self,
        account_id: AccountId,
        number: PullRequestNumber,
    ) -> Result<String, CommandError> {
        let found = self.get_pull_request(account_id, number).await?;
        let git = &self.inner.git;
        let mirror = git.fetch(&found.repository, &found.head_commit).await?;
        Ok(git
            .patch(&mirror, &found.base_commit, &found.head_commit)
            .await?)
    }

    /// Merges a pull request into its base branch; a conflict changes nothing.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestNotFound`], [`CommandError::PullRequestNotOpen`],
    /// [`CommandError::MergeConflict`].
    pub async fn merge_pull_request(
        &self,
        account_id: AccountId,
        number: PullRequestNumber,
        receipt: Option<Receipt<PullRequest>>,
    ) -> Result<Once<PullRequest>, CommandError> {
        let found = self.get_pull_request(account_id, number).await?;
        if found.state != PullRequestState::Open {
            return Err(CommandError::PullRequestNotOpen);
        }
        let request = Merge {
            base: &found.base,
            head: &found.head_commit,
            message: &format!("Merge pull request #{number}: {}\n", found.title),
            author: &Identity {
                name: "Outwork".to_owned(),
                email: MERGE_EMAIL.to_owned(),
            },
            date: self.now(),
        };
        let merged = self.inner.git.merge(&found.repository, &request).await?;
        let end = End::Merged(merged);
        self.end_pull_request(account_id, number, end, receipt)
            .await
    }

    /// Closes a pull request without merging it.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestNotFound`], [`CommandError::PullRequestNotOpen`].
    pub async fn close_pull_request(
        &self,
        account_id: AccountId,
        number: PullRequestNumber,
        receipt: Option<Receipt<PullRequest>>,
    ) -> Result<Once<PullRequest>, CommandError> {
        self.get_pull_request(account_id, number).await?;
        self.end_pull_request(account_id, number, End::Closed, receipt)
            .await
    }

    async fn get_pull_request(
        &self,
        account_id: AccountId,
        number: PullRequestNumber,
    ) -> Result<PullRequest, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let found = pull_requests::get(&mut reader, account_id, number).await?;
        found.ok_or(CommandError::PullRequestNotFound)
    }

    async fn end_pull_request(
        &self,
        account_id: AccountId,
        number: PullRequestNumber,
        end: End,
        receipt: Option<Receipt<PullRequest>>,
    ) -> Result<Once<PullRequest>, CommandError> {
        use PullRequestState::{Closed, Merged, Open};
        let now = self.now();
        let (froms, to, merge_commit): (&[PullRequestState], _, _) = match end {
            // The base branch has it by now, so who closed it meanwhile came too late.
            End::Merged(commit) => (&[Open, Closed], Merged, Some(commit)),
            End::Closed => (&[Open], Closed, None),
        };
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                let mut changed = false;
                for from in froms {
                    let commit = merge_commit.clone();
                    changed |= pull_requests::set_state(tx, number, *from, to, commit, now).await?;
                }
                let found = pull_requests::get(tx, account_id, number).await?;
                let found = found.ok_or(CommandError::PullRequestNotFound)?;
                // Of two merges at once the second finds the work of the first.
                let is_merged = found.merge_commit.is_some() && found.merge_commit == merge_commit;
                if !changed && !is_merged {
                    return Err(CommandError::PullRequestNotOpen);
                }
                Ok(found)
            })
        })
        .await
    }
}

/// Where people read a pull request that Outwork keeps.
pub(crate) fn pull_request_url(public_url: &str, number: PullRequestNumber) -> String {
    format!("{public_url}/pulls/{number}")
}
