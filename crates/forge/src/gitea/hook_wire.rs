//! The bodies of Gitea's and Forgejo's webhooks, as far as they are read.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: Option<u64>,
    pub(super) login: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repo {
    pub(super) full_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Subject {
    pub(super) number: u64,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) user: Option<User>,
    pub(super) merged: Option<bool>,
    pub(super) head: Option<End>,
    /// There if an issue is a pull request.
    pub(super) pull_request: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    #[serde(rename = "ref")]
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) user: Option<User>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Review {
    pub(super) content: Option<String>,
}

/// Whatever happens to an issue or a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct SubjectEvent {
    pub(super) action: Option<String>,
    pub(super) is_pull: Option<bool>,
    pub(super) issue: Option<Subject>,
    pub(super) pull_request: Option<Subject>,
    pub(super) comment: Option<Comment>,
    pub(super) review: Option<Review>,
    pub(super) repository: Repo,
    pub(super) sender: User,
}

#[derive(Debug, Deserialize)]
pub(super) struct PushEvent {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) repository: Repo,
    pub(super) sender: Option<User>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryEvent {
    pub(super) action: String,
    pub(super) repository: Repo,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusEvent {
    pub(super) sha: String,
    pub(super) state: String,
    pub(super) context: Option<String>,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
    pub(super) repository: Repo,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkflowEvent {
    pub(super) action: String,
    pub(super) workflow_run: WorkflowRun,
    pub(super) repository: Repo,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRun {
    pub(super) head_sha: String,
    pub(super) head_branch: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) display_title: Option<String>,
    pub(super) path: Option<String>,
    pub(super) html_url: Option<String>,
}
