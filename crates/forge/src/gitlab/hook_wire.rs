//! The bodies of GitLab's webhooks, as far as they are read.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: Option<u64>,
    pub(super) username: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub(super) path_with_namespace: String,
}

/// An issue or merge request as an event shows it beside its own subject.
#[derive(Debug, Deserialize)]
pub(super) struct Subject {
    pub(super) iid: u64,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) source_branch: Option<String>,
    pub(super) url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NoteEvent {
    pub(super) user: User,
    pub(super) project: Project,
    pub(super) object_attributes: Note,
    pub(super) issue: Option<Subject>,
    pub(super) merge_request: Option<Subject>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) note: Option<String>,
    pub(super) url: Option<String>,
    pub(super) action: Option<String>,
    pub(super) discussion_id: Option<String>,
    pub(super) position: Option<Position>,
    /// What GitLab itself notes, such as "mentioned in".
    pub(super) system: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Position {
    pub(super) new_path: Option<String>,
    pub(super) old_path: Option<String>,
    pub(super) new_line: Option<u64>,
    pub(super) old_line: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SubjectEvent {
    pub(super) user: User,
    pub(super) project: Project,
    pub(super) object_attributes: Changed,
}

#[derive(Debug, Deserialize)]
pub(super) struct Changed {
    #[serde(flatten)]
    pub(super) subject: Subject,
    pub(super) action: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PipelineEvent {
    pub(super) project: Project,
    pub(super) object_attributes: Pipeline,
    pub(super) builds: Option<Vec<Build>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pipeline {
    pub(super) id: u64,
    pub(super) sha: String,
    #[serde(rename = "ref")]
    pub(super) name: Option<String>,
    pub(super) status: String,
    pub(super) url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Build {
    pub(super) name: String,
    pub(super) stage: Option<String>,
    pub(super) status: Option<String>,
    pub(super) failure_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PushEvent {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) user_id: Option<u64>,
    pub(super) user_username: Option<String>,
    pub(super) project: Project,
}

/// What administrators' hooks tell of projects.
#[derive(Debug, Deserialize)]
pub(super) struct SystemEvent {
    pub(super) event_name: Option<String>,
    pub(super) path_with_namespace: Option<String>,
    pub(super) old_path_with_namespace: Option<String>,
}
