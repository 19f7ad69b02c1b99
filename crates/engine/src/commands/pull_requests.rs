//! What users do with the pull requests that Outwork keeps itself, and with others as a start of work.

use outwork_domain::{
    AccountId, BranchName, CommitId, PullRequest, PullRequestIdentity, PullRequestNumber,
    PullRequestState, Repository, Source,
};
use outwork_forge::{At, Error, Forge, Found, HeadAccess, Permission};
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
    url: String,
    /// The repository that it is to be merged in.
    repository: Repository,
    head: BranchName,
    place: HeadPlace,
}

/// Where the head of a pull request is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HeadPlace {
    /// In the repository that it is to be merged in.
    Same,
    /// In a fork, at that commit.
    Fork {
        /// The fork, if its owner lets others push to the branch; else why not.
        repository: Result<Repository, &'static str>,
        /// The commit, which the base repository has too.
        commit: CommitId,
    },
}

impl PullRequestSource {
    /// Where work on a branch of its own starts: at the head, in the repository that the pull request is
    /// to be merged in.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestUnresolved`] for a branch that cannot be started from.
    pub fn beside(&self) -> Result<Source, CommandError> {
        let start = match &self.place {
            HeadPlace::Same => self.head.as_str(),
            HeadPlace::Fork { commit, .. } => commit.as_str(),
        };
        self.source(&self.repository, start)
    }

    /// Where work on the pull request's own branch starts, and that branch.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestUnresolved`] if it is in a fork that only its owner pushes to.
    pub fn on_its_branch(&self) -> Result<(Source, BranchName), CommandError> {
        let repository = match &self.place {
            HeadPlace::Same => &self.repository,
            HeadPlace::Fork { repository, .. } => repository.as_ref().map_err(|why| {
                CommandError::PullRequestUnresolved(format!(
                    "the branch of {} cannot be pushed to: {why}; work on a new branch can start from it",
                    self.url
                ))
            })?,
        };
        let source = self.source(repository, self.head.as_str())?;
        Ok((source, self.head.clone()))
    }

    fn source(&self, repository: &Repository, start: &str) -> Result<Source, CommandError> {
        let base_ref = start.parse().map_err(|why| {
            CommandError::PullRequestUnresolved(format!("no work can start from {start}: {why}"))
        })?;
        Ok(Source {
            repository: repository.clone(),
            base_ref: Some(base_ref),
            pull_request_url: Some(self.url.clone()),
        })
    }
}

impl Engine {
    /// Where people read a pull request that Outwork keeps.
    #[must_use]
    pub fn pull_request_url(&self, number: PullRequestNumber) -> String {
        pull_request_url(self.public_url(), number)
    }

    /// The number in the address of a pull request that Outwork keeps; none for other addresses.
    #[must_use]
    pub fn number_of_pull_request(&self, url: &str) -> Option<PullRequestNumber> {
        let rest = url.strip_prefix(self.public_url())?;
        let number = rest.strip_prefix("/pulls/")?.trim_end_matches('/');
        number.parse().ok().map(PullRequestNumber)
    }

    /// Finds the pull request behind an address, as the start of another agent's work: its forge is asked
    /// for one of its own, else it is looked for among those that Outwork keeps.
    ///
    /// # Errors
    ///
    /// [`CommandError::PullRequestUnresolved`] if no open one is there; [`CommandError::RepositoryAccess`]
    /// if its forge does not let us see it, [`CommandError::Unavailable`] if it is away.
    pub async fn source_of_pull_request(
        &self,
        account_id: AccountId,
        url: &str,
    ) -> Result<PullRequestSource, CommandError> {
        match self.forges().locate(url) {
            Some((forge, repository, number)) => {
                let at = At {
                    repository: &repository,
                    number,
                    identity: PullRequestIdentity::User,
                };
                let found = forge
                    .get(&at)
                    .await
                    .map_err(|error| in_our_words(url, &error))?;
                source_on_forge(forge.as_ref(), url, repository, found).await
            }
            None => self.source_kept_here(account_id, url).await,
        }
    }

    async fn source_kept_here(
        &self,
        account_id: AccountId,
        url: &str,
    ) -> Result<PullRequestSource, CommandError> {
        let number = self.number_of_pull_request(url);
        let number = number.ok_or_else(|| unresolved(url))?;
        let mut reader = self.inner.store.read().await?;
        let found = pull_requests::get(&mut reader, account_id, number).await?;
        let found = found.ok_or_else(|| unresolved(url))?;
        if found.state != PullRequestState::Open {
            return Err(unresolved(url));
        }
        Ok(PullRequestSource {
            url: pull_request_url(self.public_url(), found.number),
            repository: found.repository,
            head: found.head,
            place: HeadPlace::Same,
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

fn unresolved(url: &str) -> CommandError {
    CommandError::PullRequestUnresolved(format!("no open pull request is known at {url}"))
}

/// What keeps a forge from showing a pull request.
fn in_our_words(url: &str, error: &Error) -> CommandError {
    let text = format!("{url}: {error}");
    match error {
        Error::NotFound(_) | Error::Renamed { .. } => CommandError::PullRequestUnresolved(text),
        Error::Auth(_) | Error::PermissionMissing { .. } | Error::Protected(_) => {
            CommandError::RepositoryAccess(text)
        }
        Error::Unavailable(_)
        | Error::RateLimited { .. }
        | Error::AlreadyExists(_)
        | Error::Conflict(_)
        | Error::Refused(_)
        | Error::Unsupported(_)
        | Error::Unintelligible(_) => CommandError::Unavailable(text),
    }
}

/// Whether a fork that is closed to others is open to us, because it is ours or we are asked to help.
async fn may_push(forge: &dyn Forge, fork: &Repository) -> bool {
    let facts = forge.repository(fork).await;
    let permission = facts.ok().and_then(|facts| facts.permission);
    permission.is_some_and(Permission::is_collaborator)
}

async fn source_on_forge(
    forge: &dyn Forge,
    url: &str,
    repository: Repository,
    found: Found,
) -> Result<PullRequestSource, CommandError> {
    if found.state != PullRequestState::Open {
        return Err(unresolved(url));
    }
    let fork = match found.head.access {
        HeadAccess::Same => None,
        HeadAccess::OpenFork(fork) => Some(Ok(fork)),
        HeadAccess::ClosedFork(fork) if may_push(forge, &fork).await => Some(Ok(fork)),
        HeadAccess::ClosedFork(_) => Some(Err("it is in a fork that only its owner pushes to")),
        HeadAccess::Gone => Some(Err("its repository is gone")),
    };
    let place = match (fork, found.head.commit) {
        (None, _) => HeadPlace::Same,
        (Some(repository), Some(commit)) => HeadPlace::Fork { repository, commit },
        (Some(_), None) => {
            let text = format!("the forge does not tell which commit {url} is at");
            return Err(CommandError::PullRequestUnresolved(text));
        }
    };
    Ok(PullRequestSource {
        url: found.url,
        repository,
        head: found.head.branch,
        place,
    })
}

/// Where people read a pull request that Outwork keeps.
pub(crate) fn pull_request_url(public_url: &str, number: PullRequestNumber) -> String {
    format!("{public_url}/pulls/{number}")
}
