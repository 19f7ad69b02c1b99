//! Agents as Cursor v0 shows them: launch, list, status, conversation, follow-up, stop, delete.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::connection::{query, segment};
use crate::{Client, Error};

/// What a new agent is to do, where, and who is told.
#[derive(Clone, Debug, Serialize)]
pub struct Launch {
    /// The first prompt.
    pub prompt: PromptBody,
    /// The model's id; the server's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where the work starts.
    pub source: LaunchSource,
    /// Where the result goes.
    pub target: LaunchTarget,
    /// Where the ends of runs are announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
}

/// A prompt: text, and images beside it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PromptBody {
    /// The text.
    pub text: String,
    /// The images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

/// An image of a prompt.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    /// Its bytes in base64.
    pub data: String,
}

/// Where the work of a new agent starts.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchSource {
    /// The repository's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Branch, tag or commit; the default branch if absent.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub base_ref: Option<String>,
    /// The pull request to continue; wins over the two above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_url: Option<String>,
}

/// Where the result of a new agent goes.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchTarget {
    /// Whether a pull request is opened at the end.
    pub auto_create_pr: PullRequestCreation,
    /// Whether it is opened as a draft.
    #[serde(skip_serializing_if = "Readiness::is_ready")]
    pub draft_pr: Readiness,
    /// The branch to create; one is made up if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_name: Option<String>,
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

/// An agent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Its id, `bc-<uuid>`.
    pub id: String,
    /// Its name, from the first prompt.
    pub name: String,
    /// `CREATING`, `RUNNING`, `FINISHED`, `ERROR` or `EXPIRED`.
    pub status: String,
    /// Where its work starts.
    pub source: AgentSource,
    /// Where its result goes.
    pub target: AgentTarget,
    /// The final text of the latest ended run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
}

/// Where an agent's work starts.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AgentSource {
    /// The repository's address.
    pub repository: String,
    /// Branch, tag or commit, when known.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub base_ref: Option<String>,
}

/// Where an agent's result goes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentTarget {
    /// Where people read about the agent.
    pub url: String,
    /// Its branch, once the name is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_name: Option<String>,
    /// Its pull request, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_url: Option<String>,
}

/// One page of agents, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentPage {
    /// The agents.
    pub agents: Vec<Agent>,
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
}

/// An agent's conversation: texts only.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Conversation {
    /// The agent.
    pub id: String,
    /// Its messages in order.
    pub messages: Vec<Message>,
}

/// One message of a conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// `user_message` or `assistant_message`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub text: String,
}

#[derive(Deserialize)]
struct IdOnly {
    id: String,
}

#[derive(Serialize)]
struct FollowUp<'a> {
    prompt: &'a PromptBody,
}

impl Client {
    /// Creates an agent.
    ///
    /// # Errors
    ///
    /// As every call: [`Error`] says whether the server was unreachable or why it refused.
    pub async fn launch(&self, launch: &Launch) -> Result<Agent, Error> {
        self.post("launching an agent", "/v0/agents", launch).await
    }

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
        let path = format!("/v0/agents{}", query(&pairs));
        self.get("listing agents", &path).await
    }

    /// Reads an agent's status.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn agent(&self, id: &str) -> Result<Agent, Error> {
        self.get("reading an agent", &format!("/v0/agents/{}", segment(id)))
            .await
    }

    /// Reads an agent's conversation.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn conversation(&self, id: &str) -> Result<Conversation, Error> {
        let path = format!("/v0/agents/{}/conversation", segment(id));
        self.get("reading a conversation", &path).await
    }

    /// Sends a further prompt to an agent.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn follow_up(&self, id: &str, prompt: &PromptBody) -> Result<(), Error> {
        let path = format!("/v0/agents/{}/followup", segment(id));
        self.post::<IdOnly>("a follow-up", &path, &FollowUp { prompt })
            .await
            .map(|_| ())
    }

    /// Stops an agent's active run and drops the waiting ones.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn stop(&self, id: &str) -> Result<(), Error> {
        let path = format!("/v0/agents/{}/stop", segment(id));
        let request = self.request(Method::POST, &path);
        self.json::<IdOnly>("stopping an agent", request)
            .await
            .map(|_| ())
    }

    /// Deletes an agent and everything of it; answers its id.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn delete(&self, id: &str) -> Result<String, Error> {
        let path = format!("/v0/agents/{}", segment(id));
        let request = self.request(Method::DELETE, &path);
        let deleted: IdOnly = self.json("deleting an agent", request).await?;
        Ok(deleted.id)
    }
}
