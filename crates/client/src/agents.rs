//! What only Cursor v0 has of an agent, or has as the command line wants it: status, conversation, a
//! follow-up that waits, stop, delete.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::connection::segment;
use crate::mode::Mode;
use crate::{Client, Error};

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
    /// What they are, such as `image/png`; v1 asks for it.
    #[serde(rename = "mimeType")]
    pub media_type: String,
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
    #[serde(skip_serializing_if = "Mode::is_agent")]
    mode: Mode,
}

impl Client {
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
    pub async fn follow_up(&self, id: &str, prompt: &PromptBody, mode: Mode) -> Result<(), Error> {
        let path = format!("/v0/agents/{}/followup", segment(id));
        self.post::<IdOnly>("a follow-up", &path, &FollowUp { prompt, mode })
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
