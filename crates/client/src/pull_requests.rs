//! Pull requests that the server keeps itself.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::connection::query;
use crate::{Client, Error};

/// A pull request that the server keeps itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The agent that opened it.
    pub agent_id: String,
    /// The repository's address.
    pub repository: String,
    /// Title.
    pub title: String,
    /// Description, Markdown.
    pub body: String,
    /// The branch that it wants to change.
    pub base: String,
    /// The branch with the change.
    pub head: String,
    /// The commit that the work started from.
    pub base_commit: String,
    /// The commit that `head` is at.
    pub head_commit: String,
    /// `open`, `merged` or `closed`.
    pub state: String,
    /// Whether it says that it is not finished.
    #[serde(default)]
    pub draft: bool,
    /// The commit that merged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_commit: Option<String>,
    /// Where people read it.
    pub url: String,
    /// When it was opened, RFC 3339.
    pub created_at: String,
    /// When anything in it last changed.
    pub updated_at: String,
}

/// Which pull requests are listed.
#[derive(Clone, Debug, Default)]
pub struct PullRequestQuery {
    /// Only those in this state: `open`, `merged` or `closed`.
    pub state: Option<String>,
    /// How many at most.
    pub limit: Option<u32>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequests {
    pull_requests: Vec<PullRequest>,
}

/// A pull request on a code host that an agent works on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgePullRequest {
    /// Where people read it.
    pub url: String,
    /// The repository's address.
    pub repository: String,
    /// Its number there.
    pub number: u64,
    /// The agent.
    pub agent_id: String,
    /// The branch that it wants to change.
    pub base: String,
    /// The branch with the change.
    pub head: String,
    /// `open`, `merged` or `closed`.
    pub state: String,
    /// Whether it says that it is not finished.
    #[serde(default)]
    pub draft: bool,
    /// When it became known, RFC 3339.
    pub created_at: String,
}

/// Which pull requests on code hosts are listed.
#[derive(Clone, Debug, Default)]
pub struct ForgePullRequestQuery {
    /// Only those in this state: `open`, `merged` or `closed`.
    pub state: Option<String>,
    /// Only the one with this address.
    pub url: Option<String>,
    /// How many at most.
    pub limit: Option<u32>,
    /// Only those behind this place.
    pub cursor: Option<String>,
}

/// A page of pull requests on code hosts.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgePullRequests {
    /// The latest first.
    pub pull_requests: Vec<ForgePullRequest>,
    /// Where the next page begins; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl Client {
    /// Lists pull requests on code hosts, the latest first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn list_forge_pull_requests(
        &self,
        which: &ForgePullRequestQuery,
    ) -> Result<ForgePullRequests, Error> {
        let mut pairs = Vec::new();
        for (name, value) in [
            ("state", &which.state),
            ("url", &which.url),
            ("cursor", &which.cursor),
        ] {
            if let Some(value) = value {
                pairs.push((name, value.clone()));
            }
        }
        if let Some(limit) = which.limit {
            pairs.push(("limit", limit.to_string()));
        }
        let path = format!("/api/v1/forge-pull-requests{}", query(&pairs));
        self.get("listing pull requests on code hosts", &path).await
    }

    /// Lists pull requests, newest first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn list_pull_requests(
        &self,
        which: &PullRequestQuery,
    ) -> Result<Vec<PullRequest>, Error> {
        let mut pairs = Vec::new();
        if let Some(state) = &which.state {
            pairs.push(("state", state.clone()));
        }
        if let Some(limit) = which.limit {
            pairs.push(("limit", limit.to_string()));
        }
        if let Some(before) = which.before {
            pairs.push(("before", before.to_string()));
        }
        let path = format!("/api/v1/pull-requests{}", query(&pairs));
        let all: PullRequests = self.get("listing pull requests", &path).await?;
        Ok(all.pull_requests)
    }

    /// Reads a pull request.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn pull_request(&self, number: u64) -> Result<PullRequest, Error> {
        let path = format!("/api/v1/pull-requests/{number}");
        self.get("reading a pull request", &path).await
    }

    /// Reads what a pull request changes, as text.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn pull_request_diff(&self, number: u64) -> Result<String, Error> {
        let path = format!("/api/v1/pull-requests/{number}/diff");
        let request = self.request(Method::GET, &path);
        self.text("reading a diff", request).await
    }

    /// Reads a pull request's commits as a series that `git am` takes.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn pull_request_patch(&self, number: u64) -> Result<String, Error> {
        let path = format!("/api/v1/pull-requests/{number}/patch");
        let request = self.request(Method::GET, &path);
        self.text("reading a patch", request).await
    }

    /// Merges a pull request into its base branch.
    ///
    /// # Errors
    ///
    /// As every call; a conflict is refused with the code `merge_conflict`.
    pub async fn merge_pull_request(&self, number: u64) -> Result<PullRequest, Error> {
        let path = format!("/api/v1/pull-requests/{number}/merge");
        let request = self.request(Method::POST, &path);
        self.json("merging a pull request", request).await
    }

    /// Closes a pull request without merging it.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn close_pull_request(&self, number: u64) -> Result<PullRequest, Error> {
        let path = format!("/api/v1/pull-requests/{number}/close");
        let request = self.request(Method::POST, &path);
        self.json("closing a pull request", request).await
    }
}
