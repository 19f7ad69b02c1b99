//! A change set: what sessions and their ends show of a repository's changed files.

use outwork_store::ChangeSet;
use serde::Serialize;
use utoipa::ToSchema;

use super::source::source_name;

/// The changed files of a source.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangeSet)]
pub(super) struct ChangeSetBody {
    #[schema(example = "sources/github/acme/tools")]
    source: String,
    git_patch: GitPatchBody,
}

/// A change that can be applied to a commit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitPatch)]
struct GitPatchBody {
    /// Against the commit that the session started from.
    unidiff_patch: String,
    /// That commit.
    base_commit_id: String,
    suggested_commit_message: String,
}

impl ChangeSetBody {
    /// What a run has left; none if no file differs, or if the difference cannot be shown.
    pub(super) fn of(change: ChangeSet) -> Option<Self> {
        let unidiff_patch = change.patch.filter(|patch| !patch.is_empty())?;
        Some(Self {
            source: source_name(&change.repository),
            git_patch: GitPatchBody {
                unidiff_patch,
                base_commit_id: change.base.to_string(),
                suggested_commit_message: change.subject,
            },
        })
    }

    /// How long its patch is.
    pub(super) fn bytes(&self) -> usize {
        self.git_patch.unidiff_patch.len()
    }
}
