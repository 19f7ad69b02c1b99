//! The bodies of GitHub's webhooks, as far as they are read.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    pub(super) id: Option<u64>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repo {
    pub(super) full_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) user: Option<User>,
    /// There if it is a pull request.
    pub(super) pull_request: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) user: Option<User>,
    pub(super) merged: Option<bool>,
    pub(super) head: Option<End>,
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
    /// There if a GitHub App speaks under a user's name.
    pub(super) performed_via_github_app: Option<serde_json::Value>,
    pub(super) path: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) original_line: Option<u64>,
    pub(super) side: Option<String>,
    pub(super) diff_hunk: Option<String>,
    pub(super) in_reply_to_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct IssueEvent {
    pub(super) action: String,
    pub(super) issue: Issue,
    pub(super) comment: Option<Comment>,
    pub(super) repository: Repo,
    pub(super) sender: User,
}

#[derive(Debug, Deserialize)]
pub(super) struct PullEvent {
    pub(super) action: String,
    pub(super) pull_request: Pull,
    pub(super) review: Option<Comment>,
    pub(super) comment: Option<Comment>,
    pub(super) repository: Repo,
    pub(super) sender: User,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckRunEvent {
    pub(super) action: String,
    pub(super) check_run: CheckRun,
    pub(super) repository: Repo,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckRun {
    pub(super) name: String,
    pub(super) head_sha: String,
    pub(super) conclusion: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) details_url: Option<String>,
    pub(super) output: Option<Output>,
    pub(super) check_suite: Option<Suite>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Output {
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Suite {
    pub(super) head_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusEvent {
    pub(super) sha: String,
    pub(super) state: String,
    pub(super) context: Option<String>,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
    pub(super) branches: Option<Vec<Named>>,
    pub(super) repository: Repo,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
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
    pub(super) changes: Option<Changes>,
    pub(super) repository: Repo,
}

#[derive(Debug, Deserialize)]
pub(super) struct Changes {
    pub(super) repository: Option<RepositoryChange>,
    pub(super) owner: Option<OwnerChange>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryChange {
    pub(super) name: Option<From>,
}

#[derive(Debug, Deserialize)]
pub(super) struct From {
    pub(super) from: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct OwnerChange {
    pub(super) from: Owners,
}

#[derive(Debug, Deserialize)]
pub(super) struct Owners {
    pub(super) user: Option<User>,
    pub(super) organization: Option<Login>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Login {
    pub(super) login: String,
}
