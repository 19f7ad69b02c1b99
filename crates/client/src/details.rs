//! An agent with its runs, as `/api/v1` shows it.

use serde::{Deserialize, Serialize};

use crate::connection::segment;
use crate::{Client, Error};

/// An agent and its runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentDetails {
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
    /// When it was put away, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
    /// Its runs in order.
    pub runs: Vec<RunDetails>,
}

/// One repository of an agent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryDetails {
    /// Its address.
    pub repository: String,
    /// The folder of its checkout, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Branch, tag or commit that the work was started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_ref: Option<String>,
    /// The branch with the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that the branch is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Its pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request_url: Option<String>,
    /// What became of it: `open`, `merged` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request_state: Option<String>,
}

/// One run of an agent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDetails {
    /// Its id.
    pub id: String,
    /// Its place, from 1.
    pub number: u32,
    /// `agent`, or `plan` if it changes nothing.
    pub mode: String,
    /// The id of its model.
    pub model: String,
    /// Where it stands, such as `working`.
    pub state: String,
    /// How often it was tried.
    pub attempt: u32,
    /// How the commands of that attempt were confined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// A sentence about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The final text of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it was accepted, RFC 3339.
    pub created_at: String,
    /// When it was first claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}

impl AgentDetails {
    /// Its only or first repository.
    #[must_use]
    pub fn first_repository(&self) -> Option<&RepositoryDetails> {
        self.repositories.first()
    }

    /// Whether all its runs have ended.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.runs.iter().all(RunDetails::has_ended)
    }
}

impl RunDetails {
    /// Whether nothing follows its state.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        use outwork_domain::run_state::RunState;
        self.state.parse().is_ok_and(RunState::is_final)
    }
}

impl Client {
    /// Reads an agent with its runs.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn details(&self, id: &str) -> Result<AgentDetails, Error> {
        let path = format!("/api/v1/agents/{}", segment(id));
        self.get("reading an agent", &path).await
    }

    /// Approves the plan that an agent waits with; gives the run that carries it out.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn approve_plan(&self, id: &str) -> Result<RunDetails, Error> {
        let path = format!("/api/v1/agents/{}/approve-plan", segment(id));
        let request = self.request(reqwest::Method::POST, &path);
        self.json("approving a plan", request).await
    }

    /// Reads the difference that an agent's branch makes, as text.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn diff(&self, id: &str) -> Result<String, Error> {
        let path = format!("/api/v1/agents/{}/diff", segment(id));
        let request = self.request(reqwest::Method::GET, &path);
        self.text("reading a diff", request).await
    }
}
