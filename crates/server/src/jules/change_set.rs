//! A change set: what sessions and their ends show of a repository's changed files.

use outwork_domain::{CommitId, Repository};
use outwork_engine::CommandError;
use serde::Serialize;
use utoipa::ToSchema;

use super::source::source_name;
use crate::app::App;

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
    /// What lies between two commits; none if no file differs.
    pub(super) async fn read(
        app: &App,
        repository: &Repository,
        base: &CommitId,
        head: &CommitId,
    ) -> Result<Option<Self>, CommandError> {
        let change = app.engine().change_set(repository, base, head).await?;
        Ok(change.map(|change| Self {
            source: source_name(repository),
            git_patch: GitPatchBody {
                unidiff_patch: change.patch.clone(),
                base_commit_id: change.base.to_string(),
                suggested_commit_message: change.message.clone(),
            },
        }))
    }

    /// How long its patch is.
    pub(super) fn bytes(&self) -> usize {
        self.git_patch.unidiff_patch.len()
    }
}
