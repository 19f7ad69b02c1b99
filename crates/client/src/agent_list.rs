//! The account's agents, as `/api/v1` lists them, and putting them away.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::connection::{query, segment};
use crate::details::RepositoryDetails;
use crate::{Client, Error};

/// An agent as lists show it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedAgent {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its model.
    pub model: String,
    /// The state of the run that decides what it shows.
    pub state: String,
    /// What it waits for: `approval` of its plan, or `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaiting: Option<String>,
    /// What it works on.
    pub repositories: Vec<RepositoryDetails>,
    /// The final text of the latest ended run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When anything of it last changed.
    pub updated_at: String,
    /// When it was put away, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
}

/// One page of agents, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentPage {
    /// The agents.
    pub agents: Vec<ListedAgent>,
    /// What to ask for to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which agents are listed.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// How many at most, 1 to 100.
    pub limit: Option<u32>,
    /// The page, from [`AgentPage::next_cursor`].
    pub cursor: Option<String>,
    /// Only those of this pull request.
    pub pull_request_url: Option<String>,
    /// Whether those that were put away are listed too.
    pub archived: Archived,
}

/// Whether agents that were put away are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Archived {
    /// They are not.
    #[default]
    Hidden,
    /// They are.
    Shown,
}

#[derive(Deserialize)]
struct IdOnly {}

impl Client {
    /// Lists agents, newest first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn list_agents(&self, which: &ListQuery) -> Result<AgentPage, Error> {
        let mut pairs = Vec::new();
        if let Some(limit) = which.limit {
            pairs.push(("limit", limit.to_string()));
        }
        if let Some(cursor) = &which.cursor {
            pairs.push(("cursor", cursor.clone()));
        }
        if let Some(url) = &which.pull_request_url {
            pairs.push(("prUrl", url.clone()));
        }
        if which.archived == Archived::Shown {
            pairs.push(("archived", "true".to_owned()));
        }
        let path = format!("/api/v1/agents{}", query(&pairs));
        self.get("listing agents", &path).await
    }

    /// Puts an agent away: what runs and waits is cancelled, and it takes no more prompts.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn archive(&self, id: &str) -> Result<(), Error> {
        self.put_away(id, "archive").await
    }

    /// Takes an agent out of the archive.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn unarchive(&self, id: &str) -> Result<(), Error> {
        self.put_away(id, "unarchive").await
    }

    async fn put_away(&self, id: &str, deed: &str) -> Result<(), Error> {
        let path = format!("/v1/agents/{}/{deed}", segment(id));
        let request = self.request(Method::POST, &path);
        self.json::<IdOnly>("archiving an agent", request)
            .await
            .map(drop)
    }
}
