//! How a repository of an agent lies in its row.

use outwork_domain::{AgentRepository, BranchName, BranchWish, Source};

use crate::Error;
use crate::database::Row;
use crate::error::corrupt;

/// The columns of an agent's repository `p`, under the names that [`repository`] reads.
macro_rules! repository_columns {
    () => {
        "p.number AS repository_number, p.repository, p.base_ref, p.source_pull_request_url, \
         p.folder, p.branch_wish, p.wished_branch, p.branch, p.head, p.pull_request_url"
    };
}
pub(crate) use repository_columns;

/// The repository of a row; none if the agent has none.
pub(crate) fn repository(row: &Row) -> Result<Option<AgentRepository>, Error> {
    if row.optional_number::<u32>("repository_number")?.is_none() {
        return Ok(None);
    }
    Ok(Some(AgentRepository {
        source: Source {
            repository: row.parsed("repository")?,
            base_ref: row.optional_parsed("base_ref")?,
            pull_request_url: row.optional_text("source_pull_request_url")?,
        },
        folder: row.optional_text("folder")?,
        branch_wish: wish(row)?,
        branch: row.optional_parsed("branch")?,
        head: row.optional_parsed("head")?,
        pull_request_url: row.optional_text("pull_request_url")?,
    }))
}

pub(crate) fn wish_word(wish: &BranchWish) -> &'static str {
    match wish {
        BranchWish::Generated => "generated",
        BranchWish::Named(_) => "named",
        BranchWish::Existing(_) => "existing",
    }
}

pub(crate) fn wished_branch(wish: &BranchWish) -> Option<&str> {
    match wish {
        BranchWish::Generated => None,
        BranchWish::Named(branch) | BranchWish::Existing(branch) => Some(branch.as_str()),
    }
}

fn wish(row: &Row) -> Result<BranchWish, Error> {
    let branch: Option<BranchName> = row.optional_parsed("wished_branch")?;
    let word = row.text("branch_wish")?;
    match (word.as_str(), branch) {
        ("generated", None) => Ok(BranchWish::Generated),
        ("named", Some(branch)) => Ok(BranchWish::Named(branch)),
        ("existing", Some(branch)) => Ok(BranchWish::Existing(branch)),
        (_, branch) => Err(corrupt("branch_wish", &format!("{word:?} with {branch:?}"))),
    }
}
