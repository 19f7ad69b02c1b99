//! The creation of an agent (Cursor v1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::agents::PromptBody;
use crate::mode::Mode;
use crate::{Client, Error};

/// What a new agent is to do, where, with what, and who is told. Its variables are secrets.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    /// The first prompt.
    pub prompt: PromptBody,
    /// What answers; the server's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<LaunchModel>,
    /// The named environment to run in; it brings its own repositories.
    #[serde(rename = "env", skip_serializing_if = "Option::is_none")]
    pub environment: Option<LaunchEnvironment>,
    /// What it works on: nothing, one or several.
    #[serde(rename = "repos", skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<LaunchRepository>,
    /// The branch to create; one is made up if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_name: Option<String>,
    /// Whether pull requests are opened at the end.
    #[serde(rename = "autoCreatePR")]
    pub pull_request: PullRequestCreation,
    /// Whether they are opened as drafts.
    #[serde(rename = "draftPR", skip_serializing_if = "Readiness::is_ready")]
    pub readiness: Readiness,
    /// Whether the first run changes something.
    #[serde(skip_serializing_if = "Mode::is_agent")]
    pub mode: Mode,
    /// Variables of its commands, of every run.
    #[serde(rename = "envVars", skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Where the ends of runs are announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
}

impl std::fmt::Debug for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Launch")
            .field("prompt", &self.prompt)
            .field("repositories", &self.repositories)
            .finish_non_exhaustive()
    }
}

/// A model by its id.
#[derive(Clone, Debug, Serialize)]
pub struct LaunchModel {
    /// The id, as `GET /v1/models` lists it.
    pub id: String,
}

/// A named environment of the server.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename = "cloud")]
pub struct LaunchEnvironment {
    /// Its name.
    pub name: String,
}

/// A repository, and where the work in it starts.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchRepository {
    /// Its address.
    pub url: String,
    /// Branch, tag or commit; the default branch if absent.
    #[serde(rename = "startingRef", skip_serializing_if = "Option::is_none")]
    pub base_ref: Option<String>,
    /// The pull request to continue; it outweighs the two above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_url: Option<String>,
}

/// Whether a pull request waits for review at once; a boolean on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readiness {
    /// It does.
    #[default]
    Ready,
    /// It is a draft.
    Draft,
}

impl Readiness {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    fn is_ready(&self) -> bool {
        *self == Self::Ready
    }
}

impl Serialize for Readiness {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self == Self::Draft)
    }
}

/// Whether a pull request is opened at the end of a run; a boolean on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullRequestCreation {
    /// Only the branch is pushed.
    #[default]
    Manual,
    /// One is opened.
    Automatic,
}

impl Serialize for PullRequestCreation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self == Self::Automatic)
    }
}

/// Where the ends of runs are announced.
#[derive(Clone, Serialize)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// What deliveries are signed with, 32 to 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A new agent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Launched {
    /// Its id, `bc-<uuid>`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`.
    pub status: String,
    /// Where people read about it.
    pub url: String,
    /// The id of its first run, `run-<uuid>`.
    pub latest_run_id: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
}

#[derive(Deserialize)]
struct Created {
    agent: Launched,
}

impl Client {
    /// Creates an agent and queues its first run.
    ///
    /// # Errors
    ///
    /// As every call: [`Error`] says whether the server was unreachable or why it refused.
    pub async fn launch(&self, launch: &Launch) -> Result<Launched, Error> {
        let created: Created = self
            .post("launching an agent", "/v1/agents", launch)
            .await?;
        Ok(created.agent)
    }
}
