//! Repositories as v1 names them in requests.

use outwork_domain::limits::REPOSITORIES_MAX;
use outwork_domain::{AccountId, BranchName, BranchWish, Repository, Source};
use outwork_engine::{Engine, NewRepository, PullRequestSource};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;
use crate::query::is_uri;

/// A repository, and where the work in it starts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepoBody {
    /// Its address.
    #[schema(value_type = String, min_length = 1, example = "https://git.example.com/acme/tools")]
    url: Option<String>,
    /// Branch, tag or commit to start from; the default branch if absent.
    #[schema(min_length = 1, example = "main")]
    starting_ref: Option<String>,
    /// A pull request to work on; it outweighs `startingRef`.
    #[schema(format = "uri")]
    pr_url: Option<String>,
}

/// Which branch the work of an agent goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Branch {
    /// A new one with a name of ours.
    Generated,
    /// A new one of that name.
    Named(BranchName),
    /// The one that the work starts from.
    Starting,
}

/// Where the work in a repository starts, as far as the body tells.
#[derive(Debug)]
pub(super) struct Start {
    source: Source,
    pull_request: Option<String>,
}

/// Reads the repositories of a body.
pub(super) fn read_repos(bodies: Option<Vec<Object<RepoBody>>>) -> Result<Vec<Start>, Failure> {
    let bodies = bodies.unwrap_or_default();
    if bodies.len() > REPOSITORIES_MAX {
        let message = format!("repos must have at most {REPOSITORIES_MAX} entries");
        return Err(Failure::invalid(message));
    }
    let read =
        |(number, Object(body)): (usize, Object<RepoBody>)| body.read(&format!("repos[{number}]"));
    bodies.into_iter().enumerate().map(read).collect()
}

impl RepoBody {
    fn read(self, place: &str) -> Result<Start, Failure> {
        let named = |field: &str, why: &dyn std::fmt::Display| {
            Failure::invalid(format!("{place}.{field}: {why}"))
        };
        let url = self
            .url
            .ok_or_else(|| Failure::invalid(format!("{place}.url is required")))?;
        let repository = url.parse().map_err(|why| named("url", &why))?;
        let base_ref = self.starting_ref.map(|text| text.parse()).transpose();
        let base_ref = base_ref.map_err(|why| named("startingRef", &why))?;
        if let Some(url) = &self.pr_url
            && !is_uri(url)
        {
            return Err(Failure::invalid(format!("{place}.prUrl must be a URI")));
        }
        let source = Source {
            repository,
            base_ref,
            pull_request_url: None,
        };
        Ok(Start {
            source,
            pull_request: self.pr_url,
        })
    }
}

impl Start {
    /// In a repository, from its default branch.
    pub(super) const fn of(repository: Repository) -> Self {
        let source = Source {
            repository,
            base_ref: None,
            pull_request_url: None,
        };
        Self {
            source,
            pull_request: None,
        }
    }

    /// Finds out where it really starts, and with it the branch.
    pub(super) async fn resolve(
        self,
        engine: &Engine,
        account_id: AccountId,
        branch: &Branch,
    ) -> Result<NewRepository, Failure> {
        let found = match &self.pull_request {
            None => None,
            Some(url) => Some(engine.source_of_pull_request(account_id, url).await?),
        };
        let (source, branch_wish) = match (found, branch) {
            (Some(found), Branch::Starting) => {
                let (source, head) = found.on_its_branch()?;
                (source, BranchWish::Existing(head))
            }
            (None, Branch::Starting) => {
                let branch = starting_branch(&self.source)?;
                (self.source, BranchWish::Existing(branch))
            }
            (found, Branch::Generated) => (self.beside(found)?, BranchWish::Generated),
            (found, Branch::Named(name)) => (self.beside(found)?, BranchWish::Named(name.clone())),
        };
        Ok(NewRepository {
            source,
            branch_wish,
        })
    }

    /// Where work on a new branch starts.
    fn beside(self, found: Option<PullRequestSource>) -> Result<Source, Failure> {
        match found {
            None => Ok(self.source),
            Some(found) => Ok(found.beside()?),
        }
    }
}

/// The branch that `startingRef` names; the default branch is never written.
fn starting_branch(source: &Source) -> Result<BranchName, Failure> {
    let wrong = |why: &str| {
        let message = format!("workOnCurrentBranch: {why}");
        Failure::bad_request("invalid_branch_name", message)
    };
    let base = source.base_ref.as_ref().ok_or_else(|| {
        wrong("without startingRef that is the default branch, which is never written")
    })?;
    let branch = base.as_str().parse();
    branch.map_err(|_| wrong("startingRef does not name a branch"))
}

/// Refuses two entries of one repository: both would have the same checkout and branch.
pub(super) fn refuse_twins(repositories: &[NewRepository]) -> Result<(), Failure> {
    for (number, one) in repositories.iter().enumerate() {
        let same = |other: &NewRepository| other.source.repository == one.source.repository;
        if let Some(first) = repositories.iter().take(number).position(same) {
            let message = format!("repos[{number}] is the same repository as repos[{first}]");
            return Err(Failure::invalid(message));
        }
    }
    Ok(())
}
